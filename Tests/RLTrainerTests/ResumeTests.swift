import Datasets
import Foundation
import NN
import RLTrainer
import Rewards
import TestSupport
import Testing
import Torch

/// Trainers that continue where others stood.
@Suite struct ResumeTests {
    private func configuration(
        _ change: (inout GRPOConfiguration) -> Void
    ) -> GRPOConfiguration {
        var configuration = GRPOConfiguration()
        configuration.numGenerations = 6
        configuration.promptsPerStep = 3
        configuration.sampling.maxCompletionLength = 9
        configuration.optimizer.learningRate = 0.05
        configuration.schedule = .init(kind: .linear, warmupSteps: 0, totalSteps: 12)
        change(&configuration)
        return configuration
    }

    private func trainer(
        _ configuration: GRPOConfiguration, logits: [Float] = [0.5, 0, -0.5, 0],
        source: CountingSource = CountingSource(), scorer: Scorer? = nil
    ) throws -> GRPOTrainer<TablePolicy> {
        func policy(_ logits: [Float], trainable: Bool) throws -> TablePolicy {
            let policy = try TablePolicy(logits: logits, trainable: trainable)
            policy.tail = { [3, 5, 1, 2][$0] }
            return policy
        }
        return try GRPOTrainer(
            policy: policy(logits, trainable: true),
            reference: policy([0, 0.5, 0, 0], trainable: false), segmenter: BoxSegmenter(),
            scorer: scorer ?? Scorer(), source: source, configuration: configuration)
    }

    /// All of a step but what the clock decides.
    private func description(_ report: StepReport<TablePolicy.Prompt>) -> [String] {
        let clock = ["step_time", "timing_s/", "perf/"]
        return report.metrics.entries
            .filter { entry in !clock.contains { entry.name.hasPrefix($0) } }
            .map { "\($0.name) \($0.value)" }
            + report.groups.flatMap { group in
                group.completions.indices.map { index in
                    let (completion, reward) = (group.completions[index], group.rewards[index])
                    return "\(group.example.id) \(group.example.epoch) \(completion) "
                        + "\(reward.terms) \(reward.total) \(reward.iou) \(reward.prompts) "
                        + "\(String(describing: reward.failure)) \(group.advantages[index])"
                }
            } + ["\(report.isFresh)"]
    }

    private static let cases:
        [(name: String, change: @Sendable (inout GRPOConfiguration) -> Void)] = [
            ("plain", { _ in }),
            ("reuse", { ($0.stepsPerGeneration, $0.numIterations) = (2, 2) }),
            (
                "reuse with a divergence",
                {
                    ($0.stepsPerGeneration, $0.numIterations, $0.loss.beta) = (2, 2, 0.1)
                }
            ),
            (
                "divergence in the reward",
                {
                    ($0.numIterations, $0.loss.beta, $0.klInReward) = (3, 0.1, true)
                }
            ),
            ("workers", { ($0.stepsPerGeneration, $0.numIterations, $0.workers) = (2, 2, 2) }),
            ("shuffled", { ($0.numIterations, $0.shufflesRewards) = (2, true) }),
        ]

    @Test("A run that is interrupted after any step goes on to the bit", arguments: 0..<cases.count)
    func everywhere(index: Int) throws {
        let configuration = configuration(Self.cases[index].change)
        try withTemporaryFolder { folder in
            let whole = try trainer(configuration)
            var expected: [[String]] = []
            var states: [TrainerState] = []
            for step in 0..<7 {
                let place = "\(folder)/\(step)"
                try FileManager.default.createDirectory(
                    atPath: place, withIntermediateDirectories: true)
                states.append(try whole.save(to: place))
                expected.append(description(try whole.step()))
            }
            for step in 0..<7 {
                // Through JSON, as a checkpoint's file.
                let json = try JSONEncoder().encode(states[step])
                let state = try JSONDecoder().decode(TrainerState.self, from: json)
                #expect(state == states[step])
                let other = try trainer(configuration, logits: [9, 9, 9, 9])
                try other.restore(state, from: "\(folder)/\(step)")
                #expect(other.stepCount == step)
                for later in step..<7 {
                    #expect(description(try other.step()) == expected[later], "\(step) \(later)")
                }
                // What it would save is what the other saves.
                for name in ["a", "b"] {
                    try FileManager.default.createDirectory(
                        atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
                }
                let (mine, theirs) = try (
                    other.save(to: folder + "/a"), whole.save(to: folder + "/b")
                )
                #expect(mine == theirs)
                for name in try FileManager.default.contentsOfDirectory(atPath: folder + "/b") {
                    let paths = ["a", "b"].map { URL(fileURLWithPath: "\(folder)/\($0)/\(name)") }
                    #expect(try Data(contentsOf: paths[0]) == Data(contentsOf: paths[1]), "\(name)")
                }
            }
        }
    }

    @Test("Rollouts are saved in the middle of a batch, and only there")
    func files() throws {
        let configuration = configuration { $0.numIterations = 2 }
        try withTemporaryFolder { folder in
            let trainer = try trainer(configuration)
            func names() throws -> [String] {
                for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                    try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
                }
                _ = try trainer.save(to: folder)
                return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            }
            #expect(try names() == ["optimizer.safetensors"])
            _ = try trainer.step()
            #expect(try names() == ["optimizer.safetensors", "rollouts.safetensors"])
            _ = try trainer.step()
            #expect(try names() == ["optimizer.safetensors"])
        }
    }

    @Test("Rollouts that do not fit the data or the configuration are refused")
    func refusals() throws {
        let configuration = configuration { $0.numIterations = 2 }
        try withTemporaryFolder { folder in
            let first = try trainer(configuration)
            _ = try first.step()
            let state = try first.save(to: folder)
            func refuse(
                _ part: String, _ configuration: GRPOConfiguration,
                _ damage: (inout TrainerState) -> Void = { _ in }
            ) throws {
                var damaged = state
                damage(&damaged)
                let other = try trainer(configuration)
                let error = #expect(throws: (any Error).self) {
                    try other.restore(damaged, from: folder)
                }
                #expect("\(error.map { "\($0)" } ?? "")".contains(part))
            }
            try refuse("sample-9", configuration) { $0.batch?.groups[1].id = "sample-9" }
            try refuse("why?", configuration) { $0.batch?.groups[0].question = "why?" }
            try refuse("do not fit", configuration) { _ = $0.batch?.groups[0].answers.popLast() }
            try refuse("the saved order is of 5 samples", configuration) { $0.cursor.count = 5 }
            try refuse("does not have", self.configuration { $0.promptsPerStep = 2 })
            try FileManager.default.removeItem(atPath: folder + "/rollouts.safetensors")
            try refuse("rollouts.safetensors", configuration)
        }
    }
}
