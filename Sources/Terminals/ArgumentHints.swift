import Foundation
import TextFiles

/// What an argument that was refused, or that was meant as an option, has in it that no keyboard writes.
///
/// - Parameters:
///   - message: why the command line was refused
///   - arguments: the words of the command line
/// - Returns: a sentence; nil if there is no such argument
package func lookAlikeHint(_ message: String, _ arguments: [String]) -> String? {
    for (place, argument) in arguments.enumerated() {
        guard let note = LookAlikes.note(argument) else { continue }
        let begin = "in the argument \(argument): \(note)"
        let plain = LookAlikes.plain(argument)
        if beginsWithDash(argument) {
            let name = plain.drop { $0 == "-" }
            guard let first = name.first, first.isNumber || first == "." else {
                // Editors make one long dash of two.
                return "\(begin); write --\(name)"
            }
            // What begins with a minus is taken for an option, unless it stands behind an equals sign.
            let option = place > 0 ? arguments[place - 1] : ""
            return option.hasPrefix("--") && !option.contains("=")
                ? "\(begin); write \(option)=-\(name)" : "\(begin); write -\(name)"
        }
        let value = argument.hasPrefix("-") ? argument.split(separator: "=").last ?? "" : ""
        guard message.contains(argument) || !value.isEmpty && message.contains(value) else {
            continue
        }
        return isRefusedChoice(plain, message) ? begin : "\(begin); write \(plain)"
    }
    return nil
}

private func beginsWithDash(_ argument: String) -> Bool {
    guard let first = argument.unicodeScalars.first, !first.isASCII else { return false }
    return first.properties.generalCategory == .dashPunctuation || first == "\u{2212}"
}

/// Whether a message lists what an option takes, and a text is none of it.
private func isRefusedChoice(_ text: String, _ message: String) -> Bool {
    guard let list = message.range(of: "Please provide one of") else { return false }
    let value = text.hasPrefix("-") ? text.split(separator: "=").last.map(String.init) : text
    return !message[list.upperBound...].contains("'\(value ?? text)'")
}
