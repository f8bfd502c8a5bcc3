/// One turn of a conversation with a policy.
public struct ChatMessage: Hashable, Sendable {
    /// Who speaks.
    public enum Role: String, Hashable, Sendable {
        /// The instructions above the conversation.
        case system
        /// The person, or the trainer in its place.
        case user
        /// The policy.
        case assistant
    }

    /// A piece of a turn.
    public enum Part: Hashable, Sendable {
        /// A picture stands here.
        case image
        /// Words; they are text even where they spell a special token.
        case text(String)
    }

    /// Who speaks.
    public var role: Role
    /// What is said, in order.
    public var parts: [Part]

    /// A turn from its parts.
    public init(role: Role, parts: [Part]) {
        self.role = role
        self.parts = parts
    }
}
