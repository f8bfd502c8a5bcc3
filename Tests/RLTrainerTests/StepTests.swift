import Foundation
import NN
import Rewards
import Testing
import Torch

@testable import Files
@testable import RLTrainer

/// One optimizer step: what it leaves alone, what it logs, what each setting changes.
@Suite struct StepTests {
    private struct Run {
        let policy: TablePolicy
        let trainer: GRPOTrainer<TablePolicy>

        init(_ change: (inout GRPOConfiguration) -> Void = { _ in }) throws {
            policy = try TablePolicy()
            policy.tail = { [3, 1, 7, 2][$0] }
            var configuration = GRPOConfiguration()
            configuration.numGenerations = 6
            configuration.promptsPerStep = 2
            configuration.sampling.maxCompletionLength = 9
            configuration.optimizer.learningRate = 0.3
            configuration.schedule = .init(kind: .constant, warmupSteps: 0, totalSteps: 100)
            change(&configuration)
            trainer = try GRPOTrainer(
                policy: policy, reference: TablePolicy(logits: [1, 0, 0, -1], trainable: false),
                segmenter: BoxSegmenter(), scorer: Scorer(), source: CountingSource(),
                configuration: configuration)
        }
    }

    @Test("When every completion is cut and masked the loss is 0 and the step counts")
    func allMasked() throws {
        for type in LossType.allCases {
            let run = try Run {
                $0.loss.lossType = type
                $0.sampling.maxCompletionLength = 1
                $0.masksTruncatedCompletions = true
            }
            let metrics = try run.trainer.step().metrics
            // The mean of rloo's advantages is 0 up to rounding.
            #expect(abs(metrics["loss"] ?? 1) < 1e-6 && metrics["grad_norm"] == 0, "\(type)")
            #expect(metrics.entries.allSatisfy { $0.value.isFinite }, "\(type)")
            #expect(run.trainer.stepCount == 1)
            #expect(try run.policy.table.floats == [0, 0, 0, 0])
        }
    }

    @Test("The logged norm is that of the whole step's gradient, before it is clipped")
    func norm() throws {
        let run = try Run {
            $0.loss.lossType = .grpo
            $0.maxGradientNorm = 1e-3
        }
        let report = try run.trainer.step()
        // On-policy: every row adds -advantage / length × d log softmax, a quarter each at the start.
        var gradient = [0.0, 0, 0, 0]
        for group in report.groups {
            for (completion, advantage) in zip(group.completions, group.everyAdvantage) {
                for logit in 0..<4 {
                    let slope = (completion.tokenIDs[0] == logit ? 1 : 0) - 0.25
                    gradient[logit] -=
                        advantage * slope / Double(completion.tokenIDs.count * 6 * 2)
                }
            }
        }
        let norm = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(norm > 0.01 && abs((report.metrics["grad_norm"] ?? 0) - norm) < 1e-6)
    }

    @Test("Tokens of cut and masked completions are in no normaliser, whatever the loss type")
    func maskedNormaliser() throws {
        for type in LossType.allCases {
            let run = try Run {
                $0.loss.lossType = type
                $0.loss.maxCompletionLength = 9
                $0.loss.epsilonHigh = 5  // for cispo
                $0.masksTruncatedCompletions = true
                $0.maxGradientNorm = 1e9
                $0.optimizer.beta1 = 0  // the mean of gradients is the last one
            }
            run.policy.isCut = { $0 == 2 }
            let groups = try run.trainer.step().groups
            let answers = groups.map { $0.completions.map { $0.tokenIDs[0] } }
            // Answers 0, 1 and 3 have 4, 2 and 3 tokens; of answer 2 none counts.
            let counts = answers.map { $0.reduce(0) { $0 + [4.0, 2, 0, 3][$1] } }
            #expect(answers.allSatisfy { $0.contains(2) } && counts[0] != counts[1])
            // On-policy a token adds -advantage x weight x d log softmax, a quarter each at the start.
            var gradient = [0.0, 0, 0, 0]
            for (index, group) in groups.enumerated() {
                for (answer, advantage) in zip(answers[index], group.everyAdvantage)
                where answer != 2 {
                    let weight: Double =
                        switch type {
                        case .grpo: 1 / (12 * [4.0, 2, 0, 3][answer])
                        case .bnpo: 1 / (2 * counts[index])
                        case .drGRPO: 1.0 / (12 * 9)
                        case .dapo, .cispo: 1 / (counts[0] + counts[1])
                        case .rloo: 1.0 / 12
                        }
                    for logit in 0..<4 {
                        gradient[logit] -= advantage * weight * ((answer == logit ? 1 : 0) - 0.25)
                    }
                }
            }
            let found = try run.trainer.optimizer.slots[0].expAvg.floats.map(Double.init)
            // float32 log-probabilities and gradients
            #expect(agree(found, gradient, 1e-6) && abs(gradient[1]) > 1e-3, "\(type)")
        }
    }

