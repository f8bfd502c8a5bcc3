import Foundation

/// Where quotes and brackets of a YAML text begin and end, and what its lines look like, as far as can be
/// told of a text that is not YAML.
struct YAMLOutline {
    /// A place; lines and columns count from 1.
    struct Place: Comparable {
        let line: Int
        let column: Int

        static func < (one: Place, other: Place) -> Bool {
            (one.line, one.column) < (other.line, other.column)
        }
    }

    /// A text in quotes, or what stands in brackets.
    struct Span {
        let sign: Unicode.Scalar
        let start: Place
        /// nil where it is not closed.
        var end: Place?
    }

    /// A bracket that closes another kind than the one that is open.
    struct Mismatch {
        let sign: Unicode.Scalar
        let place: Place
        let open: Span
    }

    let lines: [[Unicode.Scalar]]
    private(set) var quotes: [Span] = []
    private(set) var brackets: [Span] = []
    private(set) var mismatches: [Mismatch] = []
    /// Keys that are no texts but aliases, lists or tables, or written with a question mark.
    private(set) var complexKeys: [Place] = []
    private var openBrackets: [Int] = []
    /// The last character that is no space, of this line or, within brackets, of those before.
    private var last: Unicode.Scalar?
    private var openQuote: Int?
    /// The indentation of the key whose text, after | or >, is not looked into.
    private var blockIndent: Int?

