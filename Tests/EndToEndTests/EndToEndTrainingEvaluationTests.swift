import EndToEndTestSupport
import Evaluation
import FilesTestSupport
import Foundation
import NN
import Policies
import Testing
import Torch
import TrainingTestSupport

@testable import Evaluating
@testable import Reporting
@testable import Runs
@testable import Settings
@testable import Training
@testable import TrainingRuns

extension EndToEnd {
    /// Evaluations while a policy is trained.
    @Suite(.serialized) struct TrainingEvaluationTests {
        let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        private func configuration(_ folder: String) -> RunConfiguration {
            var result = fixture.cheapConfiguration(output: folder)
            result.training.maxSteps = 4
            result.data.validation = [fixture.shard]
            result.evaluation.evalSteps = 2
            return result
        }

        struct Session: Equatable {
            let ending: TrainEnding
            let step: Int

            init(_ ending: TrainEnding, _ step: Int) { (self.ending, self.step) = (ending, step) }
        }

        /// Why a session ends, and after which step; nothing of it is left when this returns.
        private func session(
            _ configuration: RunConfiguration, shouldStop: () -> Bool = { false },
            onEvaluation: (TrainingEvaluationEvent) -> Void = { _ in }
        ) throws -> Session {
            let recipe = try TrainRecipe(configuration, command: [], resume: .automatic)
            let ending = try recipe.run(
                shouldStop: shouldStop, onEvaluation: onEvaluation, onStep: { _ in })
            return Session(ending, recipe.stepCount)
        }

        private func weights(_ run: String, _ step: Int) throws -> Data {
            try contents("\(run)/checkpoints/step-\(step)/policy/model.safetensors")
        }

