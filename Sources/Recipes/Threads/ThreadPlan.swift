import Foundation
import PromptedMasks
package import Runs
import Torch

/// How many threads a command computes with, and why.
///
/// What is configured is obeyed. What is left open follows from the sizes of the models' products:
///
/// * Small ones gain nothing from several threads, which wait for each other many thousand times a
///   second, and lose much where other processes hold the cores. Each piece of work gets one thread, and
///   as many pieces are worked on side by side as there are cores.
/// * Large ones get one thread per core.
///
/// The bounds are measured: `Benchmarks/side-by-side`.
public struct ThreadPlan: Sendable, Hashable {
    /// Threads of an operation.
    public let threads: Int
    /// Threads that have prompts or samples of their own, with one thread per operation each; 1: none but
    /// the one that asks.
    public let workers: Int
    /// Why, in words; nil where both are as they were configured.
    public let reason: String?

    /// Multiplications of a product below which a second thread gains nothing.
    static let smallProduct = 1 << 24
    /// Multiplications of a policy's product up to which several prompts at once, with gradients of their
    /// own, are better than several threads for one.
    static let sharedProduct = 1 << 26
    /// The most workers that are chosen, and the most where a large segmenter multiplies the memory.
    static let mostWorkers = (small: 8, besideLargeSegmenter: 4)

    /// What a run that goes on began with, where it was chosen.
    package typealias Recorded = RecordedThreads

    package init(threads: Int, workers: Int, reason: String?) {
        self.threads = threads
        self.workers = workers
        self.reason = reason
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - work: what is computed
    ///   - threads: threads of an operation as configured; 0: left open
    ///   - workers: workers as configured; 0: left open
    ///   - recorded: what was chosen when the run began
    ///   - cores: how many there are
    package init(
        _ work: Workload, threads: Int, workers: Int = 1, recorded: Recorded,
        cores: Int = ProcessInfo.processInfo.activeProcessorCount
    ) {
        if threads > 0 {
            self.init(threads: threads, workers: max(1, workers), reason: nil)
        } else if let threads = recorded.threads {
            self.init(
                threads: threads, workers: max(1, workers > 0 ? workers : recorded.workers ?? 1),
                reason: "as the run began")
        } else if workers > 1 {
            let one = work.isOnCPU && !work.policyIsLarge
            self.init(threads: one ? 1 : cores, workers: workers, reason: nil)
        } else {
            self = Self.chosen(work, workers: workers, cores: max(1, cores))
        }
    }

    /// Decides for what begins now, one piece of work at a time.
    ///
    /// - Parameters:
    ///   - work: what is computed
    ///   - threads: threads of an operation as configured; 0: left open
    public init(_ work: Workload, threads: Int) {
        self.init(work, threads: threads, recorded: Recorded())
    }

    private static func chosen(_ work: Workload, workers: Int, cores: Int) -> ThreadPlan {
        if !work.isOnCPU {
            return ThreadPlan(
                threads: cores, workers: 1, reason: "one per core, for what the CPU does")
        }
        let side = workers == 0 ? work.sideBySide(cores: cores) : 1
        // Fewer workers than that leave cores idle, which medium products can use.
        if let policy = work.policy, !work.policyIsLarge, side > 1,
            policy.work < smallProduct || 2 * side >= cores
        {
            return ThreadPlan(
                threads: 1, workers: side,
                reason: "several prompts at once gain more than dividing products of "
                    + policy.words)
        }
        guard let largest = work.largest else {
            return ThreadPlan(threads: 1, workers: 1, reason: "no model has large products")
        }
        return largest.work < smallProduct
            ? ThreadPlan(
                threads: 1, workers: 1,
                reason: "products of \(largest.words) are too small to be divided")
            : ThreadPlan(
                threads: cores, workers: 1,
                reason: "one per core: products of \(largest.words) are large enough to be divided")
    }

    /// Threads of an operation of one piece of work.
    package var perPiece: Int { workers > 1 ? 1 : threads }

    /// For people.
    public var words: String {
        let count =
            workers > 1
            ? "\(workers) workers of one thread each"
            : "\(threads) thread\(threads == 1 ? "" : "s")"
        return count + (reason.map { " (\($0))" } ?? "")
    }

    /// Sets the threads of an operation that the calling thread starts.
    public func apply() throws { try TorchRuntime.setThreadCount(threads) }
}

extension Workload {
    /// The largest product of all models.
    package var largest: Product? {
        [policy, segmenter].compactMap(\.self).max { $0.work < $1.work }
    }

    /// Whether several threads for one prompt are the better way, and gradients of their own too dear.
    var policyIsLarge: Bool { (policy?.work ?? 0) > ThreadPlan.sharedProduct }

    /// How many pieces are worked on at once where each has a thread.
    func sideBySide(cores: Int) -> Int {
        let segmenterIsLarge = (segmenter?.work ?? 0) >= ThreadPlan.smallProduct
        let most =
            segmenterIsLarge
            ? ThreadPlan.mostWorkers.besideLargeSegmenter : ThreadPlan.mostWorkers.small
        let limit = max(1, min(cores, most, pieces))
        if !divides { return limit }
        // Otherwise some wait in every step.
        return (1...limit).last { pieces % $0 == 0 } ?? 1
    }
}
