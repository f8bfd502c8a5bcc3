extension RepairingJSONReader {
    // MARK: - Lists

    /// The items up to `closing`, a `}` or the end; the position is behind the opening bracket.
    mutating func array(closing: Unicode.Scalar) throws(JSONReadFailure) -> [JSONValue] {
        let isObjectValue = context == .value
        return try within(.array) { (reader) throws(JSONReadFailure) in
            try reader.items(closing: closing, isObjectValue: isObjectValue)
        }
    }

    private mutating func items(
        closing: Unicode.Scalar, isObjectValue: Bool
    ) throws(JSONReadFailure) -> [JSONValue] {
        var items: [JSONValue] = []
        while true {
            try spend(1)
            let item: JSONValue
            if startsImpliedObject {
                startsImpliedObject = false
                item = try object()
            } else {
                try skipSpacesAndComments()
                guard let scalar = current, scalar != closing, scalar != "}" else { break }
                if scalar == "," {
                    index += 1
                    continue
                }
                if Self.isQuote(scalar), try isMemberName(quotedBy: scalar) {
                    // A member where an item belongs: either the list lacks its bracket, or an
                    // object lacks its brace.
                    if isObjectValue, !items.isEmpty, items.allSatisfy(\.isScalar) { return items }
                    item = try object()
                } else {
                    item = Self.isQuote(scalar) ? try string() : try value()
                }
            }
            if item.isEmptyContainer, current != closing, current != "," {
                index += 1
            } else if item != .string("...") || character(at: -1) != "." {
                items.append(item)
            }
        }
        index += 1
        return items
    }

    private mutating func isMemberName(
        quotedBy quote: Unicode.Scalar
    ) throws(JSONReadFailure) -> Bool {
        let end = try offset(of: quote, from: 1)
        return character(at: offsetSkippingSpaces(from: end + 1)) == ":"
    }

    // MARK: - Objects

    /// The object whose members start at the position; a list where it turns out to be a set.
    mutating func object() throws(JSONReadFailure) -> JSONValue {
        let start = index
        let isValue = context == .value
        var members = JSONObject()
        while try member(into: &members, isValue: isValue) {}
        // The place of an object that is only implied stands for a brace that is not there.
        if startsImpliedObject { return .object(members) }
        index += 1
        if members.isEmpty, index - start > 2, let other = try otherReading(from: start) {
            return other
        }
        if context == .array {
            if current == "}" { index += 1 }
        } else if context == nil {
            try absorbLooseMembers(into: &members)
        }
        return .object(members)
    }

    /// Reads one member; false at the end of the object, which the position then stands on.
    private mutating func member(
        into members: inout JSONObject, isValue: Bool
    ) throws(JSONReadFailure) -> Bool {
        try spend(1)
        try skipSpacesAndComments()
        guard let scalar = current, scalar != "}" else { return false }
        if scalar == "," {
            index += 1
            return true
        }
        if scalar == ":" { index += 1 }
        let name = try memberName(of: &members)
        if isInside(.array), !isValue, members[name.text] != nil, !isPlainRepetition(name) {
            index = name.start
            startsImpliedObject = true
            return false
        }
        try skipSpacesAndComments()
        guard let separator = current, separator != "}" else { return true }
        index += 1
        members[name.text] = try within(.value) { (reader) throws(JSONReadFailure) in
            try reader.memberValue()
        }
        if current == "," || current == "'" || current == "\"" { index += 1 }
        if current == "]", isInside(.array) {
            // The bracket closes the list around the object too.
            index -= 1
            return false
        }
        return true
    }

    private mutating func memberValue() throws(JSONReadFailure) -> JSONValue {
        try skipSpacesAndComments()
        return current == "," || current == "}" ? .string("") : try value()
    }

    private struct MemberName {
        var text: String
        /// Where the reader began to look for it.
        var start: Int
    }

    private mutating func memberName(
        of members: inout JSONObject
    ) throws(JSONReadFailure) -> MemberName {
        try within(.key) { (reader) throws(JSONReadFailure) in
            var name = MemberName(text: "", start: reader.index)
            while reader.current != nil {
                try reader.spend(1)
                name.start = reader.index
                if reader.current == "[", try reader.continueList(of: &members) { continue }
                // A fenced value where a name belongs is the one thing that the reference gives up on.
                guard case .string(let text) = try reader.string() else { throw .tooDamaged }
                name.text = text
                if !name.text.isEmpty { break }
                try reader.skipSpacesAndComments()
                if reader.current == ":" || reader.current == "}" { break }
            }
            return name
        }
    }

    /// Whether a name that came before is quoted, and stands behind a comma and before a colon.
    ///
    /// Elsewhere, it is the first name of the next object.
    private mutating func isPlainRepetition(_ name: MemberName) -> Bool {
        let before = text[..<name.start].last { !PythonText.isSpace($0) }
        let start = name.start < text.count ? text[name.start] : nil
        let next = character(at: offsetSkippingSpaces(from: 0))
        return Self.isQuote(start) && before == "," && next == ":"
    }

    /// A list where a name belongs goes on the list that is the last member's value.
    private mutating func continueList(
        of members: inout JSONObject
    ) throws(JSONReadFailure) -> Bool {
        guard let name = members.keys.last, !name.isEmpty,
            case .array(let rows)? = members[name]
        else { return false }
        index += 1
        let more = try array(closing: "]")
        try spend(rows.count + more.count)
        members[name] = .array(Self.join(rows, more))
        try skipSpacesAndComments()
        if current == "," { index += 1 }
        try skipSpacesAndComments()
        return true
    }

    /// Where the list has rows of one length, loose items at its end are cut into such rows, and
    /// `more` is one row or several; elsewhere its items are more items.
    private static func join(_ rows: [JSONValue], _ more: [JSONValue]) -> [JSONValue] {
        let lengths = rows.compactMap(\.arrayCount)
        guard let length = lengths.first, length > 0, lengths.allSatisfy({ $0 == length }) else {
            if more.count == 1, case .array(let items) = more[0] { return rows + items }
            return rows + more
        }
        let tail = rows.reversed().prefix { $0.arrayCount == nil }.reversed()
        var joined = Array(rows.dropLast(tail.count))
        if tail.count % length == 0 {
            let items = Array(tail)
            for start in stride(from: 0, to: items.count, by: length) {
                joined.append(.array(Array(items[start..<start + length])))
            }
        } else {
            joined += tail
        }
        if more.isEmpty { return joined }
        return more.allSatisfy { $0.arrayCount != nil } ? joined + more : joined + [.array(more)]
    }

    /// Members behind the end of the outermost object still belong to it.
    private mutating func absorbLooseMembers(
        into members: inout JSONObject
    ) throws(JSONReadFailure) {
        skipSpaces()
        guard current == "," else { return }
        index += 1
        skipSpaces()
        guard Self.isQuote(current) else { return }
        let more = try within(nil) { (reader) throws(JSONReadFailure) in try reader.object() }
        if case .object(let object) = more {
            for key in object.keys { members[key] = object[key] }
        }
    }

    // MARK: - Braces around no members

    /// What the braces from `start` to the position are if not an empty object: an object whose
    /// quotes are escaped, or a set.
    private mutating func otherReading(from start: Int) throws(JSONReadFailure) -> JSONValue? {
        let end = min(index + 1, text.count)
        try spend(2 * (end - start))
        if character(at: -1) == "}" {
            let inner = Self.withoutComments(text[start..<max(start, index - 1)])
            if inner.allSatisfy(PythonText.isSpace) { return nil }
        }
        var body = text[start..<end]
        if let plain = Self.withoutEscapedQuotes(body) {
            return try object(rereading: start..<end, as: plain)
        }
        if body.last == "}" { body.removeLast() }
        guard Self.isSet(body) else { return nil }
        index = start
        return try rereading { (reader) throws(JSONReadFailure) in
            .array(try reader.array(closing: "]"))
        }
    }

    /// The body with plain quotes, if it starts with an escaped quote, and one stands before a
    /// colon.
    private static func withoutEscapedQuotes(
        _ body: ArraySlice<Unicode.Scalar>
    ) -> [Unicode.Scalar]? {
        let visible = Array(body.drop(while: PythonText.isSpace))
        guard visible.count > 1, visible[0] == "\\", visible[1] == "\"" || visible[1] == "'" else {
            return nil
        }
        let isName = visible.indices.dropLast(2).contains { place in
            visible[place] == "\\" && visible[place + 1] == visible[1] && visible[place + 2] == ":"
        }
        if !isName { return nil }
        var plain: [Unicode.Scalar] = []
        for scalar in body {
            if scalar == "\"" || scalar == "'", plain.last == "\\" { plain.removeLast() }
            plain.append(scalar)
        }
        return plain
    }

    /// Whether something stands there that no colon parts.
    private static func isSet(_ body: ArraySlice<Unicode.Scalar>) -> Bool {
        let words = withoutComments(body)
        if words.allSatisfy(PythonText.isSpace) { return false }
        var quotes = QuoteTracker()
        for scalar in words where !quotes.isQuoted(scalar) && scalar == ":" && !quotes.wasEscaped {
            return false
        }
        return true
    }

    private static func withoutComments(
        _ body: ArraySlice<Unicode.Scalar>
    ) -> [Unicode.Scalar] {
        var kept: [Unicode.Scalar] = []
        var quotes = QuoteTracker()
        var position = body.startIndex
        while position < body.endIndex {
            let scalar = body[position]
            let next = position + 1 < body.endIndex ? body[position + 1] : nil
            let isFree = !quotes.isQuoted(scalar)
            if isFree, scalar == "#" || (scalar == "/" && next == "/") {
                while position < body.endIndex, body[position] != "\n", body[position] != "\r" {
                    position += 1
                }
            } else if isFree, scalar == "/", next == "*" {
                position += 2
                while position + 1 < body.endIndex,
                    body[position] != "*" || body[position + 1] != "/"
                {
                    position += 1
                }
                position = min(position + 2, body.endIndex)
            } else {
                kept.append(scalar)
                position += 1
            }
        }
        return kept
    }
}

/// Follows a text and tells what of it stands in quotes.
struct QuoteTracker {
    private var quote: Unicode.Scalar?
    private var isEscaped = false
    /// Whether a backslash escapes the character that came last.
    private(set) var wasEscaped = false

    /// Takes the next character: whether it stands in quotes or is one.
    mutating func isQuoted(_ scalar: Unicode.Scalar) -> Bool {
        wasEscaped = isEscaped
        if scalar == "\\" {
            isEscaped.toggle()
            return quote != nil
        }
        isEscaped = false
        if let end = quote {
            if scalar == end, !wasEscaped { quote = nil }
            return true
        }
        if RepairingJSONReader.isQuote(scalar), !wasEscaped {
            quote = scalar
            return true
        }
        return false
    }
}

extension JSONValue {
    fileprivate var arrayCount: Int? {
        if case .array(let items) = self { return items.count }
        return nil
    }

    fileprivate var isScalar: Bool {
        switch self {
        case .array, .object: false
        default: true
        }
    }
}