        @Test(
            "A run with evaluations is the run without, to the bit: weights, optimizer, completions",
            arguments: [0, 2])
        func undisturbed(workers: Int) throws {
            try withFolder { folder in
                var with = configuration(folder + "/with")
                with.workers = workers
                with.evaluation.evalOnStart = true
                with.evaluation.question = .all
                var without = with
                without.outputDirectory = folder + "/without"
                without.data.validation = []
                try train(with)
                try train(without)
                for name in ["policy/model.safetensors", "optimizer.safetensors"] {
                    let file = "checkpoints/step-4/\(name)"
                    #expect(
                        try contents("\(folder)/with/\(file)")
                            == contents("\(folder)/without/\(file)"))
                }
                for step in 1...4 {
                    let file = "rollouts/step-\(step).jsonl"
                    #expect(
                        try contents("\(folder)/with/\(file)")
                            == contents("\(folder)/without/\(file)"))
                }
                let (one, two) = (
                    try lines(folder + "/with/metrics.jsonl"),
                    try lines(folder + "/without/metrics.jsonl")
                )
                #expect(
                    one.filter { !$0.contains("eval_") }.map(withoutClock) == two.map(withoutClock))
                let steps = try one.filter { $0.contains("eval_") }.map {
                    try object($0)["step"] as? Int
                }
                #expect(steps == [0, 2, 4])
            }
        }

        @Test("What a run finds is what evaluate finds for the checkpoint of that step")
        func sameNumbers() throws {
            try withFolder { folder in
                var run = configuration(folder + "/run")
                run.logging.saveSteps = 2
                run.evaluation.evalSamples = 3
                try train(run)
                for step in [2, 4] {
                    let found = try EvaluationResult.load(
                        folder: "\(folder)/run/evaluation/step-\(step)")
                    var recipe = EvaluateRecipe(
                        policy: "\(folder)/run/checkpoints/step-\(step)/policy",
                        segmenter: fixture.segmenter, data: [fixture.shard])
                    recipe.settings.imageSize = run.data.imageSize
                    recipe.settings.maxCompletionLength = 4
                    recipe.settings.seed = UInt64(run.seed)
                    recipe.settings.limit = 3
                    let expected = try recipe.run()
                    #expect(found.answers == expected.answers)
                    #expect(found.summary == expected.summary)
                }
                // Steps are steps in a report, and evaluations are its curve of held-out samples.
                let record = try RunRecord(path: folder + "/run")
                #expect(record.steps.map(\.number) == [1, 2, 3, 4])
                #expect(record.heldOut?.points.map(\.step) == [2, 4])
                let page = try RunReport(run: folder + "/run").html()
                #expect(
                    page.contains("Held-out samples, along the way")
                        && page.contains("4 optimizer steps"))
                #expect(page.contains("On held-out samples gIoU was 0.000 in all 2 evaluations"))
                #expect(!page.contains("only an evaluation on held-out samples can tell"))
            }
        }

        @Test(
            "The best checkpoint stays however many are kept; training ends when patience is over")
        func bestAndStop() throws {
            try withFolder { folder in
                var run = configuration(folder + "/run")
                // Random policies write no format: the first evaluation is the best one.
                run.evaluation.metricForBestModel = .formatValidity
                run.evaluation.evalSteps = 1
                run.evaluation.earlyStoppingPatience = 2
                run.logging.saveSteps = 1
                run.logging.saveTotalLimit = 1
                var found: [Int] = []
                let first = try session(
                    run,
                    onEvaluation: {
                        if case .finished(let step, _, let value, let isBest, _, _) = $0 {
                            #expect(value == 0 && isBest == (step == 1))
                            found.append(step)
                        }
                    })
                #expect(first.ending == .stalled && found == [1, 2, 3])
                #expect(CheckpointFolder(run: folder + "/run").steps == [3, 1])
                let link = "\(folder)/run/checkpoints/best"
                #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "step-1")
                let listing = try CheckpointRecipe.list(folder + "/run", readingAll: true)
                // Both found nothing: the link leads to the first, which nothing calls the best.
                #expect(listing.map(\.isBest) == [false, false])
                #expect(listing.map(\.problem) == [nil, nil])
                // It stays ended, until patience is another.
                #expect(try session(run) == Session(.stalled, 3))
                run.evaluation.earlyStoppingPatience = nil
                #expect(try session(run) == Session(.finished, 4))
                #expect(CheckpointFolder(run: folder + "/run").steps == [4, 1])
                // Who deletes the best one is told, and it is found anew.
                try FileManager.default.removeItem(atPath: "\(folder)/run/checkpoints/step-1")
                #expect(
                    message {
                        _ = try CheckpointRecipe.chosen(folder + "/run", .best, onWarning: { _ in })
                    }
                    .contains("to which checkpoints/best leads"))
                run.training.maxSteps = 5
                let start = try RunStart(run, .automatic)
                #expect(start.notes.contains { $0.contains("step-1, is gone") })
                #expect(start.checkpoint?.state.evaluation?.bestStep == nil)
            }
        }

        @Test("A run that is stopped within an evaluation makes it when it goes on")
        func interrupted() throws {
            try withFolder { folder in
                let whole = configuration(folder + "/whole")
                let parts = configuration(folder + "/parts")
                try train(whole)
                var stops = false
                let first = try session(
                    parts, shouldStop: { stops },
                    onEvaluation: { if case .progress(2, _) = $0 { stops = true } })
                #expect(first == Session(.stopped, 2))
                #expect(!exists(folder + "/parts/evaluation/step-2"))
                #expect(try session(parts).ending == .finished)
                #expect(try weights(folder + "/parts", 4) == weights(folder + "/whole", 4))
                #expect(
                    try lines(folder + "/parts/metrics.jsonl").map(withoutClock)
                        == lines(folder + "/whole/metrics.jsonl").map(withoutClock))
            }
        }

        @Test("A session ends with a checkpoint before its time limit, and the next one goes on")
        func timeLimit() throws {
            try withFolder { folder in
                var run = configuration(folder + "/run")
                run.logging.saveBeforeTimeLimit = 1e-6
                let first = try session(run)
                #expect(first == Session(.timeLimit, 1))
                #expect(CheckpointFolder(run: folder + "/run").steps == [1])
                run.logging.saveBeforeTimeLimit = nil
                #expect(try session(run) == Session(.finished, 4))
            }
        }

        @Test("A checkpoint is exported as it is, or in another type; a damaged one is refused")
        func export() throws {
            try withFolder { folder in
                var run = configuration(folder + "/run")
                run.training.maxSteps = 2
                run.logging.saveSteps = 1
                run.evaluation.metricForBestModel = .formatValidity
                run.evaluation.evalSteps = 1
                try train(run)
                let checkpoint = folder + "/run/checkpoints/step-2"
                let taken = try CheckpointRecipe.export(
                    folder + "/run", .newest, to: folder + "/a/policy", dtype: nil)
                #expect(taken == checkpoint)
                #expect(
                    try files(folder + "/a/policy").filter { $0.key != "README.md" }
                        == files(checkpoint + "/policy"))
                #expect(
                    try CheckpointRecipe.export(
                        folder + "/run", .best, to: folder + "/b", dtype: .bfloat16)
                        == folder + "/run/checkpoints/step-1")
                let half = try fixture.loadPolicy(folder + "/b").parameters[0].tensor
                let full = try fixture.loadPolicy(folder + "/run/checkpoints/step-1/policy")
                    .parameters[0].tensor
                #expect(try half.isEqual(to: full.to(.bfloat16).to(.float32)))
                let known = message {
                    _ = try CheckpointRecipe.export(
                        folder + "/run", .step(7), to: folder + "/c", dtype: nil)
                }
                #expect(known.contains("the run has those of 1, 2"))
                try Data("x".utf8).write(
                    to: URL(fileURLWithPath: checkpoint + "/policy/config.json"))
                let refusal = message {
                    _ = try CheckpointRecipe.export(
                        folder + "/run", .step(2), to: folder + "/c", dtype: nil)
                }
                #expect(refusal.contains("policy/config.json: is cut short or damaged"))
                #expect(!exists(folder + "/c"))
            }
        }
    }
}
