import Datasets

/// Which samples a gallery shows; none is kept back because it looks bad.
struct GallerySelection: Hashable {
    /// Drawn from all, whatever came out, in the order of the samples.
    let random: [Int]
    /// Those that gained, the largest gain first.
    let gains: [Int]
    /// Those with an IoU below ``failureBound`` in the end: the lowest first, of equal ones those that
    /// lost most.
    let failures: [Int]

    /// Answers with less than this count as failures, as in Pr@0.5.
    static let failureBound = 0.5

    /// Chooses samples.
    ///
    /// - Parameters:
    ///   - before: the IoUs before training
    ///   - after: those after it, of the same samples in the same order
    ///   - count: how many of each kind at most
    ///   - seed: decides about the random ones
    init(before: [Double], after: [Double], count: Int, seed: UInt64) {
        precondition(before.count == after.count)
        var hash = StableHash()
        hash.combine("gallery")
        hash.combine(seed)
        var generator = SeededGenerator(seed: hash.value)
        let gain = zip(before, after).map { $0.1 - $0.0 }
        random = generator.permutation(count: after.count).prefix(count).sorted()
        gains = Array(
            after.indices.filter { gain[$0] > 0 }
                .sorted { (gain[$0], $1) > (gain[$1], $0) }.prefix(count))
        failures = Array(
            after.indices.filter { after[$0] < Self.failureBound }
                .sorted { (after[$0], gain[$0], $0) < (after[$1], gain[$1], $1) }.prefix(count))
    }
}
