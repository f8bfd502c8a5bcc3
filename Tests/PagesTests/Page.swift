import Foundation

/// A page of the documentation, as what its fenced blocks say.
struct Page {
    /// Its path in the checkout.
    let path: String
    let blocks: [Block]
    /// Commands of the program within sentences and tables, and the lines that they are in.
    let spans: [(line: Int, text: String)]
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
        var spans: [(line: Int, text: String)] = []
        var before = Before()
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
                if open == nil, before.makesBlock(of: line) {
                    faults.append(
                        Fault(
                            place: "\(path):\(index + 1)",
                            text: "an indented block has no mark: use a fence"))
                }
                spans += line.matches(of: /`(think2seg [^`]+)`/).map {
                    (index + 1, String($0.output.1))
                }
            }
        }
        if let open {
            faults.append(Fault(place: "\(path):\(open.line)", text: "the block is not closed"))
        }
        self.blocks = blocks
        self.spans = spans
        self.faults = faults
    }

    /// A page of commands that do not run.
    init(path: String, skipping commands: String) {
        self.init(path: path, text: "```sh skip=\"is an example\"\n\(commands)```\n")
    }

    /// What stands above a line, which decides whether its indentation makes it a block.
    private struct Before {
        private var isEmpty = true
        private var isInList = false

        mutating func makesBlock(of line: Substring) -> Bool {
            let isIndented = line.hasPrefix("    ") && !line.allSatisfy { $0 == " " }
            let result = isIndented && isEmpty && !isInList
            if !isIndented, !line.isEmpty {
                isInList =
                    line.firstMatch(of: /^ {0,3}(?:[-*+]|[0-9]+[.)])\s/) != nil
                    || isInList && line.hasPrefix(" ")
            }
            isEmpty = line.isEmpty
            return result
        }
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
