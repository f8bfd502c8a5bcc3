/// A completion that some system gave: one line of a completions file.
public struct CompletionRecord: Hashable, Sendable {
    /// Which sample it is about: a text, or a whole number.
    public enum ID: Hashable, Sendable {
        /// A name.
        case text(String)
        /// A whole number, as it is spelled.
        case number(String)

        /// What a shard would call the sample.
        public var name: String {
            switch self {
            case .text(let text): text
            case .number(let digits): digits
            }
        }
    }

    /// The sample.
    public var id: ID
    /// What the system wrote.
    public var completion: String
    /// The tokens of the completion; nil where the line does not say.
    public var tokenCount: Int?

    /// A record from its parts.
    public init(id: ID, completion: String, tokenCount: Int? = nil) {
        self.id = id
        self.completion = completion
        self.tokenCount = tokenCount
    }

    /// Reads `{"id": …, "completion": …}`, which may have a `num_tokens` too; other members are
    /// skipped, the last of equal names counts.
    ///
    /// Texts keep every byte: nothing is normalised. Half of a surrogate pair, which only an
    /// escape can spell and no UTF-8 text can hold, becomes U+FFFD.
    ///
    /// - Parameter line: UTF-8, without the line break
    /// - Throws: ``CompletionRecordError``
    public init(line: UnsafeBufferPointer<UInt8>) throws(CompletionRecordError) {
        var reader = RecordReader(bytes: line)
        self = try reader.record()
    }
}

/// Why a line is no ``CompletionRecord``.
public struct CompletionRecordError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public let problem: String
    /// At which byte of the line, counted from 1; nil where the line as a whole is wrong.
    public let byte: Int?

    /// The sentence for people.
    public var description: String { problem + (byte.map { " (byte \($0))" } ?? "") }
}

/// Reads one line; values that nobody asks for are checked and skipped, not built.
private struct RecordReader {
    let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    /// Deeper than any record, and shallow enough for the stack.
    private static let depthLimit = 512

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func record() throws(CompletionRecordError) -> CompletionRecord {
        var id: CompletionRecord.ID?
        var completion: String?
        var tokenCount: Int?
        skipSpaces()
        guard peek() == UInt8(ascii: "{") else {
            throw whole("not a JSON object; a line is {\"id\": …, \"completion\": …}")
        }
        position += 1
        skipSpaces()
        var goesOn = !take("}")
        while goesOn {
            skipSpaces()
            let name = try string()
            skipSpaces()
            try require(":")
            skipSpaces()
            switch name {
            case "id": id = try identifier()
            case "completion": completion = try text(of: name)
            case "num_tokens": tokenCount = try count(of: name)
            default: try skipValue(depth: 1)
            }
            skipSpaces()
            goesOn = take(",")
            if !goesOn { try require("}") }
        }
        skipSpaces()
        if position < bytes.count { throw here("something follows the object") }
        guard let id else { throw whole("\"id\" is missing") }
        guard let completion else { throw whole("\"completion\" is missing") }
        return CompletionRecord(id: id, completion: completion, tokenCount: tokenCount)
    }

    private func here(_ problem: String) -> CompletionRecordError {
        CompletionRecordError(problem: "not JSON: " + problem, byte: position + 1)
    }

    private func whole(_ problem: String) -> CompletionRecordError {
        CompletionRecordError(problem: problem, byte: nil)
    }

    // MARK: - Tokens

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpaces() {
        while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
            position += 1
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        if peek() != UInt8(ascii: character) { return false }
        position += 1
        return true
    }

    private mutating func require(_ character: Unicode.Scalar) throws(CompletionRecordError) {
        if take(character) { return }
        throw here(
            peek() == nil ? "the line ends within a value" : "'\(character)' is missing")
    }

    private mutating func take(word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count else { return false }
        for offset in 0..<count where bytes[position + offset] != word.utf8Start[offset] {
            return false
        }
        position += count
        return true
    }

    // MARK: - Values

