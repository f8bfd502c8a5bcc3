import CostsTestSupport
import EndToEndTestSupport
import FilesTestSupport
import Foundation
import NN
import PromptedMasks
import RLTrainer
import SAM2
import Testing
import Torch
import VisionLanguage

@testable import Benchmarking
@testable import Costs
@testable import Evaluating
@testable import Files
@testable import Inference
@testable import NewModels
@testable import Policies
@testable import Settings
@testable import Training

extension EndToEnd {
    /// The benchmark of steps, and the models that it can be run on.
    @Suite struct StepBenchmarkTests {
        private let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        private func benchmark() -> StepBenchmark {
            var benchmark = StepBenchmark(policy: fixture.policy, segmenter: fixture.segmenter)
            benchmark.shapes.imageSize = 56
            benchmark.shapes.promptTokens = 24
            benchmark.shapes.numGenerations = 2
            benchmark.shapes.completionLength = 3
            benchmark.repeats = 2
            return benchmark
        }

        private func json(_ benchmark: StepBenchmark) throws -> [String: Any] {
            let data = try jsonDocument(benchmark.run(device: .cpu))
            return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        }

        @Test("Every part of a step has its runs, rates and prediction, and the whole is their sum")
        func phases() throws {
            let json = try json(benchmark())
            let phases = try #require(json["phases"] as? [String: [String: Any]])
            #expect(Set(phases.keys) == Set(StepBenchmarkResult.order))
            var sum = 0.0
            for (name, phase) in phases {
                let runs = try #require(phase["runs_s"] as? [Double])
                #expect(runs.count == 2 && runs.allSatisfy { $0 > 0 }, "\(name)")
                #expect((phase["cpu_runs_s"] as? [Double])?.count == 2)
                #expect(try #require(phase["predicted_s"] as? Double) > 0, "\(name)")
                sum += try #require(phase["median_s"] as? Double)
            }
            #expect(abs(sum - (json["step_s"] as? Double ?? 0)) < 1e-9)
            // Two completions of three tokens: 2 · (24 + 2) positions become 24 + 2 · 2.
            let ratio = try #require(json["token_ratio"] as? Double)
            #expect(abs(ratio - 52.0 / 28) < 1e-9)
            #expect(json["dtype"] as? String == "fp32" && json["threads"] is Int)
            #expect(try #require(json["gemm_peak_gflops"] as? Double) > 0)
            #expect(try #require(json["peak_rss_mb"] as? Double) > 1)
        }

        @Test("Without a divergence there is no reference, and what is frozen has no gradient")
        func withoutReference() throws {
            var benchmark = benchmark()
            benchmark.beta = 0
            benchmark.freeze = ["visual.*"]
            benchmark.shapes.prompts = 3
            benchmark.workers = 2
            let phases = try #require(json(benchmark)["phases"] as? [String: Any])
            #expect(phases["reference"] == nil && phases["update"] != nil)
        }

        @Test(
            "No phase has more than the best rate, with whatever is frozen and however fast it was")
        func shares() throws {
            for frozen in [[], ["visual.*"], ["model.layers.*"], ["model.*"]] {
                var benchmark = benchmark()
                benchmark.freeze = frozen
                let result = try benchmark.run(device: .cpu)
                #expect(result.phases.values.allSatisfy { (0...1).contains(result.share(of: $0)) })
                #expect(!result.lines.joined().contains("memory 0 MiB"))
            }
            // Products that were measured when others had the machine.
            let slow = MachineSpeed(
                policyFLOPS: 1, segmenterFLOPS: 1, decodingFLOPS: 1, memoryBytes: 1, operation: 1)
            let time = PhaseTime(wall: 1, processor: 1)
            var timings = StepTimings()
            (timings.rollout, timings.reward, timings.reference) = (time, time, time)
            (timings.update, timings.optimizer) = (time, time)
            let result = StepBenchmarkResult(
                benchmark(), timings: [timings], peak: .unknown("nobody counts"),
                cost: try StepCost(.bench), speed: slow)
            #expect(result.phases.values.map { result.share(of: $0) }.max() == 1)
            #expect(result.lines.joined().contains("peak memory not known (nobody counts)"))
        }

