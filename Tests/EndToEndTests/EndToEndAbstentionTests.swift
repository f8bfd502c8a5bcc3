import EndToEndTestSupport
import FilesTestSupport
import Foundation
import RLTrainer
import TestSupport
import Testing
import TrainingTestSupport

@testable import Files
@testable import Reporting
@testable import Scoring
@testable import Settings
@testable import Training

/// Commands that abstain, from a run's first step to its report.
extension EndToEnd.ResumeTests {
    /// Judges a completion by the length of its request's line: a third gets null, a third an object.
    private static let judge = """
        while read -r line; do
          case $(( ${#line} % 3 )) in
            0) echo null;;
            1) echo '{"reward": 0.5}';;
            *) echo "0.${#line}";;
          esac
        done
        """

    private func rewards(_ script: String, _ others: String = "") throws -> RewardTable {
        try RewardTable(
            argument: "{judge: {command: [/bin/sh, -c, \(quoted(script))]}\(others)}",
            option: "--rewards")
    }

    /// A text as YAML quotes it.
    private func quoted(_ text: String) -> String {
        "\""
            + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            .replacing("\n", with: "\\n") + "\""
    }

    private struct Rollout: Decodable {
        let id: String
        let completion: String
        let length: Int
        let rewards: [String: Double?]
        let reward: Double?
        let advantage: Double?
    }

    private func rollouts(_ run: String, step: Int) throws -> [Rollout] {
        try lines("\(run)/rollouts/step-\(step).jsonl").map {
            try JSONDecoder().decode(Rollout.self, from: Data($0.utf8))
        }
    }

