import Foundation
import Torch

/// Threads that work off a queue while the thread that fills it goes on.
///
/// Each gives operations of libtorch one thread and records no gradients. What a piece of work computes
/// must not depend on when it is done. With no threads, work is done at once by whoever starts it.
public final class BackgroundWorkers: Sendable {
    private let queue: WorkQueue?

    /// `count` threads, or none with 0.
    public init(count: Int) {
        precondition(count >= 0)
        if count == 0 {
            queue = nil
            return
        }
        _ = TorchRuntime.threadCount
        let queue = WorkQueue()
        for number in 0..<count {
            let thread = Thread {
                // One is always accepted.
                try? TorchRuntime.setThreadCount(1)
                withGradients(enabled: false) { while let work = queue.next() { work() } }
            }
            thread.name = "background \(number)"
            // As much as a main thread has: libtorch's recursions expect it.
            thread.stackSize = 8 << 20
            thread.start()
        }
        self.queue = queue
    }

    deinit { queue?.end() }

    /// Has work done: by a thread as soon as one is free, or at once without threads.
    ///
    /// - Parameter body: the work; nobody else uses what it holds until it is done
    /// - Returns: where the result will be
    /// - Throws: without threads, what `body` throws
    public func start<Result>(_ body: @escaping () throws -> Result) throws -> Pending<Result> {
        let pending = Pending<Result>()
        if let queue {
            queue.add { pending.fulfil(Swift.Result { try body() }) }
        } else {
            pending.fulfil(.success(try body()))
        }
        return pending
    }
}

/// A result that may not be there yet; unchecked, because every access is under `condition`.
public final class Pending<Result>: @unchecked Sendable {
    private let condition = NSCondition()
    private var outcome: Swift.Result<Result, any Error>?

    fileprivate init() {}

    fileprivate func fulfil(_ outcome: Swift.Result<Result, any Error>) {
        condition.withLock {
            self.outcome = outcome
            condition.broadcast()
        }
    }

    /// Waits for the result.
    ///
    /// - Throws: what the work threw
    public func value() throws -> Result {
        try condition.withLock {
            while true {
                if let outcome { return try outcome.get() }
                condition.wait()
            }
        }
    }
}

/// Work that waits; unchecked, because every access is under `condition`.
private final class WorkQueue: @unchecked Sendable {
    private let condition = NSCondition()
    private var works: [() -> Void] = []
    private var hasEnded = false

    func add(_ work: @escaping () -> Void) {
        condition.withLock {
            works.append(work)
            condition.signal()
        }
    }

    /// Waits for the next piece of work; nil when there will be none.
    func next() -> (() -> Void)? {
        condition.withLock {
            while works.isEmpty, !hasEnded { condition.wait() }
            return works.isEmpty ? nil : works.removeFirst()
        }
    }

    func end() {
        condition.withLock {
            hasEnded = true
            condition.broadcast()
        }
    }
}
