import Foundation
import TextFiles
package import Yams

/// What stands where a value of a kind is expected, and what to write instead where that can be told.
package struct Misreading {
    package let node: Node
    package let kind: ConfigurationKind

    /// The words after "found": `"1e-6" in quotes, which make it a text; write 1e-6`.
    package static func words(_ node: Node, expecting kind: ConfigurationKind) -> String {
        switch kind {
        case .optional(let inner):
            ["none", "null", "nil"].contains(node.scalar?.string.lowercased() ?? "")
                ? "\"\(node.scalar?.string ?? "")\": write null" : words(node, expecting: inner)
        case .list(let entry):
            (node.sequence?.first { !reads($0, entry) } ?? node.scalar.map { _ in node })
                .map { words($0, expecting: entry) } ?? Misreading(node: node, kind: kind).words
        default: Misreading(node: node, kind: kind).words
        }
    }

    /// Whether a node is of a kind.
    private static func reads(_ node: Node, _ kind: ConfigurationKind) -> Bool {
        switch kind {
        case .integer: Int(yaml: node) != nil
        case .number: Double(yaml: node) != nil
        case .truth: Bool(yaml: node) != nil
        case .text, .path: String(yaml: node) != nil
        case .choice(let names): node.scalar.map { names.contains($0.string) } ?? false
        case .list, .optional, .weights, .table, .entries: true
        }
    }

    private var words: String {
        guard let scalar = node.scalar else { return node.sequence != nil ? "a list" : "a table" }
        let text = scalar.string
        if text.isEmpty, scalar.style == .plain || scalar.style == .any { return "nothing" }
        let isQuoted = scalar.style == .singleQuoted || scalar.style == .doubleQuoted
        let instead = replacement(for: text)
        var reasons: [String] = []
        if isQuoted, !isText { reasons.append("in quotes, which make it a text") }
        let isForeign = LookAlikes.note(text) != nil
        if isForeign, !isText || instead != nil {
            reasons.append(
                LookAlikes.note(text).map { isQuoted ? "in which \($0)" : ": \($0)" } ?? "")
        }
        if instead != nil, !isText, text.contains("#") {
            reasons.append("in which # begins no comment without a space before it")
        }
        let reason = reasons.joined(separator: ", ")
        let gap = reason.isEmpty || reason.hasPrefix(":") ? "" : " "
        guard let instead else {
            let why = isNumber ? NumberSpelling.reason(text).map { ", \($0)" } ?? "" : ""
            return "\"\(text)\"\(gap)\(reason)\(why)"
        }
        return "\"\(text)\"\(gap)\(reason)\(reason.isEmpty ? ":" : ";") write \(instead)"
    }

    /// Whether quotes change nothing.
    private var isText: Bool {
        switch kind {
        case .text, .path, .choice: true
        default: false
        }
    }

    private var isNumber: Bool {
        switch kind {
        case .integer, .number: true
        default: false
        }
    }

    private func replacement(for text: String) -> String? {
        switch kind {
        case .number: NumberSpelling.replacement(for: text)?.yaml
        case .integer:
            NumberSpelling.replacement(for: text).flatMap { Int(exactly: $0.value) }.map(
                String.init)
        case .truth: truth(text)
        case .choice(let names): Nearest.name(to: text, among: names)
        default: nil
        }
    }

    /// What is wrong with texts that have quotation marks of print around them, which YAML takes for a part
    /// of the text; nil if none has.
    static func printedQuotes(_ node: Node, kind: ConfigurationKind) -> String? {
        switch kind {
        case .optional(let inner): return printedQuotes(node, kind: inner)
        case .list(let entry):
            return (node.sequence.map(Array.init) ?? [node]).lazy
                .compactMap { printedQuotes($0, kind: entry) }.first
        case .text, .path: break
        default: return nil
        }
        guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any,
            let first = scalar.string.unicodeScalars.first, "“„‘‚«".unicodeScalars.contains(first),
            let last = scalar.string.unicodeScalars.last, "”“’‘»".unicodeScalars.contains(last)
        else { return nil }
        return
            "is \(scalar.string): \(LookAlikes.name(first)), which would be a part of the text; write "
            + "\(String(scalar.string.dropFirst().dropLast()).yaml)"
    }

    /// What is wrong with a path that has a quotation mark at one of its ends, which YAML takes for a part
    /// of it; nil if it has none, or one at each end.
    static func strayQuote(_ node: Node) -> String? {
        guard let scalar = node.scalar, scalar.style == .plain || scalar.style == .any else {
            return nil
        }
        let signs = "\"'`´“”„‟‘’‚‛«»＂＇".unicodeScalars
        let text = scalar.string.unicodeScalars
        guard let first = text.first, let last = text.last, text.count > 1,
            signs.contains(first) != signs.contains(last)
        else { return nil }
        let sign = signs.contains(first) ? first : last
        let place = signs.contains(first) ? "begins" : "ends"
        let rest = String(signs.contains(first) ? text.dropFirst() : text.dropLast())
        return
            "is \(scalar.string), which \(place) with a quotation mark: \(LookAlikes.name(sign)); write "
            + "\(rest.yaml), or \(quoted(scalar.string)) if it is a part of the name"
    }

    /// A text in quotes that YAML reads as it.
    private static func quoted(_ text: String) -> String {
        text.contains("'") ? "\"\(text)\"" : "'\(text)'"
    }

    private func truth(_ text: String) -> String? {
        let plain = LookAlikes.plain(text).lowercased().filter { !"\"' ".contains($0) }
        let words = [
            "true": ["true", "yes", "on", "y", "t", "1"],
            "false": ["false", "no", "off", "n", "f", "0"],
        ]
        return words.first { $0.value.contains(plain) }?.key
    }
}

