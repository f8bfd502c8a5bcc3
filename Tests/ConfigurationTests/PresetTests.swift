import Configuration
import FilesTestSupport
import Foundation
import RLTrainer
import SegmenterTraining
import Settings
import SharedSettings
import SupervisedTraining
import Testing

/// The configurations that come with the project.
@Suite struct PresetTests {
    private var root: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Configs").path
    }

    private func preset(_ name: String) throws -> RunConfiguration {
        try RunConfiguration.load(
            file: "\(root)/presets/\(name).yaml",
            overrides: ["policy.path=p", "segmenter.path=s", "data.train=t.h5"])
    }

    @Test("Every shipped configuration reads without problems and warnings, and names its paper")
    func shipped() throws {
        let files = try #require(FileManager.default.subpaths(atPath: root))
            .filter {
                $0.hasSuffix(".yaml") && !$0.hasPrefix("embedded/") && $0 != "sft.yaml"
            }
        #expect(files.count >= 10)
        for file in files {
            let configuration = try RunConfiguration.load(file: "\(root)/\(file)")
            #expect(configuration.warnings.isEmpty, "\(file)")
            let text = try String(contentsOfFile: "\(root)/\(file)", encoding: .utf8)
            #expect(text.contains(/arXiv \d{4}\.\d{5}/), "\(file)")
        }
    }

    @Test(
        "Configurations of what comes before read without problems, each stage after the one before"
    )
    func embedded() throws {
        _ = try SFTConfiguration.load(file: "\(root)/sft.yaml")
        let segmenter = try SegmenterConfiguration.load(file: "\(root)/embedded/segmenter.yaml")
        #expect(segmenter.segmenter.storedType == .float16)
        let stages = try ["1-objects", "2-questions", "3-start"].map {
            try SFTConfiguration.load(file: "\(root)/embedded/policy-\($0).yaml")
        }
        for (stage, next) in zip(stages, stages.dropFirst()) {
            #expect(next.policy.path == stage.outputDirectory + "/policy")
        }
        #expect(stages[0].policy.start == .embedded && stages[2].policy.storedType == .float16)
    }

    @Test("Presets have their papers' settings")
    func settings() throws {
        typealias Check = (GRPOConfiguration) -> Bool
        let wanted: [(String, Check)] = [
            ("deepseek-r1", { $0.loss.lossType == .grpo && $0.loss.epsilon == 10 }),
            ("deepseek-r1", { $0.loss.beta == 0.001 && !$0.loss.usesBiasCorrectionKL }),
            ("deepseek-r1", { $0.stepsPerGeneration == 16 && $0.numGenerations == 16 }),
            ("dapo", { $0.loss.lossType == .dapo && $0.loss.epsilonHigh == 0.28 }),
            ("dapo", { $0.masksTruncatedCompletions && $0.loss.beta == 0 }),
            ("dr-grpo", { $0.loss.lossType == .drGRPO && $0.rewardScale == .none }),
            ("gspo", { $0.loss.importanceSamplingLevel == .sequence }),
            ("gspo", { $0.loss.epsilon == 3e-4 && $0.loss.epsilonHigh == 4e-4 }),
            ("gspo", { $0.stepsPerGeneration == 4 && $0.loss.lossType == .grpo }),
            ("cispo-scalerl", { $0.loss.lossType == .cispo && $0.loss.epsilonHigh == 5 }),
            ("cispo-scalerl", { $0.rewardScale == .batch && $0.numGenerations == 16 }),
            ("intellect-2", { $0.loss.delta == 4 && $0.loss.beta == 0.001 }),
            ("lite-ppo", { $0.loss.lossType == .dapo && $0.rewardScale == .batch }),
            ("2-grpo", { $0.numGenerations == 2 }),
            ("rloo", { $0.loss.lossType == .rloo && $0.advantageEstimator == .leaveOneOut }),
            ("rloo", { $0.klInReward && $0.loss.beta == 0.05 && $0.rewardScale == .none }),
        ]
        for (name, check) in wanted { #expect(check(try preset(name).grpo), "\(name)") }
        #expect(try preset("intellect-2").training.learningRate == 3e-7)
    }

    @Test("Settings that are most likely not meant are warned about, with their keys")
    func warnings() throws {
        func warnings(_ name: String, _ overrides: String...) throws -> [String] {
            try RunConfiguration.load(
                file: "\(root)/presets/\(name).yaml", overrides: overrides
            ).warnings
        }
        let wide = try warnings("gspo", "grpo.epsilon=0.2", "grpo.epsilon_high=null")
        #expect(wide.count == 1 && wide[0].contains("grpo.epsilon is 0.2"))
        #expect(try warnings("gspo", "grpo.epsilon=0.01", "grpo.epsilon_high=null").isEmpty)
        #expect(try warnings("cispo-scalerl", "grpo.epsilon_high=0.28").count == 1)
        #expect(try warnings("cispo-scalerl", "grpo.delta=4").count == 1)
        #expect(try warnings("rloo", "grpo.beta=0").count == 1)
    }

    @Test("rloo with a divergence in the loss is refused")
    func refused() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try RunConfiguration.load(
                file: "\(root)/presets/rloo.yaml", overrides: ["grpo.kl_in_reward=false"])
        }
        #expect(error.problems.map(\.key) == ["grpo.loss_type"])
    }
}
