import Configuration
import Files
import FilesTestSupport
import Foundation
import RLTrainer
import Settings
import Testing

@testable import Runs
@testable import Training

/// What is said of a run that learns nothing.
@Suite struct HealthWordTests {
    private let words = HealthWords(longestAnswer: 40, answersPerStep: 16, endTokens: "<end> (7)")

    private func finding(
        _ condition: HealthCondition, step: Int = 12, steps: Int = 5, format: Double = 1
    ) -> HealthFinding {
        HealthFinding(
            condition: condition, step: step, steps: steps, validFormat: format, value: 0.97,
            before: 0.5)
    }

    private var all: [RunWarning] {
        HealthCondition.allCases.flatMap { condition in
            [
                words.warning(finding(condition)), words.warning(finding(condition, format: 0)),
                words.warning(finding(condition, step: 1, steps: 1)),
            ]
        }
    }

    @Test("Each warning says what was seen and names what to look at, by keys that there are")
    func keys() {
        let keys = Set(RunConfiguration.keys.map(\.name))
        let pattern = #/\b[a-z]+\.[a-z0-9_]+\b/#
        for warning in all {
            #expect(warning.message.count > 20 && warning.hint.count > 20)
            #expect(!warning.message.hasSuffix(".") && !warning.hint.hasSuffix("."))
            for match in warning.hint.matches(of: pattern) {
                #expect(keys.contains(String(match.output)), "\(warning.name): \(match.output)")
            }
        }
        #expect(Set(all.map(\.name)) == Set(HealthCondition.allCases.map(\.rawValue)))
    }

    @Test("A damaged line of metrics costs the watch over a run no other line")
    func damagedLine() throws {
        try withFolder { run in
            let text =
                "{\"step\": 1, \"kl\": null}\nnonsense\n{\"step\": 2, \"reward\": 1.5}\n"
                + "{\"step\": 2, \"eval_giou\": 1}\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: run + "/metrics.jsonl"))
            let found = StepMetrics.recorded(run: run)
            #expect(found.map(\.step) == [1, 2])
            #expect(found[0]["kl"]?.isNaN == true && found[1]["reward"] == 1.5)
        }
    }

    @Test("Where nothing can be read, that is what is to be looked at; where it can, the pictures")
    func unreadable() {
        let (readable, none) = (
            words.warning(finding(.noTargetMet)), words.warning(finding(.noTargetMet, format: 0))
        )
        #expect(readable.message.contains("only the format") && readable.hint.contains("pictures"))
        #expect(none.message.contains("next to none can be read"))
        #expect(none.hint.contains("prompt.variant"))
    }

    @Test(
        "Answers cut in the first step are told of as before, with how many and what would end them"
    )
    func firstStep() {
        let text = words.warning(finding(.allCut, step: 1, steps: 1)).message
        #expect(
            text == "all completions of the first step, 16, were cut at the longest length of 40 "
                + "tokens: none wrote what ends an answer, <end> (7)")
    }

    @Test("What follows from a lost format refers to that, and gives no advice of its own")
    func collapsed() {
        for condition in [HealthCondition.allCut, .equalRewards, .noTargetMet, .emptyAnswers] {
            let hint = words.warning(finding(condition, format: 0), collapse: 4).hint
            #expect(hint.contains("lost by step 4") && hint.contains("format_collapsed"))
            #expect(!hint.contains("prompt.") && !hint.contains("sft") && !hint.contains("grpo."))
        }
        let other = words.warning(finding(.klExploded), collapse: 4).hint
        #expect(other.contains("training.learning_rate"))
    }

    @Test("A checkpoint to begin again from is named only where there is one before")
    func restart() {
        func hint(_ checkpoints: [Int]) -> String {
            words.warning(
                finding(.formatCollapsed, step: 12, steps: 5), checkpoints: checkpoints
            ).hint
        }
        #expect(hint([2, 5, 10]).hasSuffix("from the checkpoint of step 5 or from the beginning"))
        #expect(hint([8, 10]).hasSuffix("begin again") && hint([]).hasSuffix("begin again"))
    }
}