/// What to write for a text that is meant to be a number: with a point, without quotes and units.
///
/// - Parameter text: as it was written
/// - Returns: nil if it is a number already, none, or ambiguous
public func numberAsWritten(_ text: String) -> String? {
    guard Double(text) == nil, let number = NumberSpelling.replacement(for: text) else {
        return nil
    }
    return number.value.yaml
}

/// A number as people write it, where that is not how YAML has it.
struct NumberSpelling {
    let value: Double
    /// How it is to be written.
    let yaml: String

    /// What to write for a text that is meant to be a number; nil if it is none, or ambiguous.
    static func replacement(for text: String) -> NumberSpelling? {
        guard !areSeveral(text) else { return nil }
        let plain = LookAlikes.plain(text)
            .filter { !"\"' \t".contains($0) && $0 != "_" }
        let parts = [
            plain, trimmed(plain), decimalComma(plain), powerOfTen(plain), exponent(plain),
            comment(text), lettersAsDigits(plain),
        ]
        for candidate in parts.compactMap(\.self) {
            if let value = number(candidate) {
                return NumberSpelling(value: value, yaml: candidate)
            }
        }
        // By the exponent: 7 times 0.01 is not 0.07.
        if plain.hasSuffix("%"), let value = number("\(plain.dropLast())e-2") {
            return NumberSpelling(value: value, yaml: value.yaml)
        }
        return nil
    }

    /// Whether white space stands between digits, and not before groups of three.
    private static func areSeveral(_ text: String) -> Bool {
        let plain = LookAlikes.plain(text)
        guard plain.contains(/[0-9.,]\s+[0-9.,]/) else { return false }
        return plain.wholeMatch(of: /\D*[0-9]{1,3}(\s[0-9]{3})+(\D.*)?/) == nil
    }

    /// Plain digits as Swift and YAML read them; no hexadecimal ones, no names.
    private static func number(_ text: String) -> Double? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }),
            let value = Double(text), value.isFinite
        else { return nil }
        return value
    }

    /// Without what C and Java put behind numbers, and without ends of lists.
    private static func trimmed(_ text: String) -> String? {
        guard let last = text.last, "fFdDlLuU;,]})".contains(last) else { return nil }
        return String(text.dropLast())
    }

    /// With a point for a comma that is no thousands separator, and without those that are.
    private static func decimalComma(_ text: String) -> String? {
        let groups = text.split(separator: ",", omittingEmptySubsequences: false)
        guard groups.count > 1 else { return nil }
        let areThousands = groups.dropFirst().allSatisfy { $0.count == 3 } && groups[0] != "0"
        if areThousands { return groups.count > 2 || text.contains(".") ? groups.joined() : nil }
        return groups.count == 2 && !text.contains(".") ? groups.joined(separator: ".") : nil
    }

    /// `1e-6` of `1*10^-6` and `10**-6`.
    private static func powerOfTen(_ text: String) -> String? {
        guard
            let match = text.wholeMatch(
                of: /(?:([+\-]?[0-9.]+)[*x])?10(?:\^|\*\*)?([+\-]?[0-9]+)/),
            text.contains("^") || text.contains("*") || match.1 != nil
        else { return nil }
        return "\(match.1 ?? "1")e\(match.2)"
    }

    /// `1e-6` of Fortran's `1d-6`.
    private static func exponent(_ text: String) -> String? {
        guard let match = text.wholeMatch(of: /([+\-]?[0-9.]+)[dD]([+\-]?[0-9]+)/) else {
            return nil
        }
        return "\(match.1)e\(match.2)"
    }

    /// What stands before a comment.
    private static func comment(_ text: String) -> String? {
        text.firstIndex(of: "#").map { String(text[..<$0]) }
    }

    /// Why a text is no number that can be read, where there is nothing to write instead.
    static func reason(_ text: String) -> String? {
        let plain = LookAlikes.plain(text).filter { !"\"' \t_".contains($0) }
        if plain.wholeMatch(of: /[+\-]?\.?(inf|infinity|nan)/.ignoresCase()) != nil {
            return "which is no finite number"
        }
        if let value = Double(plain), !value.isFinite {
            return "which is larger than any number here"
        }
        guard let match = plain.wholeMatch(of: /([+\-]?[0-9.]+)\/([0-9.]+)/),
            let top = Double(match.1), let bottom = Double(match.2)
        else { return nil }
        let quotient = top / bottom
        return quotient.isFinite && Double(quotient.yaml) == quotient
            ? "a fraction, which is not worked out; write \(quotient.yaml)" : nil
    }

    private static func lettersAsDigits(_ text: String) -> String? {
        guard text.contains(where: \.isNumber) else { return nil }
        let digits = text.map { character -> Character in
            switch character {
            case "O", "o": "0"
            case "l", "I", "|": "1"
            default: character
            }
        }
        return String(digits)
    }
}
