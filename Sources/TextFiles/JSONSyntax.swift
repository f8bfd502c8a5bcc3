/// Holds bytes to the grammar of JSON (RFC 8259), to any depth.
///
/// Foundation takes commas before closing brackets, which Python does not, and does not say where a text is
/// no JSON.
struct JSONSyntax {
    typealias Fault = (offset: Int, problem: String)

    /// What may stand next.
    private enum Place { case value, firstValue, key, firstKey, colon, end }

    private var scanner: JSONScanner
    private var place = Place.value
    /// Of each object or list that is open, whether it is an object.
    private var open: [Bool] = []
    private var comma = 0

    /// The first place that is not JSON; nil if all is.
    static func fault(in bytes: UnsafeRawBufferPointer) -> Fault? {
        var syntax = JSONSyntax(scanner: JSONScanner(bytes.assumingMemoryBound(to: UInt8.self)))
        while true {
            syntax.scanner.skipSpaces()
            guard let sign = syntax.scanner.next else {
                let isWhole = syntax.open.isEmpty && syntax.place == .end
                return isWhole ? nil : (bytes.count, "the text ends too early")
            }
            if let fault = syntax.step(sign) { return fault }
        }
    }

    private init(scanner: JSONScanner) { self.scanner = scanner }

    private var index: Int { scanner.position }

    private mutating func step(_ sign: UInt8) -> Fault? {
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
            (scanner.position, place) = (index + 1, .value)
            return nil
        case .end: return afterValue(sign)
        }
    }

    private mutating func close() -> Fault? {
        open.removeLast()
        (scanner.position, place) = (index + 1, .end)
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
        (comma, place) = (index, isObject ? .key : .value)
        scanner.position += 1
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
            place = sign == UInt8(ascii: "{") ? .firstKey : .firstValue
            scanner.position += 1
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
        if scanner.take(word: "true") || scanner.take(word: "false") || scanner.take(word: "null") {
            place = .end
            return nil
        }
        for word in ["NaN", "Infinity"] as [StaticString] where scanner.hasWord(word) {
            return (index, "\(word) is no number of JSON")
        }
        switch scanner.next {
        case UInt8(ascii: "'"): return (index, "a text stands in double quotes")
        case UInt8(ascii: "/"), UInt8(ascii: "#"): return (index, "JSON has no comments")
        case 0xEF where scanner.bytes[index...].starts(with: TextStream.mark):
            return (index, "a second byte order mark; remove it")
        default: return (index, "no value begins so")
        }
    }

    private mutating func number() -> Fault? {
        let start = index
        guard let number = scanner.number() else {
            let isInfinite = scanner.hasWord("-Infinity")
            return (
                start, isInfinite ? "-Infinity is no number of JSON" : "a number without digits"
            )
        }
        if number.hasExponent { return nil }
        switch scanner.next {
        case let digit? where (0x30...0x39).contains(digit):
            return (start, "a number begins with 0; leave it out")
        case UInt8(ascii: ".") where !number.hasFraction:
            return (start, "a number without digits after its point")
        case UInt8(ascii: "e"), UInt8(ascii: "E"):
            return (start, "a number without digits in its exponent")
        default: return nil
        }
    }

    private mutating func text() -> Fault? {
        let start = index
        scanner.position += 1
        while true {
            switch scanner.stringPart() {
            case .run, .character, .half: continue
            case .end: return nil
            case .fault(.end(nil)):
                return (start, "the text that begins here has no closing quote")
            case .fault(.escape(let escape)), .fault(.digits(let escape)),
                .fault(.end(let escape?)):
                return (escape, "\\ begins no escape that is known; write \\\\")
            case .fault(.control):
                let isLineEnd = [0x0A, 0x0D].contains(scanner.next)
                return isLineEnd
                    ? (start, "the text that begins here has no closing quote")
                    : (index, "a control character in a text; write its escape")
            }
        }
    }
}
