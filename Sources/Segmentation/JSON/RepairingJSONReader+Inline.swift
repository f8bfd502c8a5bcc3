/// What stands in a string and belongs to it, although it looks like more than text.
extension RepairingJSONReader {
    /// What closes a quote that stands inside something else.
    static func partner(of quote: Unicode.Scalar) -> Unicode.Scalar {
        quote == "\u{201C}" ? "\u{201D}" : quote
    }

    /// What closes a bracket, brace or parenthesis.
    static func closer(of scalar: Unicode.Scalar?) -> Unicode.Scalar? {
        switch scalar {
        case "[": "]"
        case "{": "}"
        case "(": ")"
        default: nil
        }
    }

    /// Takes a low quotation mark, its partner, or a whole list or object that belongs to the
    /// string.
    mutating func takeInline(
        _ scalar: Unicode.Scalar, into string: inout PartialString
    ) throws(JSONReadFailure) -> Bool {
        let isEscaped = string.content.last == "\\"
        if scalar == "\u{201E}", !isEscaped {
            string.openLowQuotes += 1
        } else if scalar == "\u{201D}", string.openLowQuotes > 0 {
            string.openLowQuotes -= 1
        } else {
            guard !isEscaped, try isContainer(scalar, in: string),
                let end = try endOfContainer(at: 0)
            else { return false }
            string.containerFollows = false
            string.openContainers.removeAll()
            for scalar in text[index..<index + end] { string.append(scalar) }
            index += end
            return true
        }
        string.append(scalar)
        index += 1
        return true
    }

    private mutating func isContainer(
        _ scalar: Unicode.Scalar, in string: PartialString
    ) throws(JSONReadFailure) -> Bool {
        if string.containerFollows, Self.closer(of: scalar) != nil { return true }
        guard scalar == "{", context == .value, character(at: -1) != "\\" else { return false }
        return try isBareName(at: offsetSkippingSpaces(from: 1))
    }

    /// Takes a quote in the middle of low quotation marks, or between brackets without a space, as
    /// regular expressions have them.
    mutating func takeQuoteInMarks(
        _ scalar: Unicode.Scalar, into string: inout PartialString
    ) throws(JSONReadFailure) -> Bool {
        if string.openLowQuotes > 0, scalar == "\"" {
            string.openLowQuotes -= 1
        } else {
            guard scalar == string.closing, context == .value, let start = string.bracketContent
            else { return false }
            let inner = string.content[min(start, string.content.count)...]
            try spend(inner.count)
            if inner.contains(where: PythonText.isSpace) { return false }
            guard character(at: try offset(of: "]", from: 1)) == "]" else { return false }
        }
        string.append(scalar)
        index += 1
        return true
    }

    // MARK: - Lists and objects

    /// The offset behind the list, object or parentheses at `start`; nil if they do not close.
    mutating func endOfContainer(at start: Int) throws(JSONReadFailure) -> Int? {
        guard let first = Self.closer(of: character(at: start)) else { return start }
        var closers = [first]
        var offset = start + 1
        while let scalar = character(at: offset) {
            try spend(1)
            if Self.isQuote(scalar) {
                let end = Self.partner(of: scalar)
                offset = try self.offset(of: end, from: offset + 1)
                if character(at: offset) == nil { return nil }
            } else if let closer = Self.closer(of: scalar), try isNested(at: offset) {
                closers.append(closer)
            } else if scalar == closers.last {
                closers.removeLast()
                if closers.isEmpty { return offset + 1 }
            }
            offset += 1
        }
        return nil
    }