        @Test("A prompt that is shorter than its picture is an error that says how long it must be")
        func shortPrompt() throws {
            var benchmark = benchmark()
            benchmark.shapes.promptTokens = 7
            let error = try #require(throws: BenchmarkError.self) {
                try benchmark.run(device: .cpu)
            }
            #expect("\(error)".contains("at least 8"))
        }

        @Test(
            "A policy of a configuration depends on the seed only, and training can start from it")
        func policy() throws {
            try withFolder { folder in
                func make(_ name: String, seed: UInt64) throws -> [NN.Parameter] {
                    let outcome = try ModelInitialization.writePolicy(
                        configuration: fixture.policy + "/config.json", companions: nil,
                        output: folder + "/" + name, seed: seed, dtype: .float32)
                    #expect(outcome.missing == [])
                    return try VisionLanguagePolicy.load(
                        path: folder + "/" + name, dtype: .float32, device: .cpu,
                        template: fixture.loadPolicy().template
                    ).parameters
                }
                let (first, again, other) = (
                    try make("a", seed: 1), try make("b", seed: 1), try make("c", seed: 2)
                )
                #expect(try zip(first, again).allSatisfy { try $0.tensor.isEqual(to: $1.tensor) })
                #expect(try zip(first, other).contains { try !$0.tensor.isEqual(to: $1.tensor) })
                var configuration = fixture.configuration(output: folder + "/run")
                configuration.policy.path = folder + "/a"
                _ = try TrainRecipe(configuration, command: [])
            }
        }

        @Test("Without a tokenizer beside the configuration the outcome says what is missing")
        func withoutTokenizer() throws {
            try withFolder { folder in
                let alone = folder + "/config.json"
                try FileManager.default.copyItem(
                    atPath: fixture.policy + "/config.json", toPath: alone)
                func missing(_ companions: String?) throws -> [String] {
                    try ModelInitialization.writePolicy(
                        configuration: alone, companions: companions,
                        output: folder + (companions == nil ? "/alone" : "/new"),
                        seed: 1, dtype: .bfloat16
                    ).missing
                }
                #expect(try missing(nil).first?.contains("tokenizer.json") == true)
                #expect(try missing(fixture.policy) == [])
                #expect(throws: MissingInputError.self) {
                    try ModelInitialization.writePolicy(
                        configuration: folder + "/none.json", companions: nil, output: folder,
                        seed: 1, dtype: .float32)
                }
            }
        }

        @Test("A segmenter of a configuration is one that loads, and depends on the seed only")
        func segmenter() throws {
            try withFolder { folder in
                for (name, seed) in [("a", UInt64(1)), ("b", 1), ("c", 2)] {
                    _ = try ModelInitialization.writeSegmenter(
                        configuration: fixture.segmenter + "/config.json",
                        output: folder + "/" + name, seed: seed, dtype: .float32)
                }
                let models = try ["a", "b", "c"].map {
                    try SAM2Model.load(path: folder + "/" + $0).parameters
                }
                func equal(_ a: Int, _ b: Int) throws -> Bool {
                    try zip(models[a], models[b]).allSatisfy {
                        try $0.tensor.isEqual(to: $1.tensor)
                    }
                }
                #expect(try equal(0, 1))
                #expect(try !equal(0, 2))
            }
        }

        @Test("A reference has the memory of what is not trained, and values of its own elsewhere")
        func sharedReference() throws {
            let policy = try fixture.loadPolicy()
            try policy.setTrainable(freezing: ["visual.*"])
            let reference = try policy.reference(path: fixture.policy)
            try withoutGradients {
                for parameter in policy.parameters { try parameter.tensor.fillInPlace(0.37) }
            }
            for (a, b) in zip(policy.parameters, reference.parameters) {
                let isShared = a.key.hasPrefix("visual.")
                #expect(try a.tensor.isEqual(to: b.tensor) == isShared, "\(a.key)")
                #expect(!b.tensor.requiresGradient)
            }
        }
    }
}
