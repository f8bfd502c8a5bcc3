import Datasets
import EndToEndTestSupport
import Files
import FilesTestSupport
import Foundation
import Imaging
import NN
import Policies
import RLTrainer
import Rewards
import SAM2
import Testing
import Tokenizers
import Torch

extension EndToEnd {
    /// GRPO on a real policy, with a reward that random answers already earn a little of.
    @Suite(.serialized) struct LearningTests {
        let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        private struct Learner {
            let policy: VisionLanguagePolicy
            let trainer: GRPOTrainer<VisionLanguagePolicy>
        }

        private func learner(
            frozen: [String] = [], configure: (inout GRPOConfiguration) -> Void = { _ in }
        ) throws -> Learner {
            try TorchRuntime.setThreadCount(2)
            let policy = try fixture.loadPolicy()
            try policy.setTrainable(freezing: frozen)
            var registry = RewardRegistry()
            registry.register(DigitReward())
            var configuration = GRPOConfiguration()
            configuration.numGenerations = 8
            configuration.promptsPerStep = 1
            configuration.sampling = SamplingParameters(maxCompletionLength: 8)
            configuration.loss.maxCompletionLength = 8
            configuration.optimizer = AdamWOptions(learningRate: 3e-3)
            configuration.schedule = .init(kind: .constant, warmupSteps: 0, totalSteps: 20)
            configure(&configuration)
            let trainer = try GRPOTrainer(
                policy: policy, reference: nil,
                segmenter: try SAM2Segmenter.load(path: fixture.segmenter),
                scorer: try Scorer(
                    weights: try RewardWeights([RewardWeight(term: .digits, weight: 1)]),
                    registry: registry),
                source: PictureSource(), configuration: configuration)
            return Learner(policy: policy, trainer: trainer)
        }

        private func values(_ policy: VisionLanguagePolicy) throws -> [[Float]] {
            try policy.parameters.map { try $0.tensor.values(Float.self) }
        }

        @Test("The reward rises, every trained parameter moves, frozen ones stay to the bit")
        func learns() throws {
            let learner = try learner(frozen: ["visual.*"])
            let before = try values(learner.policy)
            let rewards = try (0..<20).map { _ in
                try #require(learner.trainer.step().metrics["reward"])
            }
            let first = rewards.prefix(3).reduce(0, +) / 3
            let last = rewards.suffix(3).reduce(0, +) / 3
            #expect(last > first + 0.3, "\(rewards)")
            let after = try values(learner.policy)
            var frozen = 0
            for (index, parameter) in learner.policy.parameters.enumerated() {
                let isFrozen = parameter.key.hasPrefix("visual.")
                frozen += isFrozen ? 1 : 0
                #expect((after[index] == before[index]) == isFrozen, "\(parameter.key)")
            }
            #expect(frozen > 0 && frozen < before.count)
        }

        @Test("Without frozen patterns the vision tower learns too")
        func visionLearns() throws {
            let learner = try learner()
            let before = try values(learner.policy)
            for _ in 0..<3 { _ = try learner.trainer.step() }
            let after = try values(learner.policy)
            for (index, parameter) in learner.policy.parameters.enumerated() {
                #expect(after[index] != before[index], "\(parameter.key)")
            }
        }

        @Test(
            "Steps with rewards and several iterations repeat to the bit, and save what they made")
        func repeats() throws {
            let learners = try (0..<2).map { _ in try learner { $0.numIterations = 2 } }
            for _ in 0..<4 {
                let reports = try learners.map { try $0.trainer.step() }
                for name in ["loss", "grad_norm", "reward", "entropy"] {
                    #expect(reports[0].metrics[name] == reports[1].metrics[name], "\(name)")
                }
                #expect((reports[0].metrics["grad_norm"] ?? 0) > 0)
            }
            #expect(try values(learners[0].policy) == values(learners[1].policy))
            try withFolder { folder in
                let policy = learners[0].policy
                try policy.save(to: folder)
                let read = try fixture.loadPolicy(folder)
                #expect(try values(read) == values(policy))
                let image = gradientPicture(side: 56, shift: 9)
                let one = try greedy(policy, image, "where?")
                let other = try greedy(read, image, "where?")
                #expect(one.tokenIDs == other.tokenIDs)
                #expect(one.logProbabilities == other.logProbabilities)
            }
        }

        @Test("What is in the picture and what is asked both change the answer's probabilities")
        func inputsMatter() throws {
            let policy = try fixture.loadPolicy()
            let answer = Array(
                policy.tokenizer.encode("[12, 20]", specialTokens: .asText).prefix(4))
            func score(_ shift: Int, _ question: String) throws -> [Float] {
                try withoutGradients {
                    try policy.score(
                        policy.prompt(
                            image: gradientPicture(side: 56, shift: shift), question: question),
                        completions: [answer], temperature: 1
                    ).logProbabilities.floats
                }
            }
            let start = try score(0, "where?")
            #expect(try score(0, "where?") == start)
            #expect(try score(128, "where?") != start)
            #expect(try score(0, "which?") != start)
        }
    }
}

extension RewardTerm {
    fileprivate static let digits = RewardTerm(rawValue: "digits")
}

/// The share of digits among the characters of an answer.
private struct DigitReward: RewardTermFunction {
    var term: RewardTerm { .digits }

    func value(_ context: RewardContext) -> Double? {
        let characters = context.completion.unicodeScalars
        if characters.isEmpty { return 0 }
        let digits = characters.filter { ("0"..."9").contains($0) }.count
        return Double(digits) / Double(characters.count)
    }
}

/// Four pictures in turn.
private final class PictureSource: ExampleSource {
    let epochLength = 4
    private var order = EpochSampler(count: 4, seed: 0)
    var cursor: EpochSampler.Cursor { order.cursor }

    func resume(from cursor: EpochSampler.Cursor) throws { try order.resume(from: cursor) }

    func next() -> TrainingExample {
        let count = 4 * cursor.epoch + cursor.position
        _ = order.next()
        var truth = BinaryMask(width: 56, height: 56)
        for y in 10..<20 { for x in 10..<30 { truth[x, y] = true } }
        return TrainingExample(
            id: "sample-\(count % 4)", epoch: count / 4, question: "where is the square?",
            image: gradientPicture(side: 56, shift: 60 * (count % 4)), truth: truth)
    }
}
