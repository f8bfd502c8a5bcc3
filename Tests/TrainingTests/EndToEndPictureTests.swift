import EndToEndTestSupport
import Foundation
import Imaging
import NN
import PolicyFamilies
import PromptedMasks
import RLTrainer
import Rewards
import SAM2
import Shards
import Testing
import Torch
import TrainingTestSupport
import VisionLanguage

@testable import Policies
@testable import Training

/// A policy that makes a picture's tokens anew for every rollout and every score.
private final class ForgetfulPolicy: Policy {
    private let policy: VisionLanguagePolicy
    var parameters: [NN.Parameter] { policy.parameters }

    init(_ policy: VisionLanguagePolicy) { self.policy = policy }

    private func forgotten(_ prompt: VisionLanguagePolicy.Prompt) -> VisionLanguagePolicy.Prompt {
        VisionLanguagePolicy.Prompt(input: prompt.input, frame: prompt.frame)
    }

    func prompt(image: RGBImage, question: String) throws -> VisionLanguagePolicy.Prompt {
        try policy.prompt(image: image, question: question)
    }

    func rollout(
        _ prompt: VisionLanguagePolicy.Prompt, sampling: SamplingParameters, seeds: [UInt64]
    ) throws -> [Completion] {
        try policy.rollout(forgotten(prompt), sampling: sampling, seeds: seeds)
    }

    func score(
        _ prompt: VisionLanguagePolicy.Prompt, completions: [[Int]], temperature: Double,
        withEntropies: Bool
    ) throws -> TokenScores {
        try policy.score(
            forgotten(prompt), completions: completions, temperature: temperature,
            withEntropies: withEntropies)
    }

    func sharingParameters() throws -> ForgetfulPolicy {
        ForgetfulPolicy(try policy.sharingParameters())
    }

    func save(to folder: String) throws { try policy.save(to: folder) }
}

extension EndToEnd {
    /// Pictures go through a vision tower that is not trained once per group.
    @Suite(.serialized) struct PictureTests {
        let fixture: EndToEndFixture
        private let image = gradientPicture(side: 56, shift: 3)

        init() throws { fixture = try EndToEndFixture.shared.get() }

        private func policy(freezing patterns: [String]) throws -> VisionLanguagePolicy {
            let policy = try fixture.loadPolicy()
            try policy.setTrainable(freezing: patterns)
            return policy
        }

        private func scores(_ policy: VisionLanguagePolicy, _ prompt: VisionLanguagePolicy.Prompt)
            throws -> [Float]
        {
            try policy.score(prompt, completions: [[5, 6, 7], [8]], temperature: 1)
                .logProbabilities.floats
        }

        /// Whether a prompt's scores stay when the vision tower is spoilt after its first use.
        private func keepsTokens(_ policy: VisionLanguagePolicy) throws -> Bool {
            let prompt = try policy.prompt(image: image, question: "where?")
            let before = try scores(policy, prompt)
            let patches = try #require(policy.parameters.first { $0.key.hasPrefix("visual.patch") })
            try withoutGradients { try patches.tensor.fillInPlace(0.5) }
            let fresh = try policy.prompt(image: image, question: "where?")
            #expect(try scores(policy, fresh) != before)
            return try scores(policy, prompt) == before
        }

        @Test("A prompt keeps its picture's tokens while the model is trained but not its tower")
        func kept() throws {
            #expect(try keepsTokens(policy(freezing: ["visual.*"])))
            #expect(try !keepsTokens(policy(freezing: [])))
            #expect(
                try !keepsTokens(policy(freezing: ["visual.blocks.*", "visual.patch_embed.*"])))
            #expect(try !keepsTokens(fixture.loadPolicy()), "a policy that is not trained")
        }

        @Test("Kept tokens serve policies that share the tower's memory, and no others")
        func owners() throws {
            let policy = try policy(freezing: ["visual.*"])
            let prompt = try policy.prompt(image: image, question: "where?")
            let before = try scores(policy, prompt)
            let twin = try policy.sharingParameters()
            let other = try self.policy(freezing: ["visual.*"])
            for policy in [policy, other] {
                let patches = try #require(
                    policy.parameters.first { $0.key.hasPrefix("visual.patch") })
                try withoutGradients { try patches.tensor.fillInPlace(0.5) }
            }
            #expect(try scores(twin, prompt) == before)
            #expect(try scores(other, prompt) != before)
        }

        @Test("Training with kept tokens makes the bytes of training without", arguments: [1, 2])
        func sameBytes(workers: Int) throws {
            var configuration = fixture.configuration(output: "").resolvedGRPO(sampleCount: 4)
            configuration.promptsPerStep = 2
            configuration.numIterations = 2
            configuration.loss.beta = 0.1
            // Random policies earn nothing: decay moves the weights first, then the divergence does.
            configuration.optimizer.learningRate = 1e-2
            configuration.optimizer.weightDecay = 1
            configuration.workers = workers
            // Pictures that go through the tower together are rounded otherwise.
            configuration.rolloutBatchTokens = 1
            configuration.microBatchTokens = 1
            func train<P: Policy>(_ policy: P, reference: P) throws -> [Tensor] {
                let trainer = try GRPOTrainer(
                    policy: policy, reference: reference,
                    segmenter: SAM2Segmenter.load(path: fixture.segmenter), scorer: Scorer(),
                    source: TrainingData(
                        fixture.configuration(output: ""),
                        dataset: ShardedDataset(paths: [fixture.shard]), prompts: nil),
                    configuration: configuration)
                for _ in 0..<3 { _ = try trainer.step() }
                return policy.parameters.map(\.tensor)
            }
            let kept = try train(
                policy(freezing: ["visual.*"]), reference: fixture.loadPolicy())
            let without = try train(
                ForgetfulPolicy(policy(freezing: ["visual.*"])),
                reference: ForgetfulPolicy(fixture.loadPolicy()))
            let start = try policy(freezing: []).parameters.map(\.tensor)
            #expect(try zip(kept, without).allSatisfy { try $0.isEqual(to: $1) })
            #expect(try zip(kept, start).contains { try !$0.isEqual(to: $1) })
        }
    }
}
