extension ImportReport {
    /// Everything that was found for people to read: what belongs to no split, then each split's, grouped
    /// by itself.
    public var shownProblems: [ImportProblem] { problems + splits.flatMap(\.problems.grouped) }
}

extension Sequence<ImportProblem> {
    /// The problems for people to read: warnings that differ in names and numbers only are one, with
    /// their count, in the place of the first.
    public var grouped: [ImportProblem] {
        var lines: [(problem: ImportProblem, count: Int)] = []
        var places: [String: Int] = [:]
        for problem in self {
            let kind = Self.kind(of: problem.message)
            if problem.severity == .warning, let place = places[kind] {
                lines[place].count += 1
                continue
            }
            if problem.severity == .warning { places[kind] = lines.count }
            lines.append((problem, 1))
        }
        return lines.map { problem, count in
            guard count > 1 else { return problem }
            var first = problem
            first.message += "; \(count) files have this, this one first (--json lists them)"
            return first
        }
    }

    /// A message without its numbers and what is in quotes.
    private static func kind(of message: String) -> String {
        var kind = ""
        var isQuoted = false
        for character in message {
            if character == "'" { isQuoted.toggle() }
            if !isQuoted, !character.isNumber { kind.append(character) }
        }
        return kind
    }
}
