import Ablation
import EndToEndTestSupport
import Evaluating
import Evaluation
import FilesTestSupport
import Foundation
import Testing
import Torch

@testable import Configuration

extension EndToEnd {
    @Suite(.serialized) struct AblationTests {
        let fixture: EndToEndFixture

        init() throws {
            fixture = try EndToEndFixture.shared.get()
            try TorchRuntime.setThreadCount(1)
        }

        /// The folder of the plan whose runs are done, and what it was right after them.
        private static let done = EndToEndFixture.root + "/ablation"
        private static let kept = EndToEndFixture.root + "/ablation-kept"
        private static let isDone = Result {
            let tests = try AblationTests()
            try FileManager.default.createDirectory(
                atPath: done, withIntermediateDirectories: true)
            try tests.runMissing(try tests.plan(in: done))
            try FileManager.default.moveItem(atPath: done, toPath: kept)
        }

        /// A plan all of whose runs are done: `plan.yaml` in a folder of the time of `body`.
        private func withRuns<Result>(_ body: (String) throws -> Result) throws -> Result {
            try Self.isDone.get()
            // Runs know their places: the copy has the name that the folder had.
            try FileManager.default.copyItem(atPath: Self.kept, toPath: Self.done)
            defer { try? FileManager.default.removeItem(atPath: Self.done) }
            return try body(Self.done)
        }

        /// A plan of 2 × 2 variants and two seeds about the shared models; its file.
        private func plan(in folder: String, name: String = "plan", _ more: String = "") throws
            -> String
        {
            let base = folder + "/base.yaml"
            try fixture.cheapConfiguration(output: "unused").resolved()
                .write(toFile: base, atomically: true, encoding: .utf8)
            let file = "\(folder)/\(name).yaml"
            try """
            question: Does it run?
            base: \(base)
            output_dir: \(folder)/\(name)
            seeds: [1, 2]
            axes:
              grpo.beta: [0, 0.5]
              rate:
                high: {}
                low: {training.learning_rate: 1.0e-4}
            measure:
              data: [\(fixture.shard)]
              metrics: [giou, mean_length, format_validity]
              resamples: 100
            \(more)
            """.write(toFile: file, atomically: true, encoding: .utf8)
            return file
        }

        /// Runs what is missing, and says how many steps were made.
        @discardableResult
        private func runMissing(_ file: String) throws -> Int {
            let recipe = try AblationRecipe(plan: file)
            var steps = 0
            for run in recipe.missing {
                let ending = try recipe.work(run.number)(command: ["test"]) { event in
                    if case .step = event { steps += 1 }
                }
                #expect(ending == .finished)
            }
            return steps
        }

        @Test("An interrupted grid goes on where it was, and no step is made twice")
        func interruption() throws {
            try withFolder { folder in
                let file = try plan(in: folder)
                let recipe = try AblationRecipe(plan: file)
                #expect(recipe.missing.count == 8)
                // The first run is stopped after its first step, the second in its evaluation.
                var steps = 0
                let first = try recipe.work(1)(
                    command: [], shouldStop: { steps == 1 },
                    onEvent: { if case .step = $0 { steps += 1 } })
                #expect(first == .stopped && steps == 1)
                var isEvaluating = false
                let second = try recipe.work(2)(
                    command: [], shouldStop: { isEvaluating }
                ) { event in
                    if case .step = event { steps += 1 }
                    if case .evaluation = event { isEvaluating = true }
                }
                #expect(second == .stopped && steps == 4)
                #expect(recipe.missing.count == 8)
                steps += try runMissing(file)
                #expect(steps == 8 * 3)
                #expect(try AblationRecipe(plan: file).missing.isEmpty)
                #expect(try runMissing(file) == 0)
            }
        }

        @Test("A run whose folder another process still writes to waits until that is done")
        func waiting() throws {
            try withFolder { folder in
                let file = try plan(in: folder)
                let work = try AblationRecipe(plan: file).work(1)
                try FileManager.default.createDirectory(
                    atPath: work.run.folder, withIntermediateDirectories: true)
                let held = open(work.run.folder, O_RDONLY)
                #expect(flock(held, LOCK_EX | LOCK_NB) == 0)
                var events: [String] = []
                let ending = try work(
                    command: [],
                    onEvent: { event in
                        switch event {
                        case .note(let text):
                            if !text.contains("were cut at the longest length") {
                                events.append(text)
                            }
                            // The process is done.
                            close(held)
                        case .step: events.append("step")
                        default: break
                        }
                    })
                #expect(ending == .finished)
                #expect(
                    events == ["waiting for a process that still writes here"]
                        + [String](repeating: "step", count: 3))
            }
        }