    /// Whether the bracket, brace or parenthesis at `offset` opens a value, and is no mere text.
    private mutating func isNested(at offset: Int) throws(JSONReadFailure) -> Bool {
        var before = offset - 1
        while before >= 0, let scalar = character(at: before), PythonText.isSpace(scalar) {
            before -= 1
        }
        try spend(offset - before)
        guard before >= 0, let previous = character(at: before) else { return true }
        if Self.closer(of: previous) != nil { return true }
        guard previous == "," || previous == ":" else { return false }
        let inner = offsetSkippingSpaces(from: offset + 1)
        guard let next = character(at: inner) else { return false }
        if character(at: offset) == "{" {
            if next == "}" || Self.isQuote(next) { return true }
            return previous == ":" ? try isBareName(at: inner) : false
        }
        return "])-[{(tfn".unicodeScalars.contains(next) || Self.isQuote(next)
            || PythonText.isDigit(next)
    }

    // MARK: - Fences

    /// Whether three backticks stand at `offset`.
    func hasFence(at offset: Int) -> Bool {
        (0..<3).allSatisfy { character(at: offset + $0) == "`" }
    }

    /// Whether a value in a fence stands at the position, behind a quote; steps to the value.
    mutating func isFencedValue() throws(JSONReadFailure) -> Bool {
        let opening = Array("```json".unicodeScalars)
        guard opening.indices.allSatisfy({ character(at: $0) == opening[$0] }) else { return false }
        guard hasFence(at: try offset(of: "`", from: opening.count)) else { return false }
        index += opening.count
        return true
    }

    /// Whether the fence at `fence`, behind a brace, stands in the string, which goes on.
    mutating func fenceBelongs(
        to string: inout PartialString, at fence: Int
    ) throws(JSONReadFailure) -> Bool {
        var start = fence + 3
        var holdsContainer = false
        let content = try offsetSkippingComments(from: start)
        if Self.closer(of: character(at: content)) != nil,
            let end = try endOfContainer(at: content)
        {
            if try isLastOrBeforeMember(end) { return false }
            holdsContainer = true
            start = end
        }
        var quote = try offset(of: string.closing, from: start)
        while character(at: quote) == string.closing {
            let after = character(at: offsetSkippingSpaces(from: quote + 1))
            if after.map({ ",}]".unicodeScalars.contains($0) }) ?? true {
                if holdsContainer { string.containerFollows = true }
                return true
            }
            quote = try offset(of: string.closing, from: quote + 1)
        }
        return false
    }

    private mutating func isLastOrBeforeMember(_ end: Int) throws(JSONReadFailure) -> Bool {
        let after = offsetSkippingSpaces(from: end)
        guard let scalar = character(at: after), scalar != "}" else { return true }
        if scalar != "," { return false }
        let next = try offsetSkippingComments(from: after + 1)
        guard let first = character(at: next), first != "}" else { return true }
        return try isMember(at: next)
    }

    /// The offset of the first character at or behind `start` that is neither white space nor in a
    /// comment.
    mutating func offsetSkippingComments(from start: Int) throws(JSONReadFailure) -> Int {
        var offset = offsetSkippingSpaces(from: start)
        while let scalar = character(at: offset) {
            let next = character(at: offset + 1)
            let begin = offset
            if scalar == "#" || (scalar == "/" && next == "/") {
                while let scalar = character(at: offset), scalar != "\n", scalar != "\r" {
                    offset += 1
                }
            } else if scalar == "/", next == "*" {
                offset += 2
                while character(at: offset) != nil,
                    character(at: offset) != "*" || character(at: offset + 1) != "/"
                {
                    offset += 1
                }
                if character(at: offset) == nil { return offset }
                offset += 2
            } else {
                break
            }
            try spend(offset - begin)
            offset = offsetSkippingSpaces(from: offset)
        }
        return offset
    }
}

extension PartialString {
    /// Follows the brackets and braces of a container that belongs to the string; whether `scalar`
    /// closes one.
    mutating func followContainers(_ scalar: Unicode.Scalar) -> Bool {
        if scalar == "{" || scalar == "[" {
            if containerFollows {
                openContainers.append(scalar)
                containerFollows = false
                return false
            }
            if !openContainers.isEmpty { openContainers.append(scalar) }
        }
        guard let last = openContainers.last, scalar == RepairingJSONReader.closer(of: last) else {
            return false
        }
        openContainers.removeLast()
        return true
    }
}
