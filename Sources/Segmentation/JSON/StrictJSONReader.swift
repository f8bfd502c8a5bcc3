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

    private let text: [Unicode.Scalar]
    private var index: Int
    private var depth = 0

    private init(text: [Unicode.Scalar], index: Int) {
        self.text = text
        self.index = index
    }

    /// The value of the whole text.
    static func read(_ text: [Unicode.Scalar]) throws(JSONReadFailure) -> JSONValue {
        var reader = StrictJSONReader(text: text, index: 0)
        reader.skipSpaces()
        let value = try reader.value()
        reader.skipSpaces()
        if reader.index < text.count { throw .syntax }
        return value
    }

    /// The value that starts at `start`; anything may follow.
    static func readPrefix(
        _ text: [Unicode.Scalar], from start: Int
    ) throws(JSONReadFailure) -> Prefix {
        var reader = StrictJSONReader(text: text, index: start)
        let value = try reader.value()
        return Prefix(value: value, end: reader.index)
    }

    private var current: Unicode.Scalar? { index < text.count ? text[index] : nil }

    private mutating func skipSpaces() {
        while let scalar = current, " \t\n\r".unicodeScalars.contains(scalar) { index += 1 }
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        if current != scalar { return false }
        index += 1
        return true
    }

    private mutating func take(word: String) -> Bool {
        let scalars = Array(word.unicodeScalars)
        guard index + scalars.count <= text.count,
            text[index..<index + scalars.count].elementsEqual(scalars)
        else { return false }
        index += scalars.count
        return true
    }

    private mutating func value() throws(JSONReadFailure) -> JSONValue {
        switch current {
        case "{": return try nested { (reader) throws(JSONReadFailure) in try reader.object() }
        case "[": return try nested { (reader) throws(JSONReadFailure) in try reader.array() }
        case "\"": return .string(try string())
        case "n" where take(word: "null"): return .null
        case "t" where take(word: "true"): return .bool(true)
        case "f" where take(word: "false"): return .bool(false)
        case "N" where take(word: "NaN"): return .real(.nan)
        case "I" where take(word: "Infinity"): return .real(.infinity)
        case "-" where take(word: "-Infinity"): return .real(-.infinity)
        default: return try number()
        }
    }

    private mutating func nested(
        _ read: (inout StrictJSONReader) throws(JSONReadFailure) -> JSONValue
    ) throws(JSONReadFailure) -> JSONValue {
        if depth == JSONLimits.depth { throw .tooDeep(limit: depth) }
        depth += 1
        index += 1
        let value = try read(&self)
        depth -= 1
        return value
    }

    private mutating func array() throws(JSONReadFailure) -> JSONValue {
        var items: [JSONValue] = []
        skipSpaces()
        if take("]") { return .array(items) }
        while true {
            skipSpaces()
            items.append(try value())
            skipSpaces()
            if take("]") { return .array(items) }
            if !take(",") { throw .syntax }
        }
    }

    private mutating func object() throws(JSONReadFailure) -> JSONValue {
        var object = JSONObject()
        skipSpaces()
        if take("}") { return .object(object) }
        while true {
            skipSpaces()
            if current != "\"" { throw .syntax }
            let key = try string()
            skipSpaces()
            if !take(":") { throw .syntax }
            skipSpaces()
            object[key] = try value()
            skipSpaces()
            if take("}") { return .object(object) }
            if !take(",") { throw .syntax }
        }
    }

    private mutating func digits() -> Int {
        let start = index
        while let scalar = current, ("0"..."9").contains(scalar) { index += 1 }
        return index - start
    }

    private mutating func number() throws(JSONReadFailure) -> JSONValue {
        let start = index
        _ = take("-")
        let wholeStart = index
        let count = digits()
        if count == 0 { throw .syntax }
        // A number that starts with 0 ends there; what follows is not JSON.
        if count > 1, text[wholeStart] == "0" { index = wholeStart + 1 }
        var isInteger = true
        let end = index
        if take(".") {
            if digits() > 0 { isInteger = false } else { index = end }
        }
        if isInteger == false || index == end {
            isInteger = !exponent() && isInteger
        }
        if isInteger, count > JSONLimits.integerDigits {
            throw .longInteger(limit: JSONLimits.integerDigits)
        }
        var spelling = String.UnicodeScalarView()
        spelling.append(contentsOf: text[start..<index])
        let spelled = String(spelling)
        guard let number = Double(spelled) else { throw .syntax }
        return isInteger ? .integer(number, IntegerWidth(spelled)) : .real(number)
    }

    /// Takes a complete exponent if there is one.
    private mutating func exponent() -> Bool {
        let start = index
        guard take("e") || take("E") else { return false }
        if !take("+") { _ = take("-") }
        if digits() > 0 { return true }
        index = start
        return false
    }

    private mutating func string() throws(JSONReadFailure) -> String {
        index += 1
        var content = String.UnicodeScalarView()
        while let scalar = current {
            index += 1
            switch scalar {
            case "\"": return String(content)
            case "\\": content.append(try escape())
            default:
                if scalar.value < 0x20 { throw .syntax }
                content.append(scalar)
            }
        }
        throw .syntax
    }

    private mutating func escape() throws(JSONReadFailure) -> Unicode.Scalar {
        guard let scalar = current else { throw .syntax }
        index += 1
        switch scalar {
        case "\"", "\\", "/": return scalar
        case "b": return "\u{8}"
        case "f": return "\u{C}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u": return try unicodeEscape()
        default: throw .syntax
        }
    }

    private mutating func unicodeEscape() throws(JSONReadFailure) -> Unicode.Scalar {
        let first = try hexadecimal()
        if (0xD800...0xDBFF).contains(first) {
            let start = index
            if take("\\"), take("u"), let second = try? hexadecimal(),
                (0xDC00...0xDFFF).contains(second)
            {
                let code = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
                return Unicode.Scalar(code) ?? "\u{FFFD}"
            }
            index = start
        }
        return Unicode.Scalar(first) ?? "\u{FFFD}"
    }

    private mutating func hexadecimal() throws(JSONReadFailure) -> UInt32 {
        guard index + 4 <= text.count else { throw .syntax }
        var code: UInt32 = 0
        for scalar in text[index..<index + 4] {
            guard scalar.isASCII, let digit = Character(scalar).hexDigitValue else { throw .syntax }
            code = code << 4 | UInt32(digit)
        }
        index += 4
        return code
    }
}
