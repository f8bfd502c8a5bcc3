import Foundation

/// Characters that look like others: hyphens, spaces, digits and letters that no program takes for the
/// ones of a keyboard.
public enum LookAlikes {
    /// What the first character of a text is that is not ASCII: "‑ is U+2011 NON-BREAKING HYPHEN".
    ///
    /// - Returns: nil where every character is a letter, digit or sign of ASCII
    public static func note(_ text: String) -> String? {
        text.unicodeScalars.first { !(" "..."~").contains($0) }.map(name)
    }

    /// What a character is, by its number and its name.
    public static func name(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let number = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        let words = [number, scalar.properties.name ?? scalar.properties.nameAlias ?? ""]
            .filter { !$0.isEmpty }.joined(separator: " ")
        switch scalar.properties.generalCategory {
        case .control, .format, .spaceSeparator, .lineSeparator, .paragraphSeparator,
            .nonspacingMark, .enclosingMark, .unassigned, .privateUse, .surrogate:
            return "there is \(words) in it"
        default: return "\(scalar) is \(words)"
        }
    }

    /// A text with what its characters look like in ASCII.
    public static func plain(_ text: String) -> String {
        text.unicodeScalars.map(plain).joined()
    }

    private static func plain(_ scalar: Unicode.Scalar) -> String {
        if scalar.isASCII { return String(scalar) }
        if let letter = letters[scalar] { return String(letter) }
        let properties = scalar.properties
        if properties.numericType == .decimal, let value = properties.numericValue {
            return String(Int(value))
        }
        switch properties.generalCategory {
        case .dashPunctuation: return "-"
        case .spaceSeparator, .lineSeparator, .paragraphSeparator: return " "
        case .format, .control: return ""
        default: break
        }
        let folded = String(scalar).precomposedStringWithCompatibilityMapping
        if folded.unicodeScalars.elementsEqual([scalar]) { return String(scalar) }
        return folded.unicodeScalars.map { $0.isASCII ? String($0) : plain($0) }.joined()
    }

    private static let letters: [Unicode.Scalar: Character] = {
        let pairs = [
            // Cyrillic, Greek
            ("аеорсхуіѕјԁһӏԛԝАВЕКМНОРСТХУІЅЈ", "aeopcxyisjdhlqwABEKMHOPCTXYISJ"),
            ("ανορυιΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "avopuiABEZHIKMNOPTYX"),
            // Signs: minus, hyphen bullet, decimal separators, times, quotation marks
            ("−⁃٫·×∗‘’‚‛“”„‟«»", "--..x*''''\"\"\"\"\"\""),
            ("＿ˍ⁀：꞉；，،", "___::;,,"),
        ]
        return Dictionary(
            pairs.flatMap { zip($0.0.unicodeScalars, $0.1) },
            uniquingKeysWith: { first, _ in first }
        )
    }()
}
