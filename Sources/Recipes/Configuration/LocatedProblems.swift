/// What is wrong with parts of a value, each where it stands.
package struct LocatedProblems: Error {
    /// One of them.
    package struct Problem: Sendable {
        /// The line and column in the file; nil for the value as a whole.
        package let place: (line: Int, column: Int)?
        /// The keys from the value's own on, with dots; empty for the value as a whole.
        package let key: String
        package let message: String

        /// A value from its parts.
        package init(place: (line: Int, column: Int)?, key: String, message: String) {
            self.place = place
            self.key = key
            self.message = message
        }
    }

    package let problems: [Problem]

    package init(_ problems: [Problem]) { self.problems = problems }
}
