import Foundation
import TextFiles

/// Reads the JSON of a tokenizer's files: all of it is one value, nothing else is taken.
struct JSONParser {
    private var scanner: JSONScanner
    private let file: String

    /// Nested deeper than any tokenizer file, and shallow enough for the stack.
    private static let maximumDepth = 128

    private init(bytes: UnsafeBufferPointer<UInt8>, file: String) {
        scanner = JSONScanner(bytes)
        self.file = file
    }

    /// The document in `bytes`; `file` is named in errors.
    ///
    /// - Throws: ``TokenizerError/malformedJSON(file:offset:reason:)``.
    static func parse(_ bytes: [UInt8], file: String) throws -> JSONValue {
        try bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(bytes: buffer, file: file)
            let value = try parser.value()
            parser.scanner.skipSpaces()
            guard parser.scanner.next == nil else {
                throw parser.failure("something follows the end of the document")
            }
            return value
        }
    }

    /// The document in a file's bytes, which may begin with a byte order mark.
    ///
    /// - Throws: ``TokenizerError``, whose offsets are those of the file
    static func parse(_ data: Data, file: String) throws -> JSONValue {
        let contents = try TextContents(data, file: file)
        do {
            return try parse([UInt8](contents.bytes), file: file)
        } catch TokenizerError.malformedJSON(let file, let offset, let reason) {
            throw TokenizerError.malformedJSON(
                file: file, offset: contents.fileOffset(of: offset), reason: reason)
        }
    }

    private func failure(_ reason: String) -> TokenizerError {
        .malformedJSON(file: file, offset: scanner.position, reason: reason)
    }

    private func peek() throws -> UInt8 {
        guard let next = scanner.next else { throw failure("the file ends too early") }
        return next
    }

    private mutating func expect(_ character: Unicode.Scalar) throws {
        guard try peek() == UInt8(ascii: character) else {
            throw failure("'\(character)' is missing")
        }
        scanner.position += 1
    }

    private mutating func value() throws -> JSONValue {
        scanner.skipSpaces()
        switch try peek() {
        case UInt8(ascii: "{"): return .object(try members())
        case UInt8(ascii: "["): return .array(try elements())
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSONValue) throws -> JSONValue {
        if scanner.take(word: word) { return value }
        for index in 0..<word.utf8CodeUnitCount {
            guard try peek() == word.utf8Start[index] else { throw failure("unknown word") }
            scanner.position += 1
        }
        return value
    }

    private mutating func number() throws -> Double {
        let range = scanner.numberCharacters()
        let text = String(decoding: scanner.bytes[range], as: UTF8.self)
        guard let number = Double(text), number.isFinite else {
            scanner.position = range.lowerBound
            throw failure("a value is missing or is not a number")
        }
        return number
    }

    // MARK: - Objects and lists

    private mutating func enter() throws {
        guard scanner.open(limit: Self.maximumDepth) else {
            scanner.position += 1
            throw failure("nested too deeply")
        }
        scanner.skipSpaces()
    }

    /// Steps over a comma (true) or the closing bracket (false).
    private mutating func continues(until close: Unicode.Scalar) throws -> Bool {
        scanner.skipSpaces()
        if scanner.take(",") {
            scanner.skipSpaces()
            return true
        }
        if !scanner.close(close) { try expect(close) }
        return false
    }

    private mutating func elements() throws -> [JSONValue] {
        try enter()
        var result: [JSONValue] = []
        if try peek() == UInt8(ascii: "]") { return try continues(until: "]") ? [] : result }
        repeat {
            result.append(try value())
        } while try continues(until: "]")
        return result
    }

    private mutating func members() throws -> [JSONMember] {
        try enter()
        var result: [JSONMember] = []
        if try peek() == UInt8(ascii: "}") { return try continues(until: "}") ? [] : result }
        repeat {
            let key = try string()
            scanner.skipSpaces()
            try expect(":")
            result.append(JSONMember(key: key, value: try value()))
        } while try continues(until: "}")
        return result
    }

    // MARK: - Strings

    private mutating func string() throws -> String {
        try expect("\"")
        var result = ""
        while true {
            switch scanner.stringPart() {
            case .run(let range):
                guard let text = String(validating: scanner.bytes[range], as: UTF8.self) else {
                    throw failure("the string before this byte is not UTF-8")
                }
                if result.isEmpty { result = text } else { result += text }
            case .character(let scalar): result.unicodeScalars.append(scalar)
            case .end: return result
            case .half(let unit): throw try half(unit)
            case .fault(.end): throw failure("the file ends too early")
            case .fault(.control): throw failure("a control character stands in a string")
            case .fault(.escape):
                scanner.position += 1
                throw failure("unknown escape")
            case .fault(.digits(let start)):
                // Behind the backslash and the u.
                scanner.position = start + 2
                throw failure("four hexadecimal digits are missing")
            }
        }
    }

    /// What is missing behind half a surrogate pair.
    private mutating func half(_ unit: UInt32) throws -> TokenizerError {
        if unit < 0xDC00 {
            try expect("\\")
            try expect("u")
            // A pair of code units that is none.
            scanner.position += 4
        }
        return failure("half a surrogate pair")
    }
}

extension TextContents {
    /// A file of a tokenizer.
    ///
    /// - Throws: ``TokenizerError/notText(file:fault:)``
    init(_ data: Data, file: String) throws(TokenizerError) {
        do throws(TextFault) {
            try self.init(data)
        } catch {
            throw .notText(file: file, fault: error.description)
        }
    }
}
