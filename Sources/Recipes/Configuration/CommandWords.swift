import Foundation
package import Yams

/// A program with its arguments, as configurations have it: a list of texts.
package enum CommandWords {
    /// Reads a command, or says what is wrong with it.
    ///
    /// A text alone is a program without arguments; one with spaces is a program only if there is such a
    /// file.
    ///
    /// - Parameter node: what stands at the key
    /// - Returns: the program and its arguments; or where and what is wrong
    package static func read(_ node: Node) -> Result<[String], LocatedProblems> {
        func failure(_ message: String, at place: Node? = nil) -> Result<[String], LocatedProblems>
        {
            let mark = place?.mark.map { (line: $0.line, column: $0.column) }
            return .failure(LocatedProblems([.init(place: mark, key: "", message: message)]))
        }
        if let text = String(yaml: node) {
            if !isLine(text) { return .success([text]) }
            return failure(
                "is one text, which would be the name of a program; write the program and each "
                    + "argument as an entry of a list: \(split(text).yaml)", at: node)
        }
        guard let sequence = node.sequence, !sequence.isEmpty else {
            return failure("expected a list of texts: program, arguments")
        }
        var words: [String] = []
        for (place, entry) in sequence.enumerated() {
            guard let word = String(yaml: entry) else {
                let found = Misreading.words(entry, expecting: .text)
                return failure("entry \(place + 1): expected a text, found \(found)", at: entry)
            }
            words.append(word)
        }
        if isLine(words[0]) {
            return failure(
                "entry 1 is the program alone, with no arguments; write \((split(words[0]) + words.dropFirst()).yaml)",
                at: sequence[0])
        }
        return .success(words)
    }

    /// Whether a text is a program with arguments, and not the name of a file with spaces.
    private static func isLine(_ text: String) -> Bool {
        text.contains(where: \.isWhitespace) && !FileManager.default.fileExists(atPath: text)
    }

    /// A line's words, as a shell reads those in quotes.
    package static func split(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            switch character {
            case quote: quote = nil
            case "\"" where quote == nil, "'" where quote == nil:
                (quote, word) = (character, word ?? "")
            case _ where character.isWhitespace && quote == nil:
                if let whole = word { words.append(whole) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        return words + [word].compactMap(\.self)
    }
}
