import Foundation

/// Writes checkpoints on a thread of its own, one at a time: what is to be written was copied before, and
/// training goes on.
///
/// Unchecked, because every access to its state is under `condition`.
package final class CheckpointWriter: @unchecked Sendable {
    private let condition = NSCondition()
    private var isBusy = false
    private var failure: (any Error)?
    private var longest = 0.0

    /// Seconds that the longest checkpoint took.
    package var longestSeconds: Double { condition.withLock { longest } }

    /// Begins to write; waits for the checkpoint before, if that is not done.
    ///
    /// - Parameter job: writes the checkpoint
    /// - Throws: what the job before threw; `job` is not done then
    func begin(_ job: @escaping @Sendable () throws -> Void) throws {
        try finish()
        condition.withLock { isBusy = true }
        let thread = Thread { [self] in
            let start = ContinuousClock.now
            let outcome = Result { try job() }
            condition.withLock {
                if case .failure(let error) = outcome { failure = error }
                longest = max(longest, (ContinuousClock.now - start) / .seconds(1))
                isBusy = false
                condition.broadcast()
            }
        }
        thread.name = "checkpoint writer"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// Throws what a job threw that is done by now.
    package func check() throws {
        try condition.withLock {
            if let failure {
                self.failure = nil
                throw failure
            }
        }
    }

    /// Waits until nothing is being written.
    ///
    /// - Throws: what the last job threw
    package func finish() throws {
        condition.withLock { while isBusy { condition.wait() } }
        try check()
    }
}
