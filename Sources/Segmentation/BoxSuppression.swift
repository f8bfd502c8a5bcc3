import Imaging

/// Non-maximum suppression: of two boxes around one thing, the larger stays.
enum BoxSuppression {
    /// The prompts that stay, in their order: greedily by falling signed area, one whose box has
    /// an IoU above `threshold` with a box that stays is dropped; prompts without a box stay.
    ///
    /// Boxes of equal area are taken in their order, those without one last. The corners are used as they are written, so
    /// a swapped box intersects nothing.
    static func apply(
        _ prompts: [SegmentationPrompt], threshold: Double = 0.5
    ) -> [SegmentationPrompt] {
        kept(of: prompts, threshold: threshold).map { prompts[$0] }
    }

    /// The places of the prompts that stay.
    static func kept(of prompts: [SegmentationPrompt], threshold: Double) -> [Int] {
        struct Candidate {
            let index: Int
            let box: Box
        }
        let candidates = prompts.enumerated().compactMap { index, prompt in
            prompt.box.map { Candidate(index: index, box: $0) }
        }
        if candidates.count < 2 { return Array(prompts.indices) }
        // The index makes the order total, which the sort needs to be stable.
        let byArea = candidates.sorted {
            let areas = ($0.box.signedArea, $1.box.signedArea)
            if areas.0.isNaN || areas.1.isNaN {
                return areas.0.isNaN == areas.1.isNaN ? $0.index < $1.index : areas.1.isNaN
            }
            return areas.0 == areas.1 ? $0.index < $1.index : areas.0 > areas.1
        }
        var kept: [Box] = []
        var dropped = [Bool](repeating: false, count: prompts.count)
        for candidate in byArea {
            if kept.contains(where: { intersectionOverUnion($0, candidate.box) > threshold }) {
                dropped[candidate.index] = true
            } else {
                kept.append(candidate.box)
            }
        }
        return prompts.indices.filter { !dropped[$0] }
    }

    /// The IoU of two boxes; 0 when the sum of their signed areas leaves no union.
    static func intersectionOverUnion(_ a: Box, _ b: Box) -> Double {
        let union = union(a, b)
        return union > 0 ? intersection(a, b) / union : 0
    }

    /// The sum of two boxes' signed areas without what both have.
    static func union(_ a: Box, _ b: Box) -> Double {
        a.signedArea + b.signedArea - intersection(a, b)
    }

    private static func intersection(_ a: Box, _ b: Box) -> Double {
        let width = max(0, min(a.x2, b.x2) - max(a.x1, b.x1))
        let height = max(0, min(a.y2, b.y2) - max(a.y1, b.y1))
        return width * height
    }
}