    @Test("A command's null is in records, metrics, report and score what it is: no value")
    func abstentions() throws {
        try withFolder { folder in
            let run = folder + "/run"
            var configuration = configuration(run)
            configuration.grpo.numGenerations = 6
            configuration.rewards = try rewards(
                Self.judge, ", mask_iou: 0, sam_json_format: {weight: 0}")
            let metrics = try train(configuration)
            for step in metrics {
                let records = try rollouts(run, step: step.step)
                let known = records.compactMap { $0.rewards["judge"] ?? nil }
                #expect(records.count == 12 && known.count < 12)
                #expect(step["rewards/judge/abstained"] == Double(12 - known.count))
                #expect(step["completions/without_reward"] == Double(12 - known.count))
                #expect(
                    records.allSatisfy { ($0.reward == nil) == ($0.rewards["judge"]! == nil) })
                #expect(records.allSatisfy { ($0.reward == nil) == ($0.advantage == nil) })
                let mean = known.isEmpty ? .nan : known.reduce(0, +) / Double(known.count)
                #expect(
                    step["rewards/judge/mean"].map { abs($0 - mean) < 1e-12 || mean.isNaN } == true)
                // Null is written, and not left out, which it is with a fault.
                let line = try lines("\(run)/rollouts/step-\(step.step).jsonl").first {
                    $0.contains("\"judge\":null")
                }
                if known.count < 12 {
                    #expect(line?.contains("\"advantage\":null") == true)
                    #expect(line?.contains("\"reward\":null,\"rewards\":{") == true)
                    #expect(line?.contains("\"mask_iou\":0") == true)
                }
            }
            #expect(metrics.contains { $0["completions/without_reward"] ?? 0 > 0 })
            #expect(!exists(run + "/faults.jsonl"))
            let report = XMLReading(try RunReport(run: run).html())
            #expect(report.problem == nil && report.text.contains("judge —"))
            #expect(report.text.contains("no reward"))
            try checkScore(folder, try rollouts(run, step: 1))
        }
    }

    /// `score` gives the completions of a step what training gave them.
    private func checkScore(_ folder: String, _ records: [Rollout]) throws {
        let input = try records.map {
            try JSONSerialization.data(withJSONObject: [
                "id": $0.id, "completion": $0.completion, "num_tokens": $0.length,
            ]) + Data("\n".utf8)
        }
        let file = folder + "/in.jsonl"
        try input.reduce(Data(), +).write(to: URL(fileURLWithPath: file))
        // The question is not known there: a judge that does not look at it.
        let judge = """
            while read -r line; do
              case "$line" in *'"num_tokens":'*[02468],*) echo null;; *) echo 0.5;; esac
            done
            """
        var configuration = configuration(folder + "/other")
        configuration.training.maxSteps = 1
        configuration.grpo.numGenerations = 6
        configuration.rewards = try rewards(judge, ", think_answer_format: 0.25")
        try train(configuration)
        let trained = try rollouts(folder + "/other", step: 1)
        var recipe = ScoreRecipe(
            completions: file, data: [fixture.shard], segmenter: fixture.segmenter)
        recipe.imageSize = 56
        recipe.rewards = configuration.rewards
        let summary = try recipe.run(to: folder + "/out.jsonl")
        let scored = try lines(folder + "/out.jsonl").map {
            try JSONDecoder().decode(Score.self, from: Data($0.utf8))
        }
        #expect(trained.map(\.completion) == records.map(\.completion))
        #expect(scored.map(\.rewards) == trained.map(\.rewards))
        #expect(scored.map(\.total) == trained.map(\.reward))
        let judged = scored.compactMap { $0.rewards["judge"] ?? nil }
        #expect(summary.count == 12 && summary.totals.count == 12)
        #expect(summary.terms.map(\.values.count) == [judged.count, 12])
        recipe.rewards = try rewards("while read -r line; do echo null; done", ", mask_iou: 0")
        let silent = try recipe.run(to: folder + "/silent.jsonl")
        #expect(silent.totals.count == 0 && silent.totals.mean == nil)
        #expect(
            try lines(folder + "/silent.jsonl").allSatisfy {
                $0.contains(#""rewards":{"judge":null,"mask_iou":0},"total":null,"iou":0"#)
            })
    }

    private struct Score: Decodable {
        let rewards: [String: Double?]
        let total: Double?
    }

    @Test("A run whose command abstains goes on to the byte, in the middle of a batch too")
    func abstainingResume() throws {
        try withFolder { folder in
            func configuration(_ name: String) throws -> RunConfiguration {
                var result = self.configuration("\(folder)/\(name)")
                (result.grpo.stepsPerGeneration, result.grpo.numIterations) = (2, 2)
                (result.grpo.loss.beta, result.training.maxSteps) = (0.1, 5)
                result.grpo.numGenerations = 4
                result.rewards = try rewards(Self.judge)
                return result
            }
            try session(configuration("whole"))
            for stop in [1, 3] { try session(configuration("parts"), until: stop) }
            try session(configuration("parts"))
            try expectSame(folder + "/parts", folder + "/whole")
        }
    }

    @Test("A run from which everything abstains keeps its weights, and says so once")
    func nothingButAbstentions() throws {
        try withFolder { folder in
            var configuration = configuration(folder + "/run")
            configuration.rewards = try rewards("while read -r line; do echo null; done")
            var notes: [String] = []
            var metrics: [StepMetrics] = []
            try TrainRecipe(configuration, command: []).run(onNote: { notes.append($0) }) {
                metrics.append($0)
            }
            #expect(metrics.count == 3)
            #expect(metrics.allSatisfy { $0["completions/without_reward"] == 4 })
            let told = notes.filter { $0.contains("abstained") }
            #expect(told.count == 1 && told[0].hasPrefix("step 1 changed nothing: "))
            let weights = try [1, 3].map {
                try contents("\(folder)/run/checkpoints/step-\($0)/policy/model.safetensors")
            }
            #expect(weights[0] == weights[1])
            let written = try lines(folder + "/run/metrics.jsonl").map(object)
            #expect(written.allSatisfy { $0["loss"] is NSNull && $0["reward"] is NSNull })
            let report = XMLReading(try RunReport(run: folder + "/run").html())
            #expect(report.problem == nil)
        }
    }
}
