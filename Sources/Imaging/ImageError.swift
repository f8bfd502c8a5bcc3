/// What was wrong with a picture, where, and what to do about it.
public struct ImageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whose fault it is.
    public enum Kind: Hashable, Sendable {
        /// The bytes are not a picture that can be read.
        case badData
        /// The file cannot be opened.
        case missing
        /// The file cannot be written.
        case cannotWrite
        /// There is no memory to decode or encode it in.
        case outOfMemory
    }

    /// Whose fault it is.
    public let kind: Kind
    /// The file or sample that the picture belongs to.
    public let name: String
    /// What is wrong with it.
    public let what: String
    /// What to do about it.
    public let hint: String

    /// An error about the picture `name`.
    public init(name: String, what: String, hint: String, kind: Kind = .badData) {
        self.kind = kind
        self.name = name
        self.what = what
        self.hint = hint
    }

    /// One line: name, what, hint.
    public var description: String { "\(name): \(what); \(hint)" }
}
