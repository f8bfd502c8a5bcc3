import Foundation
import Torch

/// Threads that share a list of jobs by a fixed rule: job i goes to worker i mod ``count``.
///
/// A worker does its jobs one after the other, in ascending order, and gives each operation of libtorch
/// one thread: what a job computes depends on the job and the state that its worker brings, not on the
/// clock. A pool of one has no thread of its own; its jobs run on the caller's, with as many threads per
/// operation as the caller has.
public final class WorkerPool {
    /// How many workers there are.
    public let count: Int
    private let workers: [Worker]

    /// A pool of `count` workers, at least 1.
    public init(count: Int) {
        precondition(count > 0, "a pool without workers")
        self.count = count
        if count > 1 {
            // Reads the caller's own setting before workers have set theirs.
            _ = TorchRuntime.threadCount
            workers = (0..<count).map { Worker(name: "worker \($0)") }
        } else {
            workers = []
        }
    }

    deinit { workers.forEach { $0.end() } }

    /// Does jobs `0..<jobCount` and waits for all of them.
    ///
    /// Workers record gradients if the caller does.
    ///
    /// - Parameters:
    ///   - jobCount: how many jobs there are
    ///   - body: does one job; several threads call it at once, each with another `worker`
    /// - Returns: what the jobs returned, in their order
    /// - Throws: of the errors that jobs threw that of the first job; the jobs that had not begun by
    ///   then are left out
    public func map<Result>(
        _ jobCount: Int, _ body: (_ job: Int, _ worker: Int) throws -> Result
    ) throws -> [Result] {
        if workers.isEmpty { return try (0..<jobCount).map { try body($0, 0) } }
        let (gradients, stride) = (gradientsAreEnabled, count)
        let board = Board<Result>()
        withoutActuallyEscaping(body) { body in
            for (number, worker) in workers.enumerated() {
                worker.start {
                    withGradients(enabled: gradients) {
                        var job = number
                        while job < jobCount, !board.hasFailed {
                            board.add(job) { try body(job, number) }
                            job += stride
                        }
                    }
                }
            }
            for worker in workers { worker.wait() }
        }
        return try board.results(count: jobCount)
    }

    /// Does what each worker has of `jobCount` jobs in one call: worker w has jobs w, w + count, ….
    ///
    /// - Parameters:
    ///   - jobCount: how many jobs there are
    ///   - body: does all jobs of a worker; gives their results in their order
    /// - Returns: the results of all jobs, in their order
    /// - Throws: the error of the first worker that threw
    public func mapShares<Result>(
        _ jobCount: Int, _ body: (_ jobs: [Int], _ worker: Int) throws -> [Result]
    ) throws -> [Result] {
        let busy = min(count, jobCount)
        let shares = try map(busy) { worker, _ in
            try body(Array(stride(from: worker, to: jobCount, by: count)), worker)
        }
        return (0..<jobCount).map { shares[$0 % count][$0 / count] }
    }
}

/// Where workers leave what jobs returned; unchecked, because every access is under `lock`.
private final class Board<Result>: @unchecked Sendable {
    private let lock = NSLock()
    private var outcomes: [Int: Swift.Result<Result, any Error>] = [:]
    private var isBroken = false

    var hasFailed: Bool { lock.withLock { isBroken } }

    func add(_ job: Int, _ body: () throws -> Result) {
        let outcome = Swift.Result { try body() }
        lock.withLock {
            outcomes[job] = outcome
            if case .failure = outcome { isBroken = true }
        }
    }

    /// All results in order, or the error of the first job that has one.
    func results(count: Int) throws -> [Result] {
        try lock.withLock {
            if isBroken {
                for job in outcomes.keys.sorted() { _ = try outcomes[job]?.get() }
            }
            return try (0..<count).map { job in
                guard let outcome = outcomes[job] else { preconditionFailure("a job was left out") }
                return try outcome.get()
            }
        }
    }
}

/// One thread that waits for work; unchecked, because every access to its state is under `condition`.
private final class Worker: @unchecked Sendable {
    private let condition = NSCondition()
    private var work: (() -> Void)?
    private var isBusy = false
    private var hasEnded = false

    init(name: String) {
        let thread = Thread { [self] in run() }
        thread.name = name
        // As much as a main thread has: libtorch's recursions expect it.
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Begins `work`; the work before it has been waited for.
    func start(_ work: @escaping () -> Void) {
        condition.withLock {
            precondition(!isBusy, "a worker works on two things")
            isBusy = true
            self.work = work
            condition.broadcast()
        }
    }

    /// Waits until the work is done.
    func wait() { condition.withLock { while isBusy { condition.wait() } } }

    /// Lets the thread end after its work.
    func end() {
        condition.withLock {
            hasEnded = true
            condition.broadcast()
        }
    }

    private func run() {
        // One is always accepted.
        try? TorchRuntime.setThreadCount(1)
        while workOnce() {
            condition.withLock {
                isBusy = false
                condition.broadcast()
            }
        }
    }

    /// Does what there is to do and forgets it, before anybody hears that it is done.
    private func workOnce() -> Bool {
        guard let work = next() else { return false }
        work()
        return true
    }

    private func next() -> (() -> Void)? {
        condition.withLock {
            while work == nil, !hasEnded { condition.wait() }
            defer { work = nil }
            return work
        }
    }
}
