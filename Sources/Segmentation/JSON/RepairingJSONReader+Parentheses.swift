/// Python's tuples, and values in parentheses.
extension RepairingJSONReader {
    /// A Python tuple, or a value in parentheses.
    mutating func parenthesized() throws(JSONReadFailure) -> JSONValue {
        let isTuple = try isTuple()
        index += 1
        let items = try array(closing: ")")
        return isTuple || items.count != 1 ? .array(items) : items[0]
    }

    /// Whether the parentheses at the position hold a comma of their own, or nothing.
    private mutating func isTuple() throws(JSONReadFailure) -> Bool {
        let openers: [Unicode.Scalar] = ["(", "[", "{"]
        let closers: [Unicode.Scalar] = [")", "]", "}"]
        var open = [0, 0, 0]
        var isEmpty = true
        var quotes = QuoteTracker()
        for scalar in text[min(index + 1, text.count)...] {
            try spend(1)
            let isOutermost = open == [0, 0, 0]
            if quotes.isQuoted(scalar) {
                if isOutermost { isEmpty = false }
                continue
            }
            if isOutermost, scalar == "," { return true }
            if isOutermost, scalar == ")" { return isEmpty }
            if isOutermost, !PythonText.isSpace(scalar) { isEmpty = false }
            if let kind = openers.firstIndex(of: scalar) { open[kind] += 1 }
            if let kind = closers.firstIndex(of: scalar) { open[kind] = max(0, open[kind] - 1) }
        }
        return isEmpty
    }

    /// Whether the parenthesis at the position, outside of lists and objects, starts a line, and its
    /// partner ends one: a value, and not a remark in a sentence.
    mutating func isValueInParentheses() throws(JSONReadFailure) -> Bool {
        var before = index - 1
        while before >= 0, PythonText.isSpace(text[before]), !Self.endsLine(text[before]) {
            before -= 1
        }
        try spend(index - before)
        if before >= 0, !Self.endsLine(text[before]) { return false }
        guard startsValue(at: offsetSkippingSpaces(from: 1)) else { return false }
        var open = [0, 0, 0]
        var quotes = QuoteTracker()
        for place in text.indices[(index + 1)...] {
            try spend(1)
            let scalar = text[place]
            if quotes.isQuoted(scalar) { continue }
            switch scalar {
            case ")" where open == [0, 0, 0]:
                let rest = text[(place + 1)...].prefix { !Self.endsLine($0) }
                try spend(rest.count)
                return rest.allSatisfy(PythonText.isSpace)
            case "(": open[0] += 1
            case ")": open[0] -= 1
            case "[": open[1] += 1
            case "]": open[1] = max(0, open[1] - 1)
            case "{": open[2] += 1
            case "}": open[2] = max(0, open[2] - 1)
            default: break
            }
        }
        return true
    }

    private static func endsLine(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "\n" || scalar == "\r"
    }

    private func startsValue(at offset: Int) -> Bool {
        guard let first = character(at: offset) else { return false }
        if Self.isQuote(first) || PythonText.isDigit(first)
            || ")[{(-.".unicodeScalars.contains(first)
        {
            return true
        }
        return ["true", "null", "none", "false"].contains { word in
            word.unicodeScalars.enumerated().allSatisfy { place, letter in
                guard let scalar = character(at: offset + place), scalar.isASCII else {
                    return false
                }
                return Unicode.Scalar(UInt8(scalar.value) | 0x20) == letter
            }
        }
    }
}
