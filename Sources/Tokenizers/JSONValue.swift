import Foundation
import TextFiles

/// A JSON document that keeps the order of its members and compares keys by code units.
///
/// Foundation's dictionaries would lose the order, and would merge keys that are canonically
/// equivalent texts, which a vocabulary may hold side by side.
enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    /// The value of a member of an object; nil for a missing member and for `null`.
    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self,
            let value = members.last(where: { $0.key == key })?.value
        else { return nil }
        if case .null = value { return nil }
        return value
    }

    var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    var integer: Int? {
        if case .number(let value) = self { Int(exactly: value) } else { nil }
    }

    var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    var members: [JSONMember]? {
        if case .object(let value) = self { value } else { nil }
    }
}

/// A key of a JSON object and what it holds.
struct JSONMember: Sendable {
    let key: String
    let value: JSONValue
}

/// Reads JSON from UTF-8 bytes.
struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let file: String
    private var position = 0
    private var depth = 0

    /// Nested deeper than any tokenizer file, and shallow enough for the stack.
    private static let maximumDepth = 128

    private init(bytes: UnsafeBufferPointer<UInt8>, file: String) {
        self.bytes = bytes
        self.file = file
    }

    /// The document in `bytes`; `file` is named in errors.
    ///
    /// - Throws: ``TokenizerError/malformedJSON(file:offset:reason:)``.
    static func parse(_ bytes: [UInt8], file: String) throws -> JSONValue {
        try bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(bytes: buffer, file: file)
            let value = try parser.value()
            parser.skipSpace()
            guard parser.position == buffer.count else {
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
        .malformedJSON(file: file, offset: position, reason: reason)
    }

    private func peek() throws -> UInt8 {
        guard position < bytes.count else { throw failure("the file ends too early") }
        return bytes[position]
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    private mutating func expect(_ character: Unicode.Scalar) throws {
        guard try peek() == UInt8(ascii: character) else {
            throw failure("'\(character)' is missing")
        }
        position += 1
    }

    private mutating func value() throws -> JSONValue {
        skipSpace()
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
        for index in 0..<word.utf8CodeUnitCount {
            guard try peek() == word.utf8Start[index] else { throw failure("unknown word") }
            position += 1
        }
        return value
    }

    private mutating func number() throws -> Double {
        let start = position
        scan: while position < bytes.count {
            switch bytes[position] {
            case 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                UInt8(ascii: "e"), UInt8(ascii: "E"):
                position += 1
            default: break scan
            }
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let number = Double(text), number.isFinite else {
            position = start
            throw failure("a value is missing or is not a number")
        }
        return number
    }

    private mutating func enter() throws {
        position += 1
        depth += 1
        guard depth <= Self.maximumDepth else { throw failure("nested too deeply") }
        skipSpace()
    }

    /// Steps over a comma (true) or the closing bracket (false).
    private mutating func continues(until close: Unicode.Scalar) throws -> Bool {
        skipSpace()
        if try peek() == UInt8(ascii: ",") {
            position += 1
            skipSpace()
            return true
        }
        try expect(close)
        depth -= 1
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
            skipSpace()
            try expect(":")
            result.append(JSONMember(key: key, value: try value()))
        } while try continues(until: "}")
        return result
    }

    private mutating func string() throws -> String {
        try expect("\"")
        let start = position
        while true {
            switch try peek() {
            case UInt8(ascii: "\""):
                let text = try decoded(bytes[start..<position])
                position += 1
                return text
            case UInt8(ascii: "\\"):
                return try escapedString(from: start)
            case 0..<0x20:
                throw failure("a control character stands in a string")
            default:
                position += 1
            }
        }
    }

    private func decoded(_ text: Slice<UnsafeBufferPointer<UInt8>>) throws -> String {
        guard let string = String(validating: text, as: UTF8.self) else {
            throw failure("the string before this byte is not UTF-8")
        }
        return string
    }

    /// The rest of a string that holds an escape; `start` is its first byte.
    private mutating func escapedString(from start: Int) throws -> String {
        var result = try decoded(bytes[start..<position])
        while true {
            let run = position
            while try peek() >= 0x20, bytes[position] != UInt8(ascii: "\\"),
                bytes[position] != UInt8(ascii: "\"")
            {
                position += 1
            }
            result += try decoded(bytes[run..<position])
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return result
            case UInt8(ascii: "\\"):
                position += 1
                result.unicodeScalars.append(try escape())
            default:
                throw failure("a control character stands in a string")
            }
        }
    }

    private mutating func escape() throws -> Unicode.Scalar {
        let character = try peek()
        position += 1
        switch character {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Unicode.Scalar(character)
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw failure("unknown escape")
        }
    }

    private mutating func unicodeEscape() throws -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00 else { throw failure("half a surrogate pair") }
        try expect("\\")
        try expect("u")
        let second = try codeUnit()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure("half a surrogate pair") }
        return scalar
    }

    private mutating func codeUnit() throws -> UInt32 {
        guard position + 4 <= bytes.count,
            let unit = UInt32(
                String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw failure("four hexadecimal digits are missing") }
        position += 4
        return unit
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
