/// Where a string with a missing or a superfluous quote ends.
extension RepairingJSONReader {
    /// Whether `scalar`, which is not the closing quote, ends the string.
    mutating func verdict(
        on scalar: Unicode.Scalar, in string: inout PartialString
    ) throws(JSONReadFailure) -> Verdict {
        if string.isBare {
            if context == .key, scalar == ":" || PythonText.isSpace(scalar) { return .ends }
            if context == .array, scalar == "]" || scalar == "," { return .ends }
        }
        if scalar == ",", context == .value, !string.containerFollows,
            string.openContainers.isEmpty
        {
            let meaning = string.commasBelong ? .plain : try meaningOfComma(&string)
            if meaning == .member { return .ends }
            string.containerFollows = meaning == .container
            return keep(scalar, in: &string)
        }
        if string.followContainers(scalar) { return keep(scalar, in: &string) }
        let followsQuote = string.content.last == string.closing
        if context == .value, scalar == "}", !followsQuote {
            if string.openBraces > 0 { return keep(scalar, in: &string) }
            if try braceEndsValue(string) { return .ends }
        }
        if scalar == "]", isInside(.array), !followsQuote {
            if character(at: try offset(of: string.closing, from: 0)) == nil { return .ends }
        }
        if context == .value, scalar == "}" {
            let next = offsetSkippingSpaces(from: 1)
            if hasFence(at: next) {
                return try fenceBelongs(to: &string, at: next)
                    ? keep(scalar, in: &string) : .ends
            }
            if character(at: next) == nil { return .ends }
        }
        return .plain
    }

    // MARK: - Commas and braces in values

    private enum CommaMeaning {
        /// The next member follows.
        case member
        /// A list or object follows that belongs to the string, as does the comma.
        case container
        /// The comma belongs to the string.
        case plain
    }

    /// What the comma at the position means.
    private mutating func meaningOfComma(
        _ string: inout PartialString
    ) throws(JSONReadFailure) -> CommaMeaning {
        let next = offsetSkippingSpaces(from: 1)
        guard let scalar = character(at: next), scalar != "}" else { return .member }
        if Self.isQuote(scalar) {
            return try isName(quotedBy: scalar, from: next) ? .member : .plain
        }
        if scalar == "`" {
            return try colon(behindBareNameAt: next + 1) == nil ? .plain : .member
        }
        if scalar == "_" || PythonText.isAlphanumeric(scalar), try isBareMember(from: next) {
            return .member
        }
        if scalar == "{" || scalar == "[" { return .container }
        let special = try offset(of: "\"", "'", "\u{201C}", "\u{201D}", "{", "[", from: next)
        guard let mark = character(at: special) else {
            string.commasBelong = true
            return .plain
        }
        if mark == "{" || mark == "[" { return .plain }
        return try isName(quotedBy: mark, from: special) ? .member : .plain
    }

    private mutating func isName(
        quotedBy quote: Unicode.Scalar, from start: Int
    ) throws(JSONReadFailure) -> Bool {
        let end = try offset(of: quote, from: start + 1)
        guard character(at: end) != nil else { return false }
        return character(at: offsetSkippingSpaces(from: end + 1)) == ":"
    }

    /// The offset of the colon behind the bare word, which may be empty, at `start`.
    private mutating func colon(
        behindBareNameAt start: Int
    ) throws(JSONReadFailure) -> Int? {
        var end = start
        while let scalar = character(at: end),
            scalar == "_" || scalar == "-" || PythonText.isAlphanumeric(scalar)
        {
            end += 1
        }
        try spend(end - start)
        let colon = offsetSkippingSpaces(from: end)
        return character(at: colon) == ":" ? colon : nil
    }

    /// Whether a bare name and a colon stand at `start`.
    mutating func isBareName(at start: Int) throws(JSONReadFailure) -> Bool {
        guard let first = character(at: start), first == "_" || PythonText.isAlphanumeric(first)
        else { return false }
        return try colon(behindBareNameAt: start) != nil
    }

    private mutating func isBareMember(from start: Int) throws(JSONReadFailure) -> Bool {
        guard let colon = try colon(behindBareNameAt: start) else { return false }
        let value = offsetSkippingSpaces(from: colon + 1)
        if let first = character(at: value) {
            if Self.isQuote(first) || "{[-".unicodeScalars.contains(first) { return true }
            if PythonText.isDigit(first) { return true }
        }
        for word in ["true", "false", "null"] {
            let scalars = Array(word.unicodeScalars)
            guard scalars.indices.allSatisfy({ character(at: value + $0) == scalars[$0] })
            else { continue }
            let end = character(at: value + scalars.count)
            if end.map({ PythonText.isSpace($0) || ",}]".unicodeScalars.contains($0) }) ?? true {
                return true
            }
        }
        // A bare value is one only if its object closes before the string could.
        let end = try offset(of: "\"", "'", "\u{201C}", "\u{201D}", "}", from: value)
        return character(at: end) == "}"
    }

    /// Whether the brace at the position closes the object, the string having lost its quote.
    private mutating func braceEndsValue(
        _ string: PartialString
    ) throws(JSONReadFailure) -> Bool {
        let isEscaped = character(at: 1) == "\\"
        let quote = try offset(of: string.closing, from: 1)
        if character(at: quote) == nil {
            if character(at: try offset(of: ":", from: 1)) != nil { return true }
            if isEscaped { return false }
            let start = offsetSkippingSpaces(from: 1)
            return try offset(of: "}", from: start) - start <= 1
        }
        if isEscaped { return false }
        let after = offsetSkippingSpaces(from: quote + 1)
        guard let next = character(at: after), next != ",", next != "}" else { return false }
        let opening = try offset(of: string.opening, from: after)
        if character(at: opening) == nil { return false }
        let end = character(at: offsetSkippingSpaces(from: opening + 1))
        return end == nil || end == ":"
    }

