import Foundation
import TextFiles

/// What an argument that was refused, or that was meant as an option, has in it that no keyboard writes.
///
/// - Parameters:
///   - message: why the command line was refused
///   - arguments: the words of the command line
/// - Returns: a sentence; nil if there is no such argument
func lookAlikeHint(_ message: String, _ arguments: [String]) -> String? {
    for argument in arguments {
        guard let note = LookAlikes.note(argument) else { continue }
        if let first = argument.unicodeScalars.first, !first.isASCII,
            first.properties.generalCategory == .dashPunctuation || first == "\u{2212}"
        {
            // Editors make one long dash of two.
            let name = LookAlikes.plain(argument).drop { $0 == "-" }
            return "in the argument \(argument): \(note); write --\(name)"
        }
        let value = argument.hasPrefix("-") ? argument.split(separator: "=").last ?? "" : ""
        guard message.contains(argument) || !value.isEmpty && message.contains(value) else {
            continue
        }
        return "in the argument \(argument): \(note); write \(LookAlikes.plain(argument))"
    }
    return nil
}
