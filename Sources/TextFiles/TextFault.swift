/// Why bytes are not a text that can be read: they are not UTF-8, nor UTF-16 with a byte order mark.
public struct TextFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The encoding that they should have, by their mark or its absence.
    public let expected: String
    /// The place of the first byte that is wrong, from the file's start; counts from 0.
    public let byte: Int
    /// Its line; counts from 1.
    public let line: Int
    /// What is wrong there.
    public let problem: String
    /// What the file is by its first bytes, where that is no text.
    public private(set) var kind: FileSignature?

    init(expected: String, byte: Int, line: Int, problem: String) {
        (self.expected, self.byte, self.line) = (expected, byte, line)
        self.problem = problem
    }

    /// That a file is of a kind that is no text.
    init(_ kind: FileSignature) {
        self.init(
            expected: "UTF-8", byte: 0, line: 1, problem: "it is \(kind.words), and no text")
        self.kind = kind
    }

    /// What is wrong, where, and what to do, as the rest of a sentence about the file.
    public var description: String {
        if let kind { return "no text, but \(kind.words)" }
        return "not \(expected) at byte \(byte) (line \(line)): \(problem); save the file as UTF-8"
    }
}
