import TextFiles

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
    private var scanner: JSONScanner
    /// Deeper than any record, and shallow enough for the stack.
    private static let depthLimit = 512

    init(bytes: UnsafeBufferPointer<UInt8>) { scanner = JSONScanner(bytes) }

    mutating func record() throws(CompletionRecordError) -> CompletionRecord {
        var id: CompletionRecord.ID?
        var completion: String?
        var tokenCount: Int?
        skipSpaces()
        guard peek() == UInt8(ascii: "{") else {
            throw whole("not a JSON object; a line is {\"id\": …, \"completion\": …}")
        }
        scanner.position += 1
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
        if peek() != nil { throw here("something follows the object") }
        guard let id else { throw whole("\"id\" is missing") }
        guard let completion else { throw whole("\"completion\" is missing") }
        return CompletionRecord(id: id, completion: completion, tokenCount: tokenCount)
    }

    private func here(_ problem: String) -> CompletionRecordError {
        CompletionRecordError(problem: "not JSON: " + problem, byte: scanner.position + 1)
    }

    private func whole(_ problem: String) -> CompletionRecordError {
        CompletionRecordError(problem: problem, byte: nil)
    }

    // MARK: - Tokens

    private func peek() -> UInt8? { scanner.next }

    private mutating func skipSpaces() { scanner.skipSpaces() }

    private mutating func take(_ character: Unicode.Scalar) -> Bool { scanner.take(character) }

    private mutating func require(_ character: Unicode.Scalar) throws(CompletionRecordError) {
        if take(character) { return }
        throw here(
            peek() == nil ? "the line ends within a value" : "'\(character)' is missing")
    }

    private mutating func take(word: StaticString) -> Bool { scanner.take(word: word) }

    // MARK: - Values

    private mutating func identifier() throws(CompletionRecordError) -> CompletionRecord.ID {
        if peek() == UInt8(ascii: "\"") { return .text(try string()) }
        let start = scanner.position
        try skipValue(depth: 1)
        let spelling = scanner.bytes[start..<scanner.position]
        let digits = spelling.first == UInt8(ascii: "-") ? spelling.dropFirst() : spelling
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw whole("\"id\" must be a text or a whole number")
        }
        return .number(String(decoding: spelling, as: UTF8.self))
    }

    /// A whole number from 0 on, or null.
    private mutating func count(of name: String) throws(CompletionRecordError) -> Int? {
        if take(word: "null") { return nil }
        let start = scanner.position
        try skipValue(depth: 1)
        let spelling = String(decoding: scanner.bytes[start..<scanner.position], as: UTF8.self)
        guard let count = Int(spelling), count >= 0
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
        scanner.position += 1
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
        let range = scanner.numberCharacters()
        let spelling = String(decoding: scanner.bytes[range], as: UTF8.self)
        if spelling.isEmpty || Double(spelling) == nil {
            scanner.position = range.lowerBound
            throw here(peek() == nil ? "the line ends within a value" : "a value is missing")
        }
    }
}

// MARK: - Strings

extension RecordReader {
    private mutating func skipString() throws(CompletionRecordError) {
        try require("\"")
        while try part() != .end {}
    }

    private mutating func string() throws(CompletionRecordError) -> String {
        try require("\"")
        var content: [UInt8] = []
        while true {
            switch try part() {
            case .run(let range): content.append(contentsOf: scanner.bytes[range])
            case .character(let scalar): content.append(contentsOf: String(scalar).utf8)
            case .half: content.append(contentsOf: "\u{FFFD}".utf8)
            // The line was checked to be UTF-8, and escapes are whole characters.
            case .end, .fault: return String(decoding: content, as: UTF8.self)
            }
        }
    }

    /// The next part of a string, which is no fault.
    private mutating func part() throws(CompletionRecordError) -> JSONScanner.StringPart {
        let part = scanner.stringPart()
        guard case .fault(let fault) = part else { return part }
        switch fault {
        case .end: throw here("the line ends within a text")
        case .control: throw here("a control character stands in a text; escape it")
        case .escape: throw here("an unknown escape stands in a text")
        case .digits: throw here("four hexadecimal digits are missing")
        }
    }
}
