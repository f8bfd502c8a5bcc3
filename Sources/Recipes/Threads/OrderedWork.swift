import Foundation

/// Does numbered pieces of work on several threads, and gives the results in their order.
///
/// Which thread does which piece depends on their speed; the results do not.
///
/// - Parameters:
///   - count: how many pieces
///   - workers: how many threads; 1 does everything on the calling one
///   - work: one piece, by its number; called from any of the threads
///   - onDone: gets each result as it comes, on the calling thread, with how many are there by then
/// - Returns: the results in the order of the pieces
/// - Throws: what the piece with the lowest number threw that failed, or what `onDone` threw;
///   pieces that were not begun are left out then
package func orderedWork<Output: Sendable>(
    count: Int, workers: Int, work: @escaping @Sendable (Int) throws -> Output,
    onDone: (Output, Int) throws -> Void
) throws -> [Output] {
    if workers <= 1 || count <= 1 {
        return try (0..<count).map { index in
            let output = try work(index)
            try onDone(output, index + 1)
            return output
        }
    }
    let queue = WorkQueue<Output>(count: count)
    for _ in 0..<min(workers, count) { queue.startThread(work) }
    var results: [Int: Output] = [:]
    var failures: [Int: any Error] = [:]
    while let (index, result) = queue.take() {
        do {
            switch result {
            case .success(let output):
                results[index] = output
                if failures.isEmpty { try onDone(output, results.count) }
            case .failure(let error): throw error
            }
        } catch {
            failures[index] = error
            queue.stop()
        }
    }
    if let first = failures.min(by: { $0.key < $1.key }) { throw first.value }
    return (0..<count).compactMap { results[$0] }
}

/// Pieces of work that wait, and results that nobody has taken.
///
/// Unchecked, because every access to its state is under `condition`.
private final class WorkQueue<Output: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private let count: Int
    private var next = 0
    private var threads = 0
    private var done: [(Int, Result<Output, any Error>)] = []

    init(count: Int) { self.count = count }

    /// Lets another thread take pieces until none is left.
    func startThread(_ work: @escaping @Sendable (Int) throws -> Output) {
        let thread = Thread {
            while let index = self.begin() { self.end(index, Result { try work(index) }) }
            self.leave()
        }
        thread.name = "ordered work"
        // As much as a main thread has: codecs keep tables on the stack.
        thread.stackSize = 8 << 20
        condition.withLock { threads += 1 }
        thread.start()
    }

    private func leave() {
        condition.withLock {
            threads -= 1
            condition.broadcast()
        }
    }

    /// The number of a piece to do; nil where none is left.
    private func begin() -> Int? {
        condition.withLock {
            guard next < count else { return nil }
            next += 1
            return next - 1
        }
    }

    private func end(_ index: Int, _ result: Result<Output, any Error>) {
        condition.withLock {
            done.append((index, result))
            condition.broadcast()
        }
    }

    /// Waits for a result; nil when all threads have left and every result was taken.
    func take() -> (Int, Result<Output, any Error>)? {
        condition.withLock {
            while done.isEmpty, threads > 0 { condition.wait() }
            return done.isEmpty ? nil : done.removeFirst()
        }
    }

    /// Lets no other piece begin.
    func stop() { condition.withLock { next = count } }
}