    private mutating func identifier() throws(CompletionRecordError) -> CompletionRecord.ID {
        if peek() == UInt8(ascii: "\"") { return .text(try string()) }
        let start = position
        try skipValue(depth: 1)
        let spelling = bytes[start..<position]
        let digits = spelling.first == UInt8(ascii: "-") ? spelling.dropFirst() : spelling
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw whole("\"id\" must be a text or a whole number")
        }
        return .number(String(decoding: spelling, as: UTF8.self))
    }

    /// A whole number from 0 on, or null.
    private mutating func count(of name: String) throws(CompletionRecordError) -> Int? {
        if take(word: "null") { return nil }
        let start = position
        try skipValue(depth: 1)
        guard let count = Int(String(decoding: bytes[start..<position], as: UTF8.self)), count >= 0
        else { throw whole("\"\(name)\" must be a whole number from 0 on, or null") }
        return count
    }

    private mutating func text(of name: String) throws(CompletionRecordError) -> String {
        if peek() == UInt8(ascii: "\"") { return try string() }
        throw whole("\"\(name)\" must be a text")
    }

    private mutating func skipValue(depth: Int) throws(CompletionRecordError) {
        switch peek() {
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            if depth == Self.depthLimit { throw here("a value is nested too deeply") }
            try skipContainer(depth: depth)
        default:
            let isWord = take(word: "true") || take(word: "false") || take(word: "null")
            // Not JSON, but what Python writes.
            let isPython =
                take(word: "NaN") || take(word: "Infinity") || take(word: "-Infinity")
            if !isWord, !isPython { try skipNumber() }
        }
    }

    private mutating func skipContainer(depth: Int) throws(CompletionRecordError) {
        let isObject = peek() == UInt8(ascii: "{")
        let close: Unicode.Scalar = isObject ? "}" : "]"
        position += 1
        skipSpaces()
        if take(close) { return }
        repeat {
            skipSpaces()
            if isObject {
                try skipString()
                skipSpaces()
                try require(":")
                skipSpaces()
            }
            try skipValue(depth: depth + 1)
            skipSpaces()
        } while take(",")
        try require(close)
    }

    private mutating func skipNumber() throws(CompletionRecordError) {
        let start = position
        scan: while let byte = peek() {
            switch byte {
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                position += 1
            default: break scan
            }
        }
        let spelling = String(decoding: bytes[start..<position], as: UTF8.self)
        if spelling.isEmpty || Double(spelling) == nil {
            position = start
            throw here(peek() == nil ? "the line ends within a value" : "a value is missing")
        }
    }
}

// MARK: - Strings

extension RecordReader {
    /// The bytes up to the next quote or backslash are a run; the position is behind them.
    private mutating func takeRun() throws(CompletionRecordError) -> Range<Int> {
        let start = position
        let count = bytes.count
        // Most bytes of a file pass here.
        while position < count {
            let byte = bytes[position]
            if byte == 0x22 || byte == 0x5C { return start..<position }
            if byte < 0x20 { throw here("a control character stands in a text; escape it") }
            position &+= 1
        }
        throw here("the line ends within a text")
    }

    private mutating func skipString() throws(CompletionRecordError) {
        try require("\"")
        while true {
            _ = try takeRun()
            if take("\"") { return }
            position += 1
            _ = try escape()
        }
    }

    private mutating func string() throws(CompletionRecordError) -> String {
        try require("\"")
        var content: [UInt8] = []
        while true {
            let run = try takeRun()
            content.append(contentsOf: bytes[run])
            if take("\"") { break }
            position += 1
            content.append(
                contentsOf: UTF8.encode(try escape()) ?? UTF8.encodedReplacementCharacter)
        }
        // The line was checked to be UTF-8, and escapes are whole characters.
        return String(decoding: content, as: UTF8.self)
    }

    private mutating func escape() throws(CompletionRecordError) -> Unicode.Scalar {
        guard let character = peek() else { throw here("the line ends within a text") }
        position += 1
        switch character {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(character)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default:
            position -= 1
            throw here("an unknown escape stands in a text")
        }
    }

    private mutating func unicodeEscape() throws(CompletionRecordError) -> Unicode.Scalar {
        let first = try codeUnit()
        if (0xD800...0xDBFF).contains(first) {
            let start = position
            if take("\\"), take("u") {
                let second = try codeUnit()
                if (0xDC00...0xDFFF).contains(second) {
                    let code = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
                    return Unicode.Scalar(code) ?? "\u{FFFD}"
                }
            }
            position = start
        }
        return Unicode.Scalar(first) ?? "\u{FFFD}"
    }

    private mutating func codeUnit() throws(CompletionRecordError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek(), let digit = hexDigit(byte) else {
                throw here("four hexadecimal digits are missing")
            }
            code = code << 4 | digit
            position += 1
        }
        return code
    }

    private func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x30...0x39: UInt32(byte - 0x30)
        case 0x41...0x46: UInt32(byte - 0x41 + 10)
        case 0x61...0x66: UInt32(byte - 0x61 + 10)
        default: nil
        }
    }
}
