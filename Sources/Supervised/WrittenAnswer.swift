/// An answer to learn from: what a policy should say to a question about a picture.
public struct WrittenAnswer: Hashable, Sendable {
    /// What is asked.
    public var question: String
    /// The whole completion, from `<think>` to `</answer>`.
    public var completion: String

    /// An answer from its parts.
    public init(question: String, completion: String) {
        self.question = question
        self.completion = completion
    }
}
