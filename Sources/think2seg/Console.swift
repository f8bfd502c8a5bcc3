import Foundation
import Watching

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What people see: messages on standard error, a line that is drawn over on a terminal.
enum Console {
    /// Whether standard error is a terminal.
    static let isTerminal = isatty(STDERR_FILENO) != 0

    /// A run goes on when nobody listens any more: a failure to write is none.
    private static func write(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// A message on a line of its own.
    static func note(_ text: String) { write((isTerminal ? "\r\u{1B}[K" : "") + text + "\n") }

    /// What stopped the command.
    static func error(_ text: String) {
        for line in text.split(separator: "\n") { note("error: \(line)") }
    }

    /// What the user should know, although the command goes on.
    static func warning(_ text: String) { note("warning: \(text)") }

    /// How far work has come; drawn over on a terminal, a line each elsewhere.
    static func progress(_ text: String) {
        if isTerminal {
            write("\r\u{1B}[K" + text)
        } else {
            write(text + "\n")
        }
    }

    /// Ends a line that was drawn over.
    static func endProgress() { if isTerminal { write("\n") } }
}

/// Seconds as people read them: 42 s, 3:05 min, 2:10 h.
func duration(_ seconds: Double) -> String { StepWords.duration(seconds) }

/// A number with so many digits after the point.
func fixed(_ value: Double, _ digits: Int) -> String {
    // A hundred digits tell nobody anything.
    abs(value) < 1e9 ? String(format: "%.\(digits)f", value) : String(format: "%.3g", value)
}
