import Foundation

/// Texts of others in Markdown, such that they stay what they are.
enum Markdown {
    /// A text as plain words of a paragraph or of a table's cell, on one line.
    static func plain(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", "`", "*", "_", "[", "]", "|", "#", "~", "$", "!":
                result += "\\\(scalar)"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case _
            where scalar.properties.generalCategory == .control
                || "\u{2028}\u{2029}".unicodeScalars.contains(scalar):
                result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A text in a block of its own, between fences that it does not have.
    static func block(_ text: String, _ language: String = "text") -> [String] {
        let longest = text.split(whereSeparator: { $0 != "`" }).map(\.count).max() ?? 0
        let fence = String(repeating: "`", count: max(3, longest + 1))
        return [fence + language, text, fence]
    }

    /// A table; the cells are Markdown already.
    static func table(_ heading: [String], _ rows: [[String]]) -> [String] {
        [heading, heading.map { _ in "---" }].map(row) + rows.map(row)
    }

    private static func row(_ cells: [String]) -> String {
        "|" + cells.map { $0.isEmpty ? " |" : " \($0) |" }.joined()
    }
}
