import VisionLanguage

/// FLOPs of matrix products in the policy's vision tower; a multiplication and its addition count 2.
struct VisionCost {
    /// What it computes.
    let work: TowerWork

    /// The cost of one pass over the pictures of a prompt.
    init(_ vision: VisionOptions, grids: [VisionGrid]) {
        work = vision.work(grids)
    }

    /// One pass.
    var forward: Double { work.forward }
}