        @Test("The result is made of the runs' evaluations, and says what is missing")
        func result() throws {
            try withFolder { folder in
                let file = try plan(in: folder)
                for number in [1, 2, 5, 6] {
                    _ = try AblationRecipe(plan: file).work(number)(command: []) { _ in }
                }
                let part = try AblationRecipe(plan: file).conclude()
                #expect(part.missing.count == 4 && !part.isComplete)
                #expect(part.markdown.contains("Not everything is done: 4 runs are missing"))
                try runMissing(file)
                let whole = try AblationRecipe(plan: file).conclude()
                #expect(whole.isComplete && whole.variants.count == 4)
                let read = try AblationResult.load(folder + "/plan/ablation.json")
                for (variant, again) in zip(whole.variants, read.variants) {
                    #expect(variant.runs.map(\.seed) == [1, 2])
                    let values = try variant.runs.map { run in
                        let result = try EvaluationResult.load(folder: run.evaluation)
                        return try #require(result.summary[.meanLength].value)
                    }
                    let mean = try #require(variant.metrics["mean_length"])
                    #expect(mean.values == values)
                    #expect(mean == again.metrics["mean_length"])
                    #expect(variant.differences == again.differences)
                    #expect(variant.isBaseline == variant.differences.isEmpty)
                    let cost = try #require(variant.cost)
                    #expect(cost.steps == 3 && cost.trainingSeconds > 0)
                }
                // The second variant of the same beta learns at a lower rate, and writes otherwise.
                let written = try whole.variants.map { variant in
                    try EvaluationResult.load(folder: variant.runs[0].evaluation)
                        .answers.map(\.completion)
                }
                #expect(written[0] != written[1], "the variants differ in nothing")
                let difference = try #require(whole.variants[1].differences["mean_length"])
                let pairs = zip(whole.variants[1].runs, whole.variants[0].runs).map {
                    $0.metrics["mean_length"]! - $1.metrics["mean_length"]!
                }
                #expect(difference.bySeed.values == pairs)
            }
        }

        @Test("The page and the table show every variant")
        func documents() throws {
            try withRuns { folder in
                try AblationRecipe(plan: folder + "/plan.yaml").conclude()
                let page = String(
                    decoding: try contents(folder + "/plan/ablation.html"), as: UTF8.self)
                let table = String(
                    decoding: try contents(folder + "/plan/ablation.md"), as: UTF8.self)
                for name in ["beta 0, rate high", "beta 0.5, rate low"] {
                    #expect(page.contains(name) && table.contains(name))
                }
                #expect(table.contains("| beta 0, rate high (baseline) | 2 |"))
                #expect(page.contains("Does it run?") && page.contains("id=\"gallery\""))
                #expect(!page.contains("http://") || page.contains("http://www.w3.org"))
            }
        }

        @Test("Runs of another plan are taken where they are the same")
        func reuse() throws {
            try withRuns { folder in
                try AblationRecipe(plan: folder + "/plan.yaml").conclude()
                let other = folder + "/other.yaml"
                try """
                base: \(folder)/base.yaml
                output_dir: \(folder)/other
                seeds: [1, 2]
                reuse: [\(folder)]
                axes: {grpo.beta: [0, 0.5, 0.25]}
                measure:
                  data: [\(fixture.shard)]
                  resamples: 100
                """.write(toFile: other, atomically: true, encoding: .utf8)
                let recipe = try AblationRecipe(plan: other)
                #expect(recipe.missing.map(\.title) == ["beta=0.25, seed 1", "beta=0.25, seed 2"])
                #expect(recipe.grid.runs[0].isTaken)
                #expect(
                    recipe.grid.runs[0].folder == folder + "/plan/runs/beta=0,rate=high/seed-1")
                try runMissing(other)
                let result = try AblationRecipe(plan: other).conclude()
                #expect(result.isComplete && result.variants.allSatisfy { $0.runs.count == 2 })
            }
        }

        @Test(
            "A plan with more steps continues its runs; one with fewer, or other values, is refused"
        )
        func changedPlan() throws {
            try withRuns { folder in
                let file = folder + "/plan.yaml"
                _ = try plan(in: folder, "set: {training.max_steps: 4}")
                #expect(try runMissing(file) == 8)
                _ = try plan(in: folder, "set: {training.max_steps: 2}")
                let fewer = message { _ = try AblationRecipe(plan: file) }
                #expect(fewer.contains("training.max_steps: is 2, but the run has 4 steps already"))
                _ = try plan(in: folder, "set: {grpo.temperature: 0.5, training.max_steps: 4}")
                let other = message { _ = try AblationRecipe(plan: file) }
                #expect(
                    other.contains("grpo.temperature: the run was started with 1, now it is 0.5"))
            }
        }

        @Test("Other measures are other evaluations of the same runs")
        func changedMeasure() throws {
            try withRuns { folder in
                let file = folder + "/plan.yaml"
                let text = String(decoding: try contents(file), as: UTF8.self)
                try text.replacingOccurrences(of: "measure:", with: "measure:\n  limit: 2")
                    .write(toFile: file, atomically: true, encoding: .utf8)
                #expect(try AblationRecipe(plan: file).missing.count == 8)
                #expect(try runMissing(file) == 0)
                #expect(try AblationRecipe(plan: file).conclude().method?.samples == 2)
            }
        }
    }
}
