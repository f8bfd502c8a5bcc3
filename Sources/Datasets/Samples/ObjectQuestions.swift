/// The ways to ask for objects by their name.
public enum ObjectQuestions {
    /// Ways to ask for a kind of object by its name.
    ///
    /// - Parameters:
    ///   - one: the name of one, such as "storage tank"
    ///   - many: the name of several
    /// - Returns: six questions
    public static func naming(one: String, many: String) -> [String] {
        [
            "Find the \(many).", "Segment every \(one).", "Where are the \(many)?",
            "Show all \(many) in the image.", "Mark each \(one).",
            "Which pixels belong to a \(one)?",
        ]
    }
}