    @Test(
        "Entropy, divergence and the sampler's distance are means over the step's tokens that count"
    )
    func tokenMeans() throws {
        let run = try Run {
            $0.loss.beta = 0.1
            $0.masksTruncatedCompletions = true
            $0.numIterations = 2
        }
        run.policy.isCut = { $0 == 2 }
        run.policy.entropy = { Float($0 + 1) + 0.25 * Float($1) }
        let reference = try Tensor.of([1, 0, 0, -1] as [Float]).logSoftmax(0).floats
        var old: [Float]?
        for _ in 0..<2 {
            let current = try run.policy.table.logSoftmax(0).floats
            let sampled = old ?? current
            old = sampled
            let report = try run.trainer.step()
            var (entropies, divergences, distances) = ([[Double]](), [[Double]](), [[Double]]())
            for group in report.groups {
                let rows = group.completions.map(\.tokenIDs).filter { $0[0] != 2 }
                entropies.append(
                    rows.flatMap { row in
                        row.indices.map { Double(row[0] + 1) + 0.25 * Double($0) }
                    })
                func firstOnly(_ value: (Int) -> Double) -> [[Double]] {
                    rows.map { row in row.indices.map { $0 == 0 ? value(row[0]) : 0 } }
                }
                divergences.append(
                    firstOnly { answer in
                        let difference = Double(reference[answer] - current[answer])
                        let ratio = exp(Double(current[answer] - sampled[answer]))
                        return ratio * (exp(difference) - difference - 1)
                    }.flatMap(\.self))
                distances.append(
                    firstOnly { Double(abs(current[$0] - sampled[$0])) }.flatMap(\.self))
            }
            #expect(entropies[0].count != entropies[1].count)
            let all = [
                ("entropy", entropies), ("kl", divergences),
                ("sampling/sampling_logp_difference/mean", distances),
            ]
            for (name, groups) in all {
                let (whole, halves) = (mean(groups.flatMap(\.self)), mean(groups.map(mean)))
                // float32 log-probabilities
                #expect(abs((report.metrics[name] ?? .nan) - whole) < 1e-6, "\(name)")
                #expect(whole == 0 || abs(whole - halves) > 1e-4, "\(name): both means are alike")
            }
        }
    }

    @Test("The logged loss is what was back-propagated: the next step's slope along the gradient")
    func loggedLoss() throws {
        // The second step on the same rollouts, with the parameter moved by hand along each logit.
        func loss(_ logit: Int, _ shift: Float) throws -> Double {
            let run = try Run {
                $0.numIterations = 2
                $0.optimizer.learningRate = 0
                $0.loss.lossType = .dapo
                $0.loss.epsilon = 0.9
            }
            _ = try run.trainer.step()
            var moved: [Float] = [0, 0, 0, 0]
            moved[logit] = shift
            try withoutGradients { try run.policy.table.copyInPlace(from: Tensor.of(moved)) }
            return try run.trainer.step().metrics["loss"] ?? .nan
        }
        let slopes = try (0..<4).map { (try loss($0, 0.01) - loss($0, -0.01)) / 0.02 }
        let run = try Run { $0.loss.lossType = .dapo }
        let norm = try run.trainer.step().metrics["grad_norm"] ?? 0
        let slope = slopes.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(norm > 0.01 && abs(slope - norm) < 1e-3 * norm)
    }

