public import Files
import Rewards

/// What was wrong with one sample, completion or step, and did not stop the run.
public struct Fault: Hashable, Sendable, CustomStringConvertible {
    /// What was wrong.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// A sample cannot be used; the next one in the order took its place.
        case sample
        /// A completion has no reward, because a term failed or is not finite.
        case reward
        /// A completion has no reward, because a term did not come back in time.
        case rewardTimeout = "reward_timeout"
        /// A step changed nothing, because its loss or gradient is not finite.
        case step
    }

    /// What was wrong.
    public let kind: Kind
    /// The sample; of a step those of the groups whose loss is not finite, or of all where every loss is.
    public let sampleIDs: [String]
    /// Which completion of the sample's group, from 0; nil where none is meant.
    public let completion: Int?
    /// What happened and where, with the samples' ids; what the run stops with if it is strict.
    public let description: String
}

extension Fault {
    /// A sample that cannot be used.
    init(_ error: BadSampleError) {
        self.init(
            kind: .sample, sampleIDs: [error.sampleID], completion: nil,
            description: error.description)
    }

    /// A completion without a reward.
    init(_ fault: RewardFault, sampleID: String, completion: Int) {
        self.init(
            kind: fault.kind == .timedOut ? .rewardTimeout : .reward, sampleIDs: [sampleID],
            completion: completion,
            description: "sample \(sampleID), completion \(completion): \(fault)")
    }
}

/// How often something was wrong so far.
public struct FaultCounts: Codable, Hashable, Sendable {
    /// Faults of all kinds.
    public var total = 0
    /// Steps that changed nothing, because their loss or gradient was not finite.
    public var skippedSteps = 0
    /// Those of them since the last step that was not skipped.
    public var skippedInARow = 0

    /// None.
    public init() {}

    enum CodingKeys: String, CodingKey {
        case total
        case skippedSteps = "skipped_steps"
        case skippedInARow = "skipped_in_a_row"
    }
}

/// A run whose losses or gradients are no numbers, step after step.
///
/// The trainer is as it is after any other step that was skipped, and can be saved: parameters and the
/// optimizer are as before the step, which counts.
public struct DivergedError: Error, Sendable, CustomStringConvertible {
    /// The numbers of the step that stopped the run, which no report has.
    public let metrics: StepMetrics
    /// What was wrong in it.
    public let faults: [Fault]
    /// What happened, where, and what to do.
    public let description: String
}

/// A sample that cannot be used, though others can.
public struct BadSampleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The sample.
    public let sampleID: String
    /// Why it cannot be used.
    public let reason: String

    /// An error from its parts.
    public init(sampleID: String, reason: String) {
        self.sampleID = sampleID
        self.reason = reason
    }

    /// Sample and reason.
    public var description: String { "sample \(sampleID) cannot be used: \(reason)" }
}

extension ExampleSource {
    /// The next example of those that can be used.
    ///
    /// - Parameter leaveOut: hears of each sample before it that cannot
    /// - Returns: the example
    /// - Throws: what the source and `leaveOut` throw; ``TrainingError`` if every sample of the data was
    ///   left out
    func nextUsable(_ leaveOut: (BadSampleError) throws -> Void) throws -> TrainingExample {
        var bad: Set<String> = []
        var last: BadSampleError?
        while bad.count < max(1, epochLength) {
            do {
                return try next()
            } catch let error as BadSampleError {
                try leaveOut(error)
                bad.insert(error.sampleID)
                last = error
            }
        }
        throw TrainingError(
            description: "none of the \(bad.count) samples can be used; the last one: "
                + "\(last.map(\.description) ?? "")")
    }
}
