import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Reads what a program writes to standard error, all the time, so that it never waits for a reader.
package final class MessageReader: Sendable {
    /// So many of the last lines are kept.
    package static let keptLines = 5
    /// Longer lines are divided.
    package static let lineLimit = 2_000

    private let descriptor: Int32
    private let onLine: @Sendable (String) -> Void
    private let kept = Mutex<[String]>([])
    /// Closing its writing end tells the thread to read what is there and end.
    private let stopping: Pipe?
    private let isStopped = Mutex(false)
    private let done = DispatchSemaphore(value: 0)

    /// A reader that owns a descriptor.
    init(_ descriptor: Int32, onLine: @escaping @Sendable (String) -> Void) {
        self.descriptor = descriptor
        self.onLine = onLine
        stopping = try? Pipe()
        makeNonblocking(descriptor)
    }

    /// The last lines that are not empty, oldest first.
    package var lastLines: [String] { kept.withLock { $0 } }

    func start() {
        let thread = Thread { [self] in run() }
        thread.name = "messages"
        thread.start()
    }

    /// Reads what is there, and no more; ``lastLines`` are complete then.
    func stop() {
        let isFirst = isStopped.withLock { isStopped in
            defer { isStopped = true }
            return !isStopped
        }
        if !isFirst { return }
        if let stopping { close(stopping.writing) }
        // Something else may take its time with a line.
        _ = done.wait(timeout: .now() + 1)
    }

    private func run() {
        var pending: [UInt8] = []
        while true {
            // What is left of a program that was ended fits into one reading; one that is not of its
            // group may write for ever.
            let isLast = isStopped.withLock { $0 }
            let bytes = try? readAvailable(descriptor)
            if let bytes { add(bytes, to: &pending) }
            if isLast || bytes?.isEmpty == true { break }
            if bytes != nil { continue }
            _ = ready(
                [(descriptor, Int32(POLLIN)), (stopping?.reading ?? -1, Int32(POLLIN))],
                milliseconds: stopping == nil ? 100 : -1)
        }
        if !pending.isEmpty { tell(pending[...]) }
        close(descriptor)
        if let stopping { close(stopping.reading) }
        done.signal()
    }

    private func add(_ bytes: [UInt8], to pending: inout [UInt8]) {
        var start = pending.count
        pending += bytes
        var begin = 0
        while start < pending.count {
            let isEnd = pending[start] == 0x0A
            if isEnd || start - begin >= Self.lineLimit {
                tell(pending[begin..<start])
                begin = isEnd ? start + 1 : start
            }
            start += 1
        }
        pending.removeFirst(begin)
    }

    private func tell(_ bytes: ArraySlice<UInt8>) {
        let line = String(decoding: bytes, as: UTF8.self)
        if line.contains(where: { !$0.isWhitespace }) {
            kept.withLock { lines in
                lines.append(line)
                if lines.count > Self.keptLines { lines.removeFirst() }
            }
        }
        onLine(line)
    }
}

/// Lines for this process's standard error, left out where that takes none.
///
/// A terminal that is stopped with Ctrl-S must not stop the program whose lines these are.
package final class StandardErrorLines: Sendable {
    private let isStalled = Mutex(false)
    /// On a terminal a line takes the place of one that is drawn over.
    private let start = isatty(STDERR_FILENO) != 0 ? "\r\u{1B}[K" : ""

    /// Lines for this process.
    package init() {}

    /// Writes a line, if it is taken.
    package func write(_ line: String) {
        let bytes = Array((start + line + "\n").utf8)
        isStalled.withLock { isStalled in
            let found = ready(
                [(STDERR_FILENO, Int32(POLLOUT))], milliseconds: isStalled ? 0 : 100)
            isStalled = found[0] & Int32(POLLOUT) == 0
            if isStalled { return }
            withoutBrokenPipeSignal {
                _ = bytes.withUnsafeBytes { raw in
                    #if canImport(Glibc)
                        Glibc.write(STDERR_FILENO, raw.baseAddress, raw.count)
                    #else
                        Darwin.write(STDERR_FILENO, raw.baseAddress, raw.count)
                    #endif
                }
            }
        }
    }
}
