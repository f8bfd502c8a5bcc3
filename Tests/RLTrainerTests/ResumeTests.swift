import Datasets
import Foundation
import NN
import Rewards
import TestSupport
import Testing
import Torch

@testable import Files
@testable import RLTrainer

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
        source: any ExampleSource = CountingSource(), scorer: Scorer? = nil
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
                        + "\(String(describing: reward.failure)) \(group.everyAdvantage[index])"
                }
            } + ["\(report.isFresh) \(report.faults)"]
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

    @Test(
        "A run with bad samples, rewards and steps that is interrupted after any step goes on to the bit",
        arguments: [(1, 1), (2, 2)])
    func faults(stepsPerGeneration: Int, numIterations: Int) throws {
        let configuration = configuration {
            ($0.stepsPerGeneration, $0.numIterations) = (stepsPerGeneration, numIterations)
            $0.maxSkippedSteps = 2
        }
        func trainer() throws -> GRPOTrainer<TablePolicy> {
            try self.trainer(
                configuration, source: FaultySource(bad: ["sample-1", "sample-2"]),
                scorer: AnyReward.scorer {
                    if $0.completion == TablePolicy.answers[2] { throw RewardRefusal() }
                    return Double($0.completion.count)
                })
        }
        /// The loss of steps 2, 3, 5, 6 and 7 is NaN, and the last of them is one too many.
        func step(_ trainer: GRPOTrainer<TablePolicy>) throws -> [String] {
            trainer.policies[0].corruption = [1, 2, 4, 5, 6].contains(trainer.stepCount) ? .nan : 0
            do {
                return try description(trainer.step())
            } catch let error as DivergedError {
                return ["\(error) \(error.faults)"]
            }
        }
        try withTemporaryFolder { folder in
            let whole = try trainer()
            var (expected, states) = ([[String]](), [Data]())
            for place in 0..<8 {
                states.append(try saved(whole, "\(folder)/\(place)"))
                expected.append(try step(whole))
            }
            let counts = whole.faultCounts
            #expect(counts.skippedSteps == 5 && counts.skippedInARow == 0)
            #expect(counts.total > 5 + 4)
            #expect(expected[6][0].contains("last of 3 such steps"))
            let last = try saved(whole, folder + "/last")
            for place in 0..<8 {
                let other = try trainer()
                try other.restore(
                    Self.decoder.decode(TrainerState.self, from: states[place]),
                    from: "\(folder)/\(place)")
                #expect(try saved(other, folder + "/again") == states[place])
                for later in place..<8 {
                    #expect(try step(other) == expected[later], "\(place) \(later)")
                }
                #expect(other.faultCounts == counts)
                #expect(try saved(other, folder + "/again") == last)
                for name in try FileManager.default.contentsOfDirectory(atPath: folder + "/last") {
                    let paths = ["last", "again"].map { "\(folder)/\($0)/\(name)" }
                    #expect(
                        FileManager.default.contentsEqual(atPath: paths[0], andPath: paths[1]),
                        "\(name)")
                }
            }
        }
    }

    /// The state of a trainer as a checkpoint's file, beside its other files in a new folder.
    private func saved(_ trainer: GRPOTrainer<TablePolicy>, _ folder: String) throws -> Data {
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return try encoder.encode(trainer.save(to: folder))
    }

    private static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return decoder
    }()

    @Test("A state that counts no faults, as older programs wrote it, has none")
    func olderState() throws {
        try withTemporaryFolder { folder in
            let first = try trainer(configuration { $0.numIterations = 2 })
            _ = try first.step()
            var state = try object(saved(first, folder))
            #expect(state.removeValue(forKey: "faults") != nil)
            let other = try trainer(configuration { $0.numIterations = 2 })
            try other.restore(
                Self.decoder.decode(
                    TrainerState.self, from: JSONSerialization.data(withJSONObject: state)),
                from: folder)
            #expect(other.faultCounts == FaultCounts())
            #expect(description(try other.step()) == description(try first.step()))
        }
    }

    private func object(_ json: Data) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    }

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
