import Dispatch
import Foundation
import Synchronization

/// So many reward computations did not come back that the next ones will not either.
public struct RewardsHangError: RewardInfrastructureError, Hashable, Sendable,
    CustomStringConvertible
{
    /// How many threads have been left behind, and what the last one was at.
    public let description: String
}

/// Reward computations that were left behind, of all groups of a scorer.
///
/// A thread cannot be ended from outside: one that is left behind is cancelled (`Thread.isCancelled`),
/// and goes on until its term comes back, or the process ends. Its results go nowhere.
final class RewardsLeftBehind: Sendable {
    /// So many threads may be left behind at a time.
    static let limit = 16

    let count = Mutex(0)

    func add(_ fault: RewardFault) throws(RewardsHangError) {
        let count = count.withLock { count in
            count += 1
            return count
        }
        if count < Self.limit { return }
        throw RewardsHangError(
            description:
                "\(count) computations of rewards have not come back, the last one because "
                + "\(fault); what the term waits for is most likely gone: have it give up by "
                + "itself, or allow it more time")
    }

    func remove() { count.withLock { $0 -= 1 } }
}

/// The rewards of a group, computed on a thread that is left behind when one of them takes too long.
///
/// One thread does the whole group, so that a group costs one change of threads. When a completion
/// runs out of time, another thread does those after it.
struct LimitedRewards {
    let functions: [any RewardTermFunction]
    /// The longest time for one completion.
    let limit: Duration
    let leftBehind: RewardsLeftBehind
    let now: @Sendable () -> SuspendingClock.Instant

    /// The values of each context, in their order: those that ``functions`` have without a limit.
    ///
    /// - Throws: ``RewardInfrastructureError``, among them ``RewardsHangError``.
    func values(_ contexts: [RewardContext]) throws -> [RewardValues] {
        var values: [RewardValues] = []
        while values.count < contexts.count {
            let job = RewardJob(contexts[values.count...], functions, leftBehind, now)
            job.start()
            let late = job.wait(limit)
            values += try job.values.get()
            guard let late else { continue }
            let fault = RewardFault(
                kind: .timedOut,
                description: "the reward term '\(late)' did not come back within "
                    + "\(limit / .seconds(1)) s")
            try leftBehind.add(fault)
            values.append(.failure(fault))
        }
        return values
    }
}

/// Some contexts of a group and the thread that is at them.
private final class RewardJob: Sendable {
    private struct State: Sendable {
        var values: [RewardValues] = []
        /// What stops the run; no completion after it is computed.
        var failure: (any Error)?
        var term: RewardTerm?
        /// When the completion was begun; a suspended machine is no reason to be late.
        var begin: SuspendingClock.Instant
        var isLeftBehind = false
    }

    private let contexts: ArraySlice<RewardContext>
    private let functions: [any RewardTermFunction]
    private let leftBehind: RewardsLeftBehind
    private let now: @Sendable () -> SuspendingClock.Instant
    private let state: Mutex<State>
    private let done = DispatchSemaphore(value: 0)
    /// Of the one who waits for it alone; it keeps this object alive.
    private nonisolated(unsafe) var thread: Thread?

    init(
        _ contexts: ArraySlice<RewardContext>, _ functions: [any RewardTermFunction],
        _ leftBehind: RewardsLeftBehind, _ now: @escaping @Sendable () -> SuspendingClock.Instant
    ) {
        self.contexts = contexts
        self.functions = functions
        self.leftBehind = leftBehind
        self.now = now
        state = Mutex(State(begin: now()))
    }

    /// What was computed before the job was done or left behind; a failure stops the run.
    var values: Result<[RewardValues], any Error> {
        state.withLock { state in state.failure.map { .failure($0) } ?? .success(state.values) }
    }

    func start() {
        let thread = Thread { [self] in run() }
        thread.name = "rewards"
        // As much as a main thread has.
        thread.stackSize = 8 << 20
        self.thread = thread
        thread.start()
    }

    /// Waits until all is done, or a completion has taken longer than `limit`.
    ///
    /// - Returns: the term that takes too long; the job is left behind then.
    func wait(_ limit: Duration) -> RewardTerm? {
        defer { thread = nil }
        var left = limit
        while done.wait(timeout: .now() + left / .seconds(1)) == .timedOut {
            let (late, rest) = state.withLock { state -> (RewardTerm?, Duration) in
                if state.values.count == contexts.count || state.failure != nil {
                    return (nil, limit)
                }
                let rest = limit - (now() - state.begin)
                guard rest <= .zero, let term = state.term else {
                    return (nil, max(rest, .milliseconds(1)))
                }
                state.isLeftBehind = true
                return (term, rest)
            }
            if let late {
                thread?.cancel()
                return late
            }
            left = rest
        }
        return nil
    }

    private func run() {
        state.withLock { $0.begin = now() }
        for context in contexts {
            let values = computed(context)
            let (isLeftBehind, failed) = state.withLock { state in
                if !state.isLeftBehind {
                    switch values {
                    case .success(let values): state.values.append(values)
                    case .failure(let error): state.failure = error
                    }
                }
                state.begin = now()
                return (state.isLeftBehind, state.failure != nil)
            }
            if isLeftBehind { return leftBehind.remove() }
            if failed { break }
        }
        done.signal()
    }

    private func computed(
        _ context: RewardContext
    ) -> Result<RewardValues, any Error> {
        Result { try functions.values(context) { term in state.withLock { $0.term = term } } }
    }
}
