import Foundation

/// A regular expression as Python's `re` takes it, on names of modules.
struct PythonPattern: Sendable {
    private let expression: NSRegularExpression

    /// Compiles a pattern that must fit a name from its start on; `wholly`, to its end too.
    ///
    /// - Returns: nil if it is no regular expression that both Python and ICU have
    init?(_ pattern: String, wholly: Bool) {
        let text = Self.translated(pattern)
        let whole = wholly ? "\\A(?:\(text))\\z" : "\\A(?:\(text))"
        guard let expression = try? NSRegularExpression(pattern: whole) else { return nil }
        self.expression = expression
    }

    /// Whether it fits a name.
    func fits(_ name: String) -> Bool { match(name) != nil }

    /// What its group of a number took of a name; nil if it does not fit.
    func group(_ number: Int, of name: String) -> String? {
        guard let match = match(name), match.numberOfRanges > number,
            let range = Range(match.range(at: number), in: name)
        else { return nil }
        return String(name[range])
    }

    private func match(_ name: String) -> NSTextCheckingResult? {
        expression.firstMatch(in: name, range: NSRange(name.startIndex..., in: name))
    }

    /// The pattern as ICU spells it: groups by name, the end of the text, brackets in sets.
    private static func translated(_ pattern: String) -> String {
        var result = ""
        var rest = Substring(pattern)
        // Where in a set the place is; nil outside.
        var setPlace: Int?
        while let sign = rest.first {
            if sign == "\\", rest.count > 1 {
                let pair = rest.prefix(2)
                result += pair == "\\Z" && setPlace == nil ? "\\z" : pair
                rest.removeFirst(2)
                setPlace = setPlace.map { $0 + 1 }
                continue
            }
            if let place = setPlace {
                if sign == "]", place > 0 {
                    setPlace = nil
                    result.append(sign)
                } else if sign == "^", place == 0, result.last == "[" {
                    // A closing bracket right behind stands for itself.
                    result.append(sign)
                    rest.removeFirst()
                    continue
                } else {
                    result += "[]&~|".contains(sign) ? "\\\(sign)" : String(sign)
                    setPlace = place + 1
                }
            } else if sign == "[" {
                setPlace = 0
                result.append(sign)
            } else if rest.hasPrefix("(?P<") {
                result += "(?<"
                rest.removeFirst(4)
                continue
            } else if rest.hasPrefix("(?P="), let close = rest.firstIndex(of: ")") {
                result += "\\k<\(rest[rest.index(rest.startIndex, offsetBy: 4)..<close])>"
                rest = rest[rest.index(after: close)...]
                continue
            } else {
                result.append(sign)
            }
            rest.removeFirst()
        }
        return result
    }
}
