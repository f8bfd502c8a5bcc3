/// Reads what is left of damaged JSON, and agrees on completions with `json_repair.loads` (0.64.6),
/// which the method's own parser calls.
///
/// The reader takes what stands there for what it most likely was: it closes what is left open,
/// separates what stands side by side, and takes bare words for strings. `Documentation/parser.md`
/// says how far the agreement goes. The work is bounded: it is linear in the length for the damage
/// that completions have, and a text that needs more than ``workLimit`` steps is given up.
struct RepairingJSONReader {
    /// Where in the grammar the reader is.
    enum Context: Int {
        case key, value, array
    }

    private(set) var text: [Unicode.Scalar]
    var index = 0
    /// An object starts at `index` although no brace says so.
    var startsImpliedObject = false
    private(set) var context: Context?
    private var contextCounts = [0, 0, 0]
    private var depth = 0
    private var work = 0
    private let workLimit: Int
    private var triedStrictPrefix = false
    /// How many times the next value is read as if it stood in a name.
    private var deferredNames = 0

    private init(text: [Unicode.Scalar]) {
        self.text = text
        workLimit = 1_000_000 + 64 * text.count
    }

    /// The value of `text`, a string that holds nothing if there is none.
    static func read(_ text: [Unicode.Scalar]) throws(JSONReadFailure) -> JSONValue {
        var reader = RepairingJSONReader(text: text)
        return try reader.document()
    }

    /// How many steps reading `text` takes, whether it ends well or not.
    static func steps(_ text: [Unicode.Scalar]) -> Int {
        var reader = RepairingJSONReader(text: text)
        _ = try? reader.document()
        return reader.work
    }

    /// Several values in a row become a list; one that repeats the shape of the one before it
    /// replaces it, unless a comma parts them.
    private mutating func document() throws(JSONReadFailure) -> JSONValue {
        let first = try value()
        if index >= text.count { return first }
        var values = [first]
        while index < text.count {
            deferredNames = 0
            let followsComma = try isBesideComma()
            let next = try value()
            guard next.isTruthy else {
                index += 1
                continue
            }
            if let last = values.last,
                (!followsComma && last.hasShape(of: next)) || !last.isTruthy
            {
                values.removeLast()
            }
            values.append(next)
        }
        return values.count == 1 ? values[0] : .array(values)
    }

    private mutating func isBesideComma() throws(JSONReadFailure) -> Bool {
        if character(at: offsetSkippingSpaces(from: 0)) == "," { return true }
        let end = min(index, text.count)
        guard let place = text[..<end].lastIndex(where: { !PythonText.isSpace($0) }) else {
            try spend(end)
            return false
        }
        try spend(end - place)
        return text[place] == ","
    }

    /// The next value; at the end of the text a string that holds nothing.
    mutating func value() throws(JSONReadFailure) -> JSONValue {
        if deferredNames > 0 {
            deferredNames -= 1
            return try within(.key) { (reader) throws(JSONReadFailure) in try reader.value() }
        }
        while let scalar = current {
            try spend(1)
            if let prefix = try strictPrefix() { return prefix }
            switch scalar {
            case "{":
                index += 1
                return try object()
            case "[":
                index += 1
                return .array(try array(closing: "]"))
            case "(":
                if context != nil { return try parenthesized() }
                if try isValueInParentheses() { return try parenthesized() }
            case "#", "/":
                try skipComment()
                if context != nil { return .string("") }
                continue
            default: break
            }
            if context != nil {
                if Self.isQuote(scalar) || PythonText.isLetter(scalar) { return try string() }
                if PythonText.isDigit(scalar) || scalar == "-" || scalar == "." {
                    return try number()
                }
            }
            index += 1
        }
        return .string("")
    }

    /// The outermost value when it is JSON as it stands and something else follows; tried once.
    private mutating func strictPrefix() throws(JSONReadFailure) -> JSONValue? {
        guard context == nil, !triedStrictPrefix, current == "{" || current == "[" else {
            return nil
        }
        let prefix: StrictJSONReader.Prefix
        do throws(JSONReadFailure) {
            prefix = try StrictJSONReader.readPrefix(text, from: index)
        } catch .syntax {
            triedStrictPrefix = index > 0
            return nil
        }
        if index == 0 {
            let rest = text[prefix.end...].first { !PythonText.isSpace($0) }
            if rest == nil || rest == "," { return nil }
        }
        triedStrictPrefix = true
        index = prefix.end
        return prefix.value
    }

