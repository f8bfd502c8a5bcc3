import Foundation

/// A page of the documentation, as what its fenced blocks say.
struct Page {
    /// Its path in the checkout.
    let path: String
    let blocks: [Block]
    /// What is wrong with the page itself.
    let faults: [Fault]

    /// A fenced block, or a comment that runs commands.
    struct Block {
        /// Where it begins; 1 is the first line of the page.
        let line: Int
        /// What stands behind the fence, or `sh` for a comment.
        let mark: Mark
        /// What it holds, without the indentation of the fence.
        let text: String
    }

    /// Something that does not hold, where a reader of the page would look.
    struct Fault: CustomStringConvertible {
        let place: String
        let text: String
        var description: String { "\(place): \(text)" }
    }

    init(path: String, text: String) {
        self.path = path
        var blocks: [Block] = []
        var faults: [Fault] = []
        var open: Opening?
        var held: [Substring] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            if let opening = open {
                guard opening.isClosed(by: line) else {
                    held.append(opening.unindented(line))
                    continue
                }
                let text = held.map { $0 + "\n" }.joined()
                do {
                    let mark = try Mark(opening.information)
                    blocks.append(Block(line: opening.line, mark: mark, text: text))
                } catch {
                    faults.append(Fault(place: "\(path):\(opening.line)", text: "\(error)"))
                }
                open = nil
                held = []
            } else {
                open = Opening(line, at: index + 1)
            }
        }
        if let open {
            faults.append(Fault(place: "\(path):\(open.line)", text: "the block is not closed"))
        }
        self.blocks = blocks
        self.faults = faults
    }

    /// The line that a block begins with.
    private struct Opening {
        let line: Int
        let information: String
        private let indentation: Int
        /// The backticks or tildes of a fence; nil for a comment.
        private let fence: Substring?

        init?(_ text: Substring, at line: Int) {
            let bare = text.drop { $0 == " " }
            indentation = text.count - bare.count
            self.line = line
            if bare.hasPrefix("<!-- sh"), !bare.contains("-->") {
                fence = nil
                information = "sh"
                return
            }
            guard let first = bare.first, first == "`" || first == "~" else { return nil }
            let fence = bare.prefix { $0 == first }
            let rest = bare.dropFirst(fence.count)
            guard fence.count >= 3, !(first == "`" && rest.contains("`")) else { return nil }
            self.fence = fence
            information = rest.trimmingCharacters(in: .whitespaces)
        }

        func isClosed(by text: Substring) -> Bool {
            let bare = text.trimmingCharacters(in: .whitespaces)
            guard let fence else { return bare == "-->" }
            return bare.hasPrefix(fence) && bare.allSatisfy { $0 == fence.first }
        }

        func unindented(_ text: Substring) -> Substring {
            text.dropFirst(min(indentation, text.prefix { $0 == " " }.count))
        }
    }
}
