/// Which sample comes next, and where in the run's order it stands.
public struct SampleRequest: Hashable, Sendable {
    /// How often the data set was gone through before, from 0.
    public var epoch: Int
    /// The place in the epoch's order, from 0.
    public var position: Int
    /// The sample's index in the data set.
    public var index: Int

    /// A request from its parts.
    public init(epoch: Int, position: Int, index: Int) {
        self.epoch = epoch
        self.position = position
        self.index = index
    }
}

/// A seeded order of a data set's samples without end: a new permutation every epoch.
///
/// The order is a function of (`seed`, `count`). ``cursor`` says how far it was used; a sampler
/// that continues from a saved cursor yields what the first one would have yielded.
///
/// Several processes share one order: process `rank` of `worldSize` takes every `worldSize`-th
/// sample of it. Their cursors are equal after equally many samples and fit any other number of
/// processes.
public struct EpochSampler: Sequence, IteratorProtocol, Sendable {
    /// How far an order was used, by all processes together.
    public struct Cursor: Hashable, Sendable, Codable {
        /// The epoch of the next sample, from 0.
        public var epoch: Int
        /// The place of the next sample in its epoch's order, `0..<count`.
        public var position: Int
        /// How many samples the data set has.
        public var count: Int
        /// The order's seed.
        public var seed: UInt64
    }

    /// Why a sampler cannot continue from a cursor.
    public struct ResumeError: Error, Hashable, Sendable, CustomStringConvertible {
        /// What does not fit, and what to do.
        public let description: String
    }

    /// Where the order stands: what a checkpoint has to keep.
    public private(set) var cursor: Cursor
    private let rank: Int
    private let worldSize: Int
    private var order: [Int]
    private var orderEpoch: Int

    /// The order of a data set of `count` samples, at least 1, from its start.
    public init(count: Int, seed: UInt64, rank: Int = 0, worldSize: Int = 1) {
        precondition(count > 0, "an order of no samples")
        precondition(worldSize > 0 && (0..<worldSize).contains(rank), "rank outside 0..<worldSize")
        cursor = Cursor(epoch: 0, position: 0, count: count, seed: seed)
        self.rank = rank
        self.worldSize = worldSize
        order = Self.permutation(count: count, seed: seed, epoch: 0)
        orderEpoch = 0
    }

    /// Continues an order where `saved` stands.
    ///
    /// - Throws: ``ResumeError`` if the data set or the seed is not the one that the cursor
    ///   belongs to.
    public mutating func resume(from saved: Cursor) throws {
        guard saved.count == cursor.count else {
            throw ResumeError(
                description: "the saved order is of \(saved.count) samples, the data set has "
                    + "\(cursor.count): resume with the same data, or start a new run")
        }
        guard saved.seed == cursor.seed else {
            throw ResumeError(
                description: "the saved order has the seed \(saved.seed), the run has "
                    + "\(cursor.seed): resume with the same seed, or start a new run")
        }
        guard saved.epoch >= 0, (0..<saved.count).contains(saved.position) else {
            throw ResumeError(
                description: "the saved place (epoch \(saved.epoch), position \(saved.position)) "
                    + "is outside of the order: the checkpoint is damaged")
        }
        cursor = saved
    }

    /// This process's next sample; never nil.
    public mutating func next() -> SampleRequest? {
        let place = cursor.position + rank
        let epoch = cursor.epoch + place / cursor.count
        let position = place % cursor.count
        if orderEpoch != epoch {
            order = Self.permutation(count: cursor.count, seed: cursor.seed, epoch: epoch)
            orderEpoch = epoch
        }
        let following = cursor.position + worldSize
        cursor.epoch += following / cursor.count
        cursor.position = following % cursor.count
        return SampleRequest(epoch: epoch, position: position, index: order[position])
    }

    private static func permutation(count: Int, seed: UInt64, epoch: Int) -> [Int] {
        var hash = StableHash()
        hash.combine("epoch order")
        hash.combine(seed)
        hash.combine(epoch)
        var generator = SeededGenerator(seed: hash.value)
        return generator.permutation(count: count)
    }
}

/// Which of a sample's questions is asked in training. (Evaluation can ask all of them.)
public enum QuestionSelector: String, Hashable, Sendable, Codable, CaseIterable {
    /// Always the first.
    case first
    /// One at random, drawn anew every epoch from (seed, epoch, sample id).
    case random

    /// The index of the question to ask.
    ///
    /// - Parameters:
    ///   - count: How many questions the sample has, at least 1.
    ///   - seed: The run's seed.
    ///   - epoch: How often the data set was gone through before.
    ///   - sampleID: The sample's id.
    /// - Returns: A number in `0..<count`, the same whenever the arguments are.
    public func index(count: Int, seed: UInt64, epoch: Int, sampleID: String) -> Int {
        precondition(count > 0, "a sample without questions")
        switch self {
        case .first: return 0
        case .random:
            var hash = StableHash()
            hash.combine("question")
            hash.combine(seed)
            hash.combine(epoch)
            hash.combine(sampleID)
            var generator = SeededGenerator(seed: hash.value)
            return generator.uniform(below: count)
        }
    }

    /// The question to ask about a sample in an epoch.
    public func question(of sample: SegmentationSample, seed: UInt64, epoch: Int) -> String {
        sample.questions[
            index(count: sample.questions.count, seed: seed, epoch: epoch, sampleID: sample.id)]
    }
}