    /// Reads `body` in place of what stands in `range`, as an object in a name.
    ///
    /// The value behind it is read as if it stood in a name too.
    mutating func object(
        rereading range: Range<Int>, as body: [Unicode.Scalar]
    ) throws(JSONReadFailure) -> JSONValue {
        try spend(text.count - range.lowerBound)
        text.replaceSubrange(range, with: body)
        index = range.lowerBound
        return try rereading { (reader) throws(JSONReadFailure) in try reader.object() }
    }

    /// Reads in a name what was read before as something else; the value behind it is read in a
    /// name too.
    mutating func rereading(
        _ read: (inout RepairingJSONReader) throws(JSONReadFailure) -> JSONValue
    ) throws(JSONReadFailure) -> JSONValue {
        let value = try within(.key, read)
        deferredNames += 1
        return value
    }

    // MARK: - Contexts and bounds

    /// Reads one level deeper, in the context `inner`, or in none.
    mutating func within<T>(
        _ inner: Context?, _ read: (inout RepairingJSONReader) throws(JSONReadFailure) -> T
    ) throws(JSONReadFailure) -> T {
        if depth == JSONLimits.depth { throw .tooDeep(limit: JSONLimits.depth) }
        depth += 1
        let outer = context
        if let inner { contextCounts[inner.rawValue] += 1 }
        context = inner
        let result = try read(&self)
        if let inner { contextCounts[inner.rawValue] -= 1 }
        context = outer
        depth -= 1
        return result
    }

    /// Whether the reader is somewhere inside `context`.
    func isInside(_ context: Context) -> Bool { contextCounts[context.rawValue] > 0 }

    /// Counts steps, and gives up when they are too many.
    mutating func spend(_ steps: Int) throws(JSONReadFailure) {
        work += steps
        if work > workLimit { throw .tooDamaged }
    }

    // MARK: - Looking

    static func isQuote(_ scalar: Unicode.Scalar?) -> Bool {
        scalar == "\"" || scalar == "'" || scalar == "\u{201C}" || scalar == "\u{201D}"
    }

    var current: Unicode.Scalar? { character(at: 0) }

    /// What stands `offset` behind the position.
    func character(at offset: Int) -> Unicode.Scalar? {
        let position = index + offset
        return text.indices.contains(position) ? text[position] : nil
    }

    /// The offset of the first target at or behind `offset` that no backslash escapes; past the
    /// end when there is none.
    mutating func offset(
        of targets: Unicode.Scalar..., from offset: Int
    ) throws(JSONReadFailure) -> Int {
        var position = max(index + offset, 0)
        let start = position
        var isEscaped = false
        while position < text.count {
            let scalar = text[position]
            if scalar == "\\" {
                isEscaped.toggle()
            } else {
                if !isEscaped, targets.contains(scalar) { break }
                isEscaped = false
            }
            position += 1
        }
        try spend(position - start)
        return position - index
    }

    /// The offset of the first character at or behind `offset` that is not white space.
    mutating func offsetSkippingSpaces(from start: Int) -> Int {
        var offset = start
        while let scalar = character(at: offset), PythonText.isSpace(scalar) { offset += 1 }
        work += offset - start
        return offset
    }

    mutating func skipSpaces() {
        let offset = offsetSkippingSpaces(from: 0)
        index += offset
    }

    mutating func skipSpacesAndComments() throws(JSONReadFailure) {
        while true {
            skipSpaces()
            let next = character(at: 1)
            guard current == "#" || (current == "/" && (next == "/" || next == "*")) else { return }
            try skipComment()
        }
    }

    /// Skips the comment, or the lone slash, that starts at the position.
    ///
    /// A comment that starts with `#` ends where the list or object around it does.
    mutating func skipComment() throws(JSONReadFailure) {
        let start = index
        if current == "#" || character(at: 1) == "/" {
            let isHash = current == "#"
            while let scalar = current, scalar != "\n", scalar != "\r" {
                if isHash, endsHashComment(scalar) { break }
                index += 1
            }
        } else if character(at: 1) == "*" {
            index += 2
            while current != nil {
                index += 1
                if index - start >= 3, character(at: -1) == "/", character(at: -2) == "*" { break }
            }
        } else {
            index += 1
        }
        try spend(index - start + 1)
    }

    private func endsHashComment(_ scalar: Unicode.Scalar) -> Bool {
        (scalar == "]" && isInside(.array)) || (scalar == "}" && isInside(.value))
            || (scalar == ":" && isInside(.key))
    }
}