    init(_ text: String) {
        lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.last == "\r" ? Array($0.dropLast()) : Array($0) }
        for number in lines.indices { scan(number) }
    }

    private mutating func scan(_ number: Int) {
        let line = lines[number]
        if let indent = blockIndent {
            if line.allSatisfy({ $0 == " " }) || Self.indentation(line) > indent { return }
            blockIndent = nil
        }
        if openBrackets.isEmpty { last = nil }
        var column = 0
        while column < line.count {
            let scalar = line[column]
            let place = Place(line: number + 1, column: column + 1)
            if let open = openQuote {
                column += step(line, column, open, place)
                last = scalar
                continue
            }
            let afterSpace = column == 0 || line[column - 1] == " " || line[column - 1] == "\t"
            if scalar == "#", afterSpace { break }
            let beginsValue =
                last.map { "[{,".unicodeScalars.contains($0) } ?? true
                || afterSpace && (last == ":" || last == "-" || last == "?")
            if beginsValue, isComplexKey(line, column) { complexKeys.append(place) }
            if beginsValue, scalar == "&" || scalar == "!" {
                // A value's anchor and tag stand before it.
                column += line[column...].prefix { !" ,[]{}".unicodeScalars.contains($0) }.count
                continue
            }
            if scalar == "\"" || scalar == "'", beginsValue {
                openQuote = quotes.count
                quotes.append(Span(sign: scalar, start: place))
            } else {
                if scalar == ":", endsComplexKey(line, column) { complexKeys.append(place) }
                bracket(scalar, place, beginsValue: beginsValue)
            }
            if scalar != " ", scalar != "\t" { last = scalar }
            column += 1
        }
        if openQuote == nil, openBrackets.isEmpty, Self.beginsBlock(line) {
            blockIndent = Self.indentation(line)
        }
    }

    /// Steps over what stands at a column within quotes.
    private mutating func step(
        _ line: [Unicode.Scalar], _ column: Int, _ open: Int, _ place: Place
    ) -> Int {
        let sign = quotes[open].sign
        if sign == "\"", line[column] == "\\" { return 2 }
        guard line[column] == sign else { return 1 }
        if sign == "'", column + 1 < line.count, line[column + 1] == "'" { return 2 }
        quotes[open].end = place
        openQuote = nil
        return 1
    }

    /// Whether a key that is no text begins at a column where a value or a key can.
    private func isComplexKey(_ line: [Unicode.Scalar], _ column: Int) -> Bool {
        switch line[column] {
        case "?":
            column + 1 == line.count || line[column + 1] == " " || !openBrackets.isEmpty
        case "*", "[", "{", "&", "!":
            last != ":" && openBrackets.last.map { brackets[$0].sign == "{" } ?? false
        default: false
        }
    }

    /// Whether what ends before a colon is no text.
    private func endsComplexKey(_ line: [Unicode.Scalar], _ column: Int) -> Bool {
        let before = line[..<column].reversed().drop { $0 == " " || $0 == "\t" }
        if let sign = before.first, "]}".unicodeScalars.contains(sign) { return true }
        return before.prefix { !" \t,[]{}".unicodeScalars.contains($0) }.last == "*"
    }

    private mutating func bracket(_ scalar: Unicode.Scalar, _ place: Place, beginsValue: Bool) {
        switch scalar {
        case "[", "{":
            guard beginsValue || !openBrackets.isEmpty else { return }
            openBrackets.append(brackets.count)
            brackets.append(Span(sign: scalar, start: place))
        case "]", "}":
            while let last = openBrackets.popLast() {
                if (brackets[last].sign == "[") == (scalar == "]") {
                    brackets[last].end = place
                    break
                }
                // The one around it is closed, then.
                mismatches.append(.init(sign: scalar, place: place, open: brackets[last]))
            }
        default: break
        }
    }

    /// The text in quotes that goes on from an earlier line into this one.
    func quote(into line: Int) -> Span? {
        quotes.first { $0.start.line < line && ($0.end?.line ?? .max) == line }
    }

    // MARK: - Lines

    /// What a line without comments looks like.
    struct Shape {
        let indentation: Int
        /// Whether there is a key, with its colon.
        let hasKey: Bool
        /// Whether something follows the colon, or stands where there is none.
        let hasValue: Bool
        /// How many colons end keys.
        let keys: Int
        /// The line without indentation and comment.
        let text: String
    }

    /// The shape of a line, which counts from 1; nil for one that is blank or a comment.
    func shape(_ number: Int) -> Shape? {
        guard lines.indices.contains(number - 1) else { return nil }
        let line = lines[number - 1]
        var (keys, lastColon, end, depth) = (0, -1, line.count, 0)
        var quote: Unicode.Scalar?
        for (column, scalar) in line.enumerated() {
            if let open = quote {
                if scalar == open { quote = nil }
                continue
            }
            let before = column == 0 ? " " : line[column - 1]
            let isSpaced = column + 1 == line.count || line[column + 1] == " "
            switch scalar {
            case "#" where before == " " || before == "\t": end = column
            case "\"", "'": if " [{,".unicodeScalars.contains(before) { quote = scalar }
            case "[", "{": depth += 1
            case "]", "}": depth -= 1
            case ":" where isSpaced && depth == 0: (keys, lastColon) = (keys + 1, column)
            default: break
            }
            if end < line.count { break }
        }
        let text = line[..<end].filter { $0 != "\t" }
        guard text.contains(where: { $0 != " " }) else { return nil }
        let value = line[min(lastColon + 1, end)..<end]
        return Shape(
            indentation: Self.indentation(line), hasKey: keys > 0,
            hasValue: value.contains { $0 != " " && $0 != "\t" }, keys: keys,
            text: String(String.UnicodeScalarView(line[..<end].drop { $0 == " " })))
    }

    /// The number of the last line with something in it before another.
    func line(before number: Int) -> Int? {
        (1..<max(number, 1)).last { shape($0) != nil }
    }

    /// By how much the first lines of sections are indented more than their headers, most often.
    var usualIndentation: Int {
        var counts: [Int: Int] = [:]
        var header: Int?
        for shape in lines.indices.compactMap({ shape($0 + 1) }) {
            if let header, shape.indentation > header {
                counts[shape.indentation - header, default: 0] += 1
            }
            header = shape.hasKey && !shape.hasValue ? shape.indentation : nil
        }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 2
    }

    static func indentation(_ line: [Unicode.Scalar]) -> Int { line.prefix { $0 == " " }.count }

    /// Whether a line ends with the sign of a text that follows, indented.
    private static func beginsBlock(_ line: [Unicode.Scalar]) -> Bool {
        let text = String(String.UnicodeScalarView(line))
        return text.range(
            of: "(: |- |^)[|>][-+0-9]*\\s*(#.*)?$", options: .regularExpression) != nil
    }
}
