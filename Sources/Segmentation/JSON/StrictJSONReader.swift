import TextFiles

/// Reads JSON as Python's `json.loads` does: NaN and the infinities are numbers, the last of
/// equal names counts, control characters in strings are errors.
///
/// One deviation: half of a surrogate pair, which a Swift string cannot hold, becomes U+FFFD.
struct StrictJSONReader {
    /// A value, and where the text goes on.
    struct Prefix {
        let value: JSONValue
        let end: Int
    }

    private var scanner: JSONScanner

    /// The value of the whole text.
    static func read(_ text: [Unicode.Scalar]) throws(JSONReadFailure) -> JSONValue {
        try read(text[...]) { (reader) throws(JSONReadFailure) in
            reader.scanner.skipSpaces()
            let value = try reader.value()
            reader.scanner.skipSpaces()
            if reader.scanner.next != nil { throw .syntax }
            return value
        }
    }

    /// The value that starts at `start`; anything may follow.
    static func readPrefix(
        _ text: [Unicode.Scalar], from start: Int
    ) throws(JSONReadFailure) -> Prefix {
        try read(text[start...]) { (reader) throws(JSONReadFailure) in
            let value = try reader.value()
            let read = reader.scanner.bytes[..<reader.scanner.position]
            let end = start + read.count { !UTF8.isContinuation($0) }
            return Prefix(value: value, end: end)
        }
    }

    /// Reads the bytes of a text.
    private static func read<Value>(
        _ text: ArraySlice<Unicode.Scalar>,
        _ body: (inout StrictJSONReader) throws(JSONReadFailure) -> Value
    ) throws(JSONReadFailure) -> Value {
        let bytes = Array(String(String.UnicodeScalarView(text)).utf8)
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<Value, JSONReadFailure> in
            var reader = StrictJSONReader(scanner: JSONScanner(buffer))
            do throws(JSONReadFailure) { return .success(try body(&reader)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private mutating func value() throws(JSONReadFailure) -> JSONValue {
        switch scanner.next {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "n") where scanner.take(word: "null"): return .null
        case UInt8(ascii: "t") where scanner.take(word: "true"): return .bool(true)
        case UInt8(ascii: "f") where scanner.take(word: "false"): return .bool(false)
        case UInt8(ascii: "N") where scanner.take(word: "NaN"): return .real(.nan)
        case UInt8(ascii: "I") where scanner.take(word: "Infinity"): return .real(.infinity)
        case UInt8(ascii: "-") where scanner.take(word: "-Infinity"): return .real(-.infinity)
        default: return try number()
        }
    }

    private mutating func open() throws(JSONReadFailure) {
        guard scanner.open(limit: JSONLimits.depth) else {
            throw .tooDeep(limit: JSONLimits.depth)
        }
        scanner.skipSpaces()
    }

    private mutating func array() throws(JSONReadFailure) -> JSONValue {
        try open()
        var items: [JSONValue] = []
        if scanner.close("]") { return .array(items) }
        while true {
            scanner.skipSpaces()
            items.append(try value())
            scanner.skipSpaces()
            if scanner.close("]") { return .array(items) }
            if !scanner.take(",") { throw .syntax }
        }
    }

    private mutating func object() throws(JSONReadFailure) -> JSONValue {
        try open()
        var object = JSONObject()
        if scanner.close("}") { return .object(object) }
        while true {
            scanner.skipSpaces()
            if scanner.next != UInt8(ascii: "\"") { throw .syntax }
            let key = try string()
            scanner.skipSpaces()
            if !scanner.take(":") { throw .syntax }
            scanner.skipSpaces()
            object[key] = try value()
            scanner.skipSpaces()
            if scanner.close("}") { return .object(object) }
            if !scanner.take(",") { throw .syntax }
        }
    }

    private mutating func number() throws(JSONReadFailure) -> JSONValue {
        guard let number = scanner.number() else { throw .syntax }
        let isInteger = !number.hasFraction && !number.hasExponent
        if isInteger, number.digitCount > JSONLimits.integerDigits {
            throw .longInteger(limit: JSONLimits.integerDigits)
        }
        let spelled = String(decoding: scanner.bytes[number.range], as: UTF8.self)
        guard let value = Double(spelled) else { throw .syntax }
        return isInteger ? .integer(value, IntegerWidth(spelled)) : .real(value)
    }

    private mutating func string() throws(JSONReadFailure) -> String {
        scanner.position += 1
        var content: [UInt8] = []
        while true {
            switch scanner.stringPart() {
            case .run(let range): content += scanner.bytes[range]
            case .character(let scalar): content += String(scalar).utf8
            case .half: content += "\u{FFFD}".utf8
            case .end: return String(decoding: content, as: UTF8.self)
            case .fault: throw .syntax
            }
        }
    }
}