    /// Whether the colon at the position ends a name that lost its closing quote.
    mutating func nameEndsAtColon(_ string: PartialString) throws(JSONReadFailure) -> Bool {
        let opening = try offset(of: string.opening, from: 1)
        if character(at: opening) == nil { return true }
        let closing = try offset(of: string.closing, from: opening + 1)
        if character(at: closing) == nil { return false }
        let next = character(at: offsetSkippingSpaces(from: closing + 1))
        return next == "," || next == "}"
    }

    // MARK: - Quotes

    /// What the closing quote at the position means: the end of the string, or a quote in it.
    ///
    /// `.plain` leaves the position where it is, so that the string ends at the quote.
    mutating func verdict(
        onQuote quote: Unicode.Scalar, in string: inout PartialString
    ) throws(JSONReadFailure) -> Verdict {
        if string.isDoubled, character(at: 1) == quote {
            index += 1
            return .taken
        }
        if string.isBare, context == .value { return try bareValueVerdict(string) }
        if string.hasOpenQuote {
            string.hasOpenQuote = false
            return keep(quote, in: &string)
        }
        let stop = try stopBehindQuote(string)
        let next = character(at: stop)
        if next == ",", context == .value {
            let closing = try offset(of: quote, from: stop + 1)
            let after = character(at: offsetSkippingSpaces(from: closing + 1))
            return after == "}" || after == "," ? keep(quote, in: &string) : .plain
        }
        guard next == quote, character(at: stop - 1) != "\\" else { return .plain }
        let memberFollows = context == .value ? try isMemberBehindQuote(at: stop) : false
        if !memberFollows, isBlank(upTo: stop) { return .ends }
        switch context {
        case .value:
            if memberFollows { return keep(quote, in: &string) }
            if try colonFollows(quoteAt: stop, quote) { return .plain }
            string.hasOpenQuote.toggle()
            return keep(quote, in: &string)
        case .array:
            guard try quotesPairUp(from: stop, quote) else { return .ends }
            string.hasOpenQuote.toggle()
            return keep(quote, in: &string)
        case .key: return keep(quote, in: &string)
        case nil: return .plain
        }
    }

    mutating func keep(
        _ quote: Unicode.Scalar, in string: inout PartialString
    ) -> Verdict {
        string.append(quote)
        index += 1
        return .taken
    }

    /// A quote in a bare value opens the next name, if a colon follows its partner.
    private mutating func bareValueVerdict(
        _ string: PartialString
    ) throws(JSONReadFailure) -> Verdict {
        var offset = 1
        while let scalar = character(at: offset), scalar != string.closing { offset += 1 }
        try spend(offset)
        guard character(at: offset) != nil,
            character(at: offsetSkippingSpaces(from: offset + 1)) == ":"
        else { return .plain }
        index -= 1
        return .ends
    }

    /// The offset of what comes first behind the quote: another quote, or a mark that would end
    /// the string where it stands.
    private mutating func stopBehindQuote(_ string: PartialString) throws(JSONReadFailure) -> Int {
        var offset = 1
        var commaCounts = true
        while let scalar = character(at: offset), scalar != string.closing,
            scalar != string.opening
        {
            if PythonText.isLetter(scalar) { commaCounts = false }
            if isInside(.key), scalar == ":" || scalar == "}" { break }
            if isInside(.value), scalar == "}" { break }
            if isInside(.array), scalar == "]" || scalar == "," { break }
            if commaCounts, context == .value, scalar == "," { break }
            offset += 1
        }
        try spend(offset)
        return offset
    }

    /// Whether a comma and the name of a member follow the quote at `offset`.
    private mutating func isMemberBehindQuote(at offset: Int) throws(JSONReadFailure) -> Bool {
        let comma = offsetSkippingSpaces(from: offset + 1)
        guard character(at: comma) == "," else { return false }
        return try isMember(at: try offsetSkippingComments(from: comma + 1))
    }

    /// Whether a name and a colon stand at `start`.
    mutating func isMember(at start: Int) throws(JSONReadFailure) -> Bool {
        guard let first = character(at: start) else { return false }
        if Self.isQuote(first) {
            return try isName(quotedBy: Self.partner(of: first), from: start)
        }
        return try isBareName(at: start)
    }

    private mutating func colonFollows(
        quoteAt offset: Int, _ quote: Unicode.Scalar
    ) throws(JSONReadFailure) -> Bool {
        var position = try self.offset(of: quote, from: offset + 1) + 1
        let start = position
        while let scalar = character(at: position), scalar != ":" {
            if ",]}".unicodeScalars.contains(scalar) { break }
            if scalar == quote, character(at: position - 1) != "\\" { break }
            position += 1
        }
        try spend(position - start)
        return character(at: position) == ":"
    }

    /// Whether the quotes from `offset` to the next `]` are even in number.
    private mutating func quotesPairUp(
        from offset: Int, _ quote: Unicode.Scalar
    ) throws(JSONReadFailure) -> Bool {
        var position = offset
        while character(at: position) == quote {
            position = try self.offset(of: quote, "]", from: position + 1)
            if character(at: position) != quote { return false }
            position = try self.offset(of: quote, "]", from: position + 1)
        }
        return true
    }
}
