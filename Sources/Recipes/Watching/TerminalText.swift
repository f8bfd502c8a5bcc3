/// How large a terminal is, and what it can show.
package struct TerminalFrame: Sendable, Hashable {
    /// Columns.
    package var width: Int
    /// Lines; nil for no limit.
    package var height: Int?
    /// Whether it shows more than ASCII.
    package var isUnicode: Bool

    /// A frame from its parts.
    package init(width: Int, height: Int? = nil, isUnicode: Bool = true) {
        self.width = width
        self.height = height
        self.isUnicode = isUnicode
    }

    /// Whether an environment is one of a terminal that shows more than ASCII: by the first of LC_ALL,
    /// LC_CTYPE and LANG that is set, and not where TERM is dumb.
    package static func isUnicode(_ environment: [String: String]) -> Bool {
        if environment["TERM"] == "dumb" { return false }
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy
            .compactMap { environment[$0] }.first { !$0.isEmpty }
        let name = (locale ?? "").uppercased().replacing("-", with: "")
        return name.contains("UTF8")
    }

    /// How many columns a text takes.
    package static func columns(_ text: some StringProtocol) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns($1) }
    }

    private static func columns(_ scalar: Unicode.Scalar) -> Int {
        if scalar.isASCII { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default:
            let isWide =
                scalar.properties.isEmojiPresentation
                || wideScalars.contains { $0.contains(scalar.value) }
            return isWide ? 2 : 1
        }
    }

    /// Letters that take two columns in a terminal: those of China, Korea and Japan, and their wide forms.
    private static let wideScalars: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
        0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
        0x20000...0x3FFFD,
    ]

    /// A text as it may be shown: what would move the cursor, change colours or turn the direction of text
    /// stands there in words, as `\u{1B}`.
    ///
    /// - Parameters:
    ///   - text: anything, such as what a policy wrote
    ///   - keepsLines: whether line feeds stay; otherwise all white space in a row becomes one space
    /// - Returns: the text
    package func harmless(_ text: String, keepsLines: Bool = false) -> String {
        var result = String.UnicodeScalarView()
        var isAfterSpace = false
        for scalar in text.unicodeScalars {
            if keepsLines, scalar == "\n" || scalar == "\t" {
                result.append(scalar == "\n" ? scalar : " ")
                continue
            }
            if !keepsLines, scalar.properties.isWhitespace {
                if !isAfterSpace { result.append(" ") }
                isAfterSpace = true
                continue
            }
            isAfterSpace = false
            if isShown(scalar) {
                result.append(scalar)
            } else {
                let code = String(scalar.value, radix: 16, uppercase: true)
                result.append(contentsOf: "\\u{\(code)}".unicodeScalars)
            }
        }
        return String(result)
    }

    private func isShown(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20..<0x7F).contains(scalar.value) }
        if !isUnicode { return false }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate:
            return false
        // Joiners are parts of letters and pictures.
        case .format: return scalar.value == 0x200C || scalar.value == 0x200D
        default: return true
        }
    }

    /// A line that is no wider than the terminal; what is left out is marked at the end.
    package func clipped(_ line: String) -> String {
        if Self.columns(line) <= width { return line }
        let mark = isUnicode ? "…" : "..."
        return Self.prefix(line, width - mark.count) + mark
    }

    /// A text on several lines that are no wider than the terminal.
    ///
    /// - Parameters:
    ///   - text: a harmless text without line feeds
    ///   - indent: columns before each line
    ///   - limit: how many lines at most; what is left out is marked at the end
    /// - Returns: the lines
    package func wrapped(_ text: String, indent: Int, limit: Int = .max) -> [String] {
        let room = max(8, width - indent)
        let margin = String(repeating: " ", count: indent)
        var lines: [String] = []
        var rest = text[...]
        while !rest.isEmpty {
            if lines.count + 1 >= limit {
                let frame = TerminalFrame(width: room, isUnicode: isUnicode)
                return lines + [margin + frame.clipped(String(rest))]
            }
            let part = Self.piece(rest, room)
            lines.append(margin + part)
            rest = rest.dropFirst(part.count).drop { $0 == " " }
        }
        return lines
    }

    /// As many whole words as fit, or as much of one as does.
    private static func piece(_ text: Substring, _ room: Int) -> Substring {
        let most = text.prefix(prefix(text, room).count)
        if most.count == text.count || most.isEmpty { return most.isEmpty ? text.prefix(1) : most }
        guard let space = most.lastIndex(of: " "), space > most.startIndex,
            text[most.endIndex] != " "
        else { return most }
        return most[..<space]
    }

    private static func prefix(_ text: some StringProtocol, _ room: Int) -> String {
        var (result, used) = ("", 0)
        for character in text {
            used += columns(String(character))
            if used > room { break }
            result.append(character)
        }
        return result
    }
}
