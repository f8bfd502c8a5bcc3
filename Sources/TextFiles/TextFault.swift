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

    /// What is wrong, where, and what to do, as the rest of a sentence about the file.
    public var description: String {
        "not \(expected) at byte \(byte) (line \(line)): \(problem); save the file as UTF-8"
    }
}
