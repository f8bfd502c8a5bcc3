import TextFiles

/// What can be wrong with a chat template, or with what it makes of a conversation.
public struct ChatTemplateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file of the template.
    public let origin: String
    /// The line at which it shows, from 1; nil if that is not known.
    public let line: Int?
    /// What is wrong.
    public let problem: String
    /// What to do.
    public let advice: String

    /// An error from its parts.
    public init(
        origin: String, line: Int? = nil, problem: String,
        advice: String = "correct the template, or use the built-in one (prompt.chat_template)"
    ) {
        self.origin = origin
        self.line = line
        self.problem = problem
        self.advice = advice
    }

    /// A template's file that is no text.
    init(origin: String, _ fault: TextFault) {
        self.init(
            origin: origin,
            problem: "not \(fault.expected) at byte \(fault.byte) (line \(fault.line)): "
                + fault.problem,
            advice: "save it as UTF-8")
    }

    /// File, line, what is wrong and what to do, in one line.
    public var description: String {
        "\(origin): " + (line.map { "line \($0): " } ?? "") + "\(problem); \(advice)"
    }
}
