import Foundation
import Reporting

/// Completions as text for people: what was asked, what was answered, what it earned.
package struct RolloutText {
    private let selection: RolloutSelection
    private let frame: TerminalFrame

    /// The text of a selection.
    package init(_ selection: RolloutSelection, _ frame: TerminalFrame) {
        self.selection = selection
        self.frame = frame
    }

    /// The text's lines; what a policy wrote is whole, and moves no cursor.
    package var lines: [String] {
        var result = [head]
        var last: ChosenRollout?
        var shown: Set<String> = []
        for chosen in selection.chosen {
            if !isSameQuestion(last, chosen) {
                // Prompts mostly differ in their question only, which stands above.
                let isNew = shown.insert(frameOfPrompt(chosen.rollout)).inserted
                result += [""] + question(chosen, withPrompt: isNew)
            }
            result += answer(chosen)
            last = chosen
        }
        return result
    }

    private var head: String {
        let steps =
            selection.steps.count == 1
            ? "step \(selection.steps[0])" : "\(selection.steps.count) steps"
        let count = selection.chosen.count
        let what = count == 1 ? "1 answer" : "\(count) answers"
        let which =
            switch selection.choice {
            case .all: ""
            case .worst: " of \(selection.total), those that earned least"
            case .best: " of \(selection.total), those that earned most"
            case .sample(let id): " of \(selection.total), those about \(id)"
            }
        return frame.harmless("\(steps): \(what)\(which)")
    }

    private func isSameQuestion(_ last: ChosenRollout?, _ chosen: ChosenRollout) -> Bool {
        guard let last else { return false }
        return last.step == chosen.step && last.rollout.id == chosen.rollout.id
            && last.rollout.epoch == chosen.rollout.epoch
            && last.rollout.question == chosen.rollout.question
    }

    /// What a prompt says beside the question.
    private func frameOfPrompt(_ rollout: StoredRollout) -> String {
        (rollout.prompt ?? "").replacing(rollout.question, with: "\u{0}")
    }

    private func question(_ chosen: ChosenRollout, withPrompt: Bool) -> [String] {
        let rollout = chosen.rollout
        let pass = rollout.epoch.map { ", pass \($0 + 1)" } ?? ""
        let first = "step \(chosen.step), sample \(rollout.id)\(pass): \(rollout.question)"
        guard withPrompt, let prompt = rollout.prompt else { return [frame.harmless(first)] }
        return [frame.harmless(first), "  prompt:"] + literal(prompt, indent: 4)
    }

    private func answer(_ chosen: ChosenRollout) -> [String] {
        let rollout = chosen.rollout
        var size: [String] = []
        if let length = rollout.length { size.append("\(length) tokens") }
        if rollout.stopReason == "length" { size.append("cut at the longest length") }
        let words = [AnswerWords.score(rollout, frame)] + size
        return [
            "  \(chosen.number) of \(chosen.count)  " + words.joined(separator: "  ")
        ] + literal(rollout.completion, indent: 4)
    }

    private func literal(_ text: String, indent: Int) -> [String] {
        frame.harmless(text, keepsLines: true)
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { String(repeating: " ", count: indent) + $0 }
    }
}