    @Test("Each setting of the algorithm changes what is learnt")
    func everySettingMatters() throws {
        typealias Change = (inout GRPOConfiguration) -> Void
        func outcome(_ changes: [Change]) throws -> [Float] {
            let run = try Run { configuration in
                configuration.numIterations = 3
                for change in changes { change(&configuration) }
            }
            for _ in 0..<6 { _ = try run.trainer.step() }
            return try run.policy.table.floats
        }
        let settings: [(String, base: Change, Change)] = [
            ("num_generations", { _ in }, { $0.numGenerations = 5 }),
            ("num_prompts_per_step", { _ in }, { $0.promptsPerStep = 3 }),
            ("steps_per_generation", { _ in }, { $0.stepsPerGeneration = 2 }),
            ("num_iterations", { _ in }, { $0.numIterations = 1 }),
            ("max_completion_length", { _ in }, { $0.sampling.maxCompletionLength = 1 }),
            ("temperature", { _ in }, { $0.sampling.temperature = 0.5 }),
            ("loss_type", { _ in }, { $0.loss.lossType = .grpo }),
            ("beta", { _ in }, { $0.loss.beta = 0.5 }),
            ("epsilon", { _ in }, { $0.loss.epsilon = 0.01 }),
            ("epsilon_high", { _ in }, { $0.loss.epsilonHigh = 0.9 }),
            (
                // The reference pulls an answer up that the advantage pushes down.
                "delta", { ($0.loss.beta, $0.numIterations) = (5, 6) }, { $0.loss.delta = 1.001 }
            ),
            (
                "importance_sampling_level", { _ in },
                { $0.loss.importanceSamplingLevel = .sequence }
            ),
            (
                "use_bias_correction_kl", { $0.loss.beta = 0.5 },
                { $0.loss.usesBiasCorrectionKL = false }
            ),
            ("kl_in_reward", { $0.loss.beta = 0.5 }, { $0.klInReward = true }),
            (
                "advantage_estimator", { $0.rewardScale = .none },
                { $0.advantageEstimator = .leaveOneOut }
            ),
            ("scale_rewards", { _ in }, { $0.rewardScale = .batch }),
            (
                "mask_truncated_completions", { $0.sampling.maxCompletionLength = 1 },
                { $0.masksTruncatedCompletions = true }
            ),
            ("learning_rate", { _ in }, { $0.optimizer.learningRate = 0.1 }),
            ("weight_decay", { _ in }, { $0.optimizer.weightDecay = 0.5 }),
            ("adam_beta1", { _ in }, { $0.optimizer.beta1 = 0.5 }),
            ("adam_beta2", { _ in }, { $0.optimizer.beta2 = 0.5 }),
            ("adam_epsilon", { _ in }, { $0.optimizer.epsilon = 0.1 }),
            ("max_grad_norm", { $0.optimizer.epsilon = 0.1 }, { $0.maxGradientNorm = 1e-3 }),
            (
                "lr_scheduler_type", { _ in },
                { $0.schedule = .init(kind: .linear, warmupSteps: 0, totalSteps: 100) }
            ),
            ("seed", { _ in }, { $0.seed = 7 }),
        ]
        for (name, base, change) in settings {
            let (before, after) = (try outcome([base]), try outcome([base, change]))
            #expect(before != after, "\(name)")
            #expect(try outcome([base]) == before, "\(name)")
        }
    }

    @Test(
        "Clipped shares count tokens that count, by the sign of the advantage, over the whole step")
    func clippedShares() throws {
        var statistics = UpdateStatistics()
        // Ratios 0.5 in all places but the last, where it is 2.
        func add(_ lengths: [Int], _ advantages: [Double]) throws {
            var bench = LossBench(lengths: lengths, advantages: advantages)
            let places = bench.places
            bench.old = bench.logProbabilities.enumerated().map { index, value in
                value - log(index % places == places - 1 ? 2 : 0.5)
            }
            let result = try bench.run()
            statistics.add(result.output, loss: result.loss, entropySum: 0)
        }
        // Low: four tokens of a completion of five; high: one of five; none of the two short ones.
        try add([5, 5, 1], [-1, 1, 2])
        try add([1, 3], [-1, 0])
        func shares(_ type: LossType) -> [String: Double] {
            Dictionary(
                uniqueKeysWithValues: statistics.entries(lossType: type, usesReference: false)
                    .map { ($0.name, $0.value) })
        }
        let found = shares(.grpo)
        #expect(found["clip_ratio/low_mean"] == 5.0 / 15)
        #expect(found["clip_ratio/high_mean"] == 1.0 / 15)
        #expect(found["clip_ratio/region_mean"] == 6.0 / 15)
        #expect(found["clip_ratio/low_min"] == 0 && found["clip_ratio/high_max"] == 0.2)
        #expect(Set(shares(.cispo).keys) == ["entropy", "cispo_clip_ratio"])
    }
}
