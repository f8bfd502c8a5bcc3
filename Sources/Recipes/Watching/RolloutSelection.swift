import Configuration
import Evaluating
import Files
package import Foundation
package import Reporting
import TextFiles

/// Which completions of a run are shown.
package enum RolloutChoice: Sendable, Hashable {
    /// All of a step.
    case all
    /// So many of a step, those that earned least first.
    case worst(Int)
    /// So many of a step, those that earned most first.
    case best(Int)
    /// Those about a sample.
    case sample(String)
}

/// A completion that is shown, with its place in the run.
package struct ChosenRollout: Sendable {
    /// The optimizer step.
    package let step: Int
    /// The place among the answers to the same question, from 1.
    package let number: Int
    /// How many answers there are to the question in the step.
    package let count: Int
    /// What the record says.
    package let rollout: StoredRollout
    /// The line of the record, as it is in the file.
    package let line: Data
    /// The number of the line in the step's file, from 1.
    package let lineNumber: Int
}

/// Completions of a run, as its folder has them.
package struct RolloutSelection: Sendable {
    /// The steps that were looked at.
    package let steps: [Int]
    /// What was chosen, in the order in which it is shown.
    package let chosen: [ChosenRollout]
    /// How many completions were looked at.
    package let total: Int
    /// What was wanted.
    package let choice: RolloutChoice

    /// Chooses completions.
    ///
    /// Of equal rewards the earlier one in the file comes first; completions without a reward come last.
    ///
    /// - Parameters:
    ///   - run: the run's folder
    ///   - step: the step; the last one that has completions if nil, and with a sample all of them
    ///   - choice: which ones
    /// - Throws: ``MissingInputError`` where the folder is no run's, has no completions, or none of the step
    ///   or sample; ``EvaluationError`` that names a line which is damaged
    package init(run: String, step: Int?, _ choice: RolloutChoice) throws {
        try RunFolder.require(run)
        let files = RolloutFiles(run: run)
        let steps = files.steps
        guard let newest = steps.last else {
            throw MissingInputError(
                path: run + "/rollouts",
                what: "file of completions; a run of `train` writes them every "
                    + "logging.log_completions_steps steps")
        }
        if let step, !steps.contains(step) {
            throw MissingInputError(
                path: "\(run)/rollouts/step-\(step).jsonl",
                what: "file of completions; \(Self.words(steps, near: step))")
        }
        var looked = [step ?? newest]
        if step == nil, case .sample = choice { looked = steps }
        let all = try looked.flatMap { try Self.read(files, step: $0) }
        self.steps = looked
        self.choice = choice
        total = all.count
        switch choice {
        case .all: chosen = all
        case .worst(let count): chosen = Array(Self.sorted(all, ascending: true).prefix(count))
        case .best(let count): chosen = Array(Self.sorted(all, ascending: false).prefix(count))
        case .sample(let id):
            chosen = all.filter { $0.rollout.id == id }
            if chosen.isEmpty { throw Self.missing(id, all, run, steps: looked) }
        }
    }

    private static func read(_ files: RolloutFiles, step: Int) throws -> [ChosenRollout] {
        let lines = try files.lines(step: step)
        var place = lines.startIndex
        return AskedGroup.groups(lines.map(\.rollout), step: step).flatMap { group in
            group.answers.enumerated().map { index, answer in
                defer { place += 1 }
                return ChosenRollout(
                    step: step, number: index + 1, count: group.answers.count, rollout: answer,
                    line: lines[place].text, lineNumber: lines[place].number)
            }
        }
    }

    private static func sorted(_ all: [ChosenRollout], ascending: Bool) -> [ChosenRollout] {
        func key(_ chosen: ChosenRollout) -> Double {
            guard let reward = chosen.rollout.reward, reward.isFinite else { return .infinity }
            return ascending ? reward : -reward
        }
        return all.enumerated().sorted {
            (key($0.element), $0.offset) < (key($1.element), $1.offset)
        }.map(\.element)
    }

    /// The steps that have completions: all of few, the nearest of many.
    private static func words(_ steps: [Int], near step: Int) -> String {
        func list(_ steps: [Int]) -> String { steps.map(String.init).joined(separator: ", ") }
        if steps.count <= 12 { return "steps that have one: \(list(steps))" }
        let nearest = steps.sorted { (abs($0 - step), $0) < (abs($1 - step), $1) }.prefix(4)
        return
            "\(counted(steps.count, "step has", "steps have")) one, from \(steps[0]) to \(steps[steps.count - 1]); "
            + "the nearest are \(list(nearest.sorted()))"
    }

    private static func missing(
        _ id: String, _ all: [ChosenRollout], _ run: String, steps: [Int]
    ) -> MissingInputError {
        let names = Set(all.map(\.rollout.id))
        let nearest = names.map { (editDistance(id, $0), $0) }.sorted { $0 < $1 }.prefix(3)
            .map { "'\($0.1)'" }
        let place = steps.count == 1 ? "step \(steps[0])" : "the \(steps.count) recorded steps"
        return MissingInputError(
            path: run + "/rollouts",
            what: "sample '\(id)' among the \(names.count) that were asked about in \(place)"
                + "; the nearest: " + nearest.joined(separator: ", "))
    }

    /// The lines of what was chosen as one JSON array, each as it is in the run's files.
    package var document: Data {
        var result = Data("[\n".utf8)
        for (place, chosen) in chosen.enumerated() {
            if place > 0 { result += Data(",\n".utf8) }
            result += chosen.line
        }
        return result + Data("\n]\n".utf8)
    }
}
