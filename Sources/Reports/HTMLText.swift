/// A text as it stands in HTML, in an element or in a quoted attribute.
///
/// - Parameter text: any text
/// - Returns: the text with `&`, `<`, `>`, `"` and `'` written as entities
public func htmlEscaped(_ text: String) -> String {
    var result = ""
    for character in text {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        default: result.append(character)
        }
    }
    return result
}
