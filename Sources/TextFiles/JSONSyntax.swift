/// Holds bytes to the grammar of JSON (RFC 8259), to any depth.
///
/// Foundation takes commas before closing brackets, which Python does not, and does not say where a text is
/// no JSON.
struct JSONSyntax {
    typealias Fault = (offset: Int, problem: String)

    /// What may stand next.
    private enum Place { case value, firstValue, key, firstKey, colon, end }

    private let bytes: UnsafeRawBufferPointer
    private var index = 0
    private var place = Place.value
    /// Of each object or list that is open, whether it is an object.
    private var open: [Bool] = []
    private var comma = 0

    /// The first place that is not JSON; nil if all is.
    static func fault(in bytes: UnsafeRawBufferPointer) -> Fault? {
        var syntax = JSONSyntax(bytes: bytes)
        while true {
            syntax.skipSpaces()
            guard syntax.index < bytes.count else {
                let isWhole = syntax.open.isEmpty && syntax.place == .end
                return isWhole ? nil : (bytes.count, "the text ends too early")
            }
            if let fault = syntax.step() { return fault }
        }
    }

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private func byte(_ place: Int) -> UInt8 { place < bytes.count ? bytes[place] : 0 }

    private mutating func skipSpaces() {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }

    private mutating func step() -> Fault? {
        let sign = bytes[index]
        switch place {
        case .value, .firstValue:
            if place == .firstValue, sign == UInt8(ascii: "]") { return close() }
            return value(sign)
        case .key, .firstKey:
            if place == .firstKey, sign == UInt8(ascii: "}") { return close() }
            guard sign == UInt8(ascii: "\"") else { return wrongKey(sign) }
            place = .colon
            return text()
        case .colon:
            guard sign == UInt8(ascii: ":") else { return (index, "a : is missing after the key") }
            (index, place) = (index + 1, .value)
            return nil
        case .end: return afterValue(sign)
        }
    }

    private mutating func close() -> Fault? {
        open.removeLast()
        (index, place) = (index + 1, .end)
        return nil
    }

    private mutating func afterValue(_ sign: UInt8) -> Fault? {
        guard let isObject = open.last else {
            return (index, "something follows the end of the document")
        }
        if sign == UInt8(ascii: isObject ? "}" : "]") { return close() }
        guard sign == UInt8(ascii: ",") else {
            return (index, "a comma or \(isObject ? "}" : "]") is missing")
        }
        (comma, index, place) = (index, index + 1, isObject ? .key : .value)
        return nil
    }

    private func wrongKey(_ sign: UInt8) -> Fault {
        sign == UInt8(ascii: "}")
            ? (comma, "a comma stands before }; leave it out")
            : (index, "a key in double quotes is missing")
    }

    // MARK: - Values

    private mutating func value(_ sign: UInt8) -> Fault? {
        switch sign {
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            open.append(sign == UInt8(ascii: "{"))
            (index, place) = (index + 1, sign == UInt8(ascii: "{") ? .firstKey : .firstValue)
            return nil
        case UInt8(ascii: "\""):
            place = .end
            return text()
        case UInt8(ascii: "-"), 0x30...0x39:
            place = .end
            return number()
        case UInt8(ascii: "]") where open.last == false:
            return (comma, "a comma stands before ]; leave it out")
        default: return word()
        }
    }

    private mutating func word() -> Fault? {
        for word in ["true", "false", "null"] where bytes[index...].starts(with: word.utf8) {
            (index, place) = (index + word.utf8.count, .end)
            return nil
        }
        for word in ["NaN", "Infinity"] where bytes[index...].starts(with: word.utf8) {
            return (index, "\(word) is no number of JSON")
        }
        switch bytes[index] {
        case UInt8(ascii: "'"): return (index, "a text stands in double quotes")
        case UInt8(ascii: "/"), UInt8(ascii: "#"): return (index, "JSON has no comments")
        case 0xEF where bytes[index...].starts(with: TextStream.mark):
            return (index, "a second byte order mark; remove it")
        default: return (index, "no value begins so")
        }
    }

    private mutating func digits() -> Bool {
        let start = index
        while (0x30...0x39).contains(byte(index)) { index += 1 }
        return index > start
    }

    private mutating func number() -> Fault? {
        let start = index
        if byte(index) == UInt8(ascii: "-") { index += 1 }
        if bytes[index...].starts(with: "Infinity".utf8) {
            return (start, "-Infinity is no number of JSON")
        }
        if byte(index) == 0x30, (0x30...0x39).contains(byte(index + 1)) {
            return (start, "a number begins with 0; leave it out")
        }
        guard digits() else { return (start, "a number without digits") }
        if byte(index) == UInt8(ascii: ".") {
            index += 1
            guard digits() else { return (start, "a number without digits after its point") }
        }
        if byte(index) | 0x20 == UInt8(ascii: "e") {
            index += 1
            if [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(byte(index)) { index += 1 }
            guard digits() else { return (start, "a number without digits in its exponent") }
        }
        return nil
    }

    private mutating func text() -> Fault? {
        let start = index
        index += 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return nil
            case UInt8(ascii: "\\"):
                if !isEscape() { return (index, "\\ begins no escape that is known; write \\\\") }
                index += 2
            case 0x0A, 0x0D: return (start, "the text that begins here has no closing quote")
            case 0..<0x20: return (index, "a control character in a text; write its escape")
            default: index += 1
            }
        }
        return (start, "the text that begins here has no closing quote")
    }

    private func isEscape() -> Bool {
        let sign = byte(index + 1)
        guard sign == UInt8(ascii: "u") else { return "\"\\/bfnrt".utf8.contains(sign) }
        return (2..<6).allSatisfy { offset in
            switch byte(index + offset) {
            case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
            default: false
            }
        }
    }
}
