import Foundation
package import Watching

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Standard output as people see it.
package enum Terminal {
    /// Whether standard output is a terminal.
    package static let isThere = isatty(STDOUT_FILENO) != 0
    /// Whether it moves its cursor as it is told.
    package static var redraws: Bool {
        isThere && !["dumb", ""].contains(ProcessInfo.processInfo.environment["TERM"] ?? "")
    }

    /// What can be shown now: as large as the terminal is, without its last column and line; where there is
    /// none, as wide as COLUMNS says, or 100 columns, and of any length.
    package static var frame: TerminalFrame {
        let environment = ProcessInfo.processInfo.environment
        var (width, height) = (environment["COLUMNS"].flatMap { Int($0) } ?? 0, 0)
        var size = winsize()
        if isThere, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            (width, height) = (Int(size.ws_col), Int(size.ws_row))
        }
        if width <= 0 { width = isThere ? 80 : 101 }
        if isThere, height <= 0 { height = environment["LINES"].flatMap { Int($0) } ?? 24 }
        return TerminalFrame(
            width: max(20, width - 1), height: isThere ? max(4, height - 1) : nil,
            isUnicode: TerminalFrame.isUnicode(environment))
    }

    /// Writes to standard output.
    ///
    /// - Returns: whether anybody took it
    package static func write(_ text: String) -> Bool {
        (try? FileHandle.standardOutput.write(contentsOf: Data(text.utf8))) != nil
    }
}

/// Lines that are drawn over in their place.
///
/// Plain cursor movements, which terminals, tmux and ssh all know; what was on the screen before stays above.
package struct RedrawnLines {
    private var count = 0
    private var frame: TerminalFrame?

    /// No lines.
    package init() {}

    /// Draws lines over those before.
    ///
    /// - Returns: whether anybody took them
    package mutating func draw(_ lines: [String], _ frame: TerminalFrame) -> Bool {
        var text = ""
        if let before = self.frame, before != frame {
            // Lines that a change of the terminal's size broke are in no known place.
            text = "\u{1B}[2J\u{1B}[H"
        } else if count > 0 {
            text = "\u{1B}[\(count)A"
        }
        text += lines.map { "\r\u{1B}[K\($0)\n" }.joined() + "\u{1B}[J"
        (count, self.frame) = (lines.count, frame)
        return Terminal.write(text)
    }
}
