import Foundation
import SystemErrors
import Watching

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What people see: messages on standard error, a line that is drawn over on a terminal.
package enum Console {
    /// Whether standard error is a terminal.
    package static let isTerminal = isatty(STDERR_FILENO) != 0

    /// A run goes on when nobody listens any more: a failure to write is none.
    private static func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// A message on a line of its own.
    package static func note(_ text: String) {
        write((isTerminal ? "\r\u{1B}[K" : "") + text + "\n")
    }

    /// What stopped the command.
    package static func error(_ text: String) {
        for line in text.split(separator: "\n") { note("error: \(line)") }
    }

    /// What the user should know, although the command goes on.
    package static func warning(_ text: String) { note("warning: \(text)") }

    /// Which lines of progress were shown, where they are not drawn over.
    nonisolated(unsafe) private static var pace = ProgressPace()

    /// How far work has come; drawn over on a terminal, elsewhere a line for some, as ``ProgressPace`` says.
    ///
    /// - Parameters:
    ///   - text: the line; made for those that are not shown too, so that it may count steps
    ///   - done: how much of the work is done
    ///   - total: all of it; nil if that is not known
    ///   - work: its name, which tells it from other work that goes on at the same time
    package static func progress(
        _ text: String, _ done: Int, of total: Int?, work: String = ""
    ) {
        if isTerminal {
            write("\r\u{1B}[K" + text)
            return
        }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        if pace.shows(work, done: done, of: total, seconds: seconds) { write(text + "\n") }
    }

    private static let start = ContinuousClock.now

    /// Ends a line that was drawn over.
    package static func endProgress() { if isTerminal { write("\n") } }
}

/// Seconds as people read them: 42 s, 3:05 min, 2:10 h.
package func duration(_ seconds: Double) -> String { StepWords.duration(seconds) }

/// A number with so many digits after the point.
package func fixed(_ value: Double, _ digits: Int) -> String {
    // A hundred digits tell nobody anything.
    abs(value) < 1e9 ? String(format: "%.\(digits)f", value) : String(format: "%.3g", value)
}

/// Bytes as people read them.
package func size(_ bytes: Int) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var (value, unit) = (Double(bytes), 0)
    while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return unit == 0 ? "\(bytes) B" : "\(fixed(value, value < 100 ? 1 : 0)) \(units[unit])"
}

/// What people are told of an error: its own words, or plain ones for what Foundation throws.
package func words(of error: any Error) -> String {
    SystemFailure(error)?.description ?? "\(error)"
}
