/// What was wrong with a picture, where, and what to do about it.
public struct ImageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file or sample that the picture belongs to.
    public let name: String
    /// What is wrong with it.
    public let what: String
    /// What to do about it.
    public let hint: String

    /// An error about the picture `name`.
    public init(name: String, what: String, hint: String) {
        self.name = name
        self.what = what
        self.hint = hint
    }

    /// One line: name, what, hint.
    public var description: String { "\(name): \(what); \(hint)" }
}
