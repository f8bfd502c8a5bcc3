import Datasets
import EndToEndTestSupport
import FilesTestSupport
import Foundation
import NN
import RLTrainer
import Shards
import TestSupport
import Testing
import Torch
import TrainingTestSupport

@testable import Files
@testable import Reporting
@testable import Runs
@testable import Settings
@testable import Training
@testable import TrainingRuns

/// What goes wrong in a run, and what it costs.
extension EndToEnd.ResumeTests {
    /// A shard of four scenes, of whose pictures one is damaged.
    private func damagedShard(_ folder: String) throws -> (path: String, id: String) {
        let path = folder + "/damaged.h5"
        var data = try contents(fixture.shard)
        let sample = try ShardReader(path: fixture.shard).sample(at: 2)
        let place = try #require(data.range(of: Data(sample.image)))
        data[place.lowerBound + sample.image.count / 2] ^= 0x10
        try data.write(to: URL(fileURLWithPath: path))
        return (path, sample.id)
    }

    private func faults(_ run: String) throws -> [[String: Any]] {
        try lines(run + "/faults.jsonl").map(object)
    }

    @Test(
        "A damaged picture costs its sample only: it is counted, shown and written down with its id"
    )
    func damagedPicture() throws {
        try withFolder { folder in
            let shard = try damagedShard(folder)
            var configuration = configuration(folder + "/run")
            configuration.data.train = [shard.path]
            var shown: [Fault] = []
            var metrics: [StepMetrics] = []
            try TrainRecipe(configuration, command: []).run(onFault: { shown.append($0) }) {
                metrics.append($0)
            }
            // Two passes over three samples.
            #expect(shown.map(\.sampleIDs) == [[shard.id], [shard.id]])
            #expect(metrics.compactMap { $0["faults/samples"] }.reduce(0, +) == 2)
            #expect(metrics.last?["faults/total"] == 2)
            let written = try faults(folder + "/run")
            #expect(written.compactMap { $0["ids"] as? [String] } == [[shard.id], [shard.id]])
            #expect(written.allSatisfy { $0["kind"] as? String == "sample" })
            for (line, fault) in zip(written, shown) {
                #expect(line["message"] as? String == fault.description)
                let step = try #require(line["step"] as? Int)
                #expect(metrics[step - 1]["faults/samples"] ?? 0 > 0)
            }
            #expect(shown[0].description.contains("\(shard.path): sample 2 ('\(shard.id)'): "))
            for step in 1...3 {
                let rollouts = try lines("\(folder)/run/rollouts/step-\(step).jsonl")
                #expect(rollouts.count == 4)
                #expect(try rollouts.allSatisfy { try object($0)["id"] as? String != shard.id })
            }
            // A run without faults has no such file.
            configuration = self.configuration(folder + "/clean")
            configuration.training.maxSteps = 1
            try train(configuration)
            #expect(!exists(folder + "/clean/faults.jsonl"))
            // A strict run stops with the same words, and leaves nothing that is in its way.
            configuration = self.configuration(folder + "/strict")
            (configuration.data.train, configuration.strict) = ([shard.path], true)
            configuration.training.maxSteps = 2
            configuration.grpo.promptsPerStep = 4
            #expect(message { try train(configuration) } == shown[0].description)
            configuration.strict = false
            try train(configuration)
        }
    }

    @Test(
        "A run with damaged samples goes on to the byte, in the middle of a batch too",
        arguments: [(1, 1), (2, 2)])
    func damagedResume(stepsPerGeneration: Int, numIterations: Int) throws {
        try withFolder { folder in
            let shard = try damagedShard(folder)
            func configuration(_ name: String) -> RunConfiguration {
                var result = self.configuration("\(folder)/\(name)")
                result.data.train = [shard.path]
                result.grpo.stepsPerGeneration = stepsPerGeneration
                result.grpo.numIterations = numIterations
                result.training.maxSteps = 6
                return result
            }
            try session(configuration("whole"))
            for stop in 1...5 { try session(configuration("parts"), until: stop) }
            try session(configuration("parts"))
            try expectSame(folder + "/parts", folder + "/whole")
            #expect(try faults(folder + "/whole").count > 1)
            // What came after the checkpoint is cut away, and comes again.
            for step in 4...6 {
                try FileManager.default.removeItem(
                    atPath: "\(folder)/parts/checkpoints/step-\(step)")
            }
            try session(configuration("parts"))
            let (one, two) = (try traces(folder + "/parts"), try traces(folder + "/whole"))
            for name in ["faults.jsonl", "metrics", "checkpoints/step-6/state.json"] {
                #expect(one[name] == two[name], "\(name)")
            }
        }
    }

    @Test("A shard that vanishes or is cut off stops the run by its name, and costs no checkpoint")
    func vanishedShard() throws {
        let damages: [(ShardError.Kind, (String) throws -> Void)] = [
            (.missing, { try FileManager.default.removeItem(atPath: $0) }),
            (
                .unreadable,
                { path in
                    let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
                    try handle.truncate(atOffset: 5000)
                    try handle.close()
                }
            ),
        ]
        // Without what is being written.
        func checkpointFiles(_ run: String) throws -> [String: Data] {
            let checkpoints = CheckpointFolder(run: run)
            return try checkpoints.steps.reduce(into: [:]) { all, step in
                for (name, data) in try files(checkpoints.step(step)) {
                    all["\(step)/\(name)"] = data
                }
            }
        }
        try withFolder { folder in
            func configuration(_ name: String) -> RunConfiguration {
                var result = self.configuration("\(folder)/\(name)")
                result.data.train = [folder + "/train.h5"]
                result.data.prefetch = 1
                result.training.maxSteps = 6
                return result
            }
            let shard = try contents(fixture.shard)
            let file = URL(fileURLWithPath: folder + "/train.h5")
            try shard.write(to: file)
            try session(configuration("whole"))
            for (kind, damage) in damages {
                try shard.write(to: file)
                let run = "\(folder)/\(kind)"
                var (before, steps) = ([String: Data](), 0)
                let error = try #require(throws: ShardError.self) {
                    // The folder is free when the recipe is gone.
                    try TrainRecipe(configuration("\(kind)"), command: ["test"]).run { metrics in
                        steps = metrics.step
                        if metrics.step == 3 { try damage(folder + "/train.h5") }
                        if metrics.step > 2 { before = try checkpointFiles(run) }
                    }
                }
                #expect(error.kind == kind && error.path == folder + "/train.h5")
                #expect(steps < 6 && !before.isEmpty)
                #expect(!exists(run + "/faults.jsonl"))
                let after = try checkpointFiles(run)
                for (name, data) in before { #expect(after[name] == data, "\(name)") }
                // With the shard back the run goes on to its end.
                try shard.write(to: file)
                try session(configuration("\(kind)"))
                try expectSame(run, folder + "/whole")
            }
        }
    }

    @Test("A step that is not finite leaves a line that reports read, and a record of its own")
    func skippedStep() throws {
        try withFolder { folder in
            // Decay blows the weights up in the first step; the second has the first one's rollouts.
            var configuration = configuration(folder + "/run")
            configuration.training.learningRate = 1e42
            configuration.training.schedule = .constant
            configuration.grpo.numIterations = 2
            let refusal = message { try train(configuration) }
            #expect(refusal.contains("the policy's probabilities are not numbers"))
            let metrics = try lines(folder + "/run/metrics.jsonl").map(object)
            #expect(metrics.count == 2)
            #expect(metrics[1]["loss"] is NSNull && metrics[1]["skipped_steps"] as? Int == 1)
            #expect(Set(metrics[0].keys) == Set(metrics[1].keys))
            let fault = try faults(folder + "/run")[0]
            #expect(fault["kind"] as? String == "step" && fault["step"] as? Int == 2)
            #expect((fault["ids"] as? [String])?.count == 2)
            let record = try RunRecord(path: folder + "/run")
            #expect(record.steps.map { $0.values["loss"]?.isFinite } == [true, false])
            let report = XMLReading(try RunReport(run: folder + "/run").html())
            #expect(report.problem == nil && report.text.contains("2 optimizer steps"))
            // The step's weights are those of the step before.
            let weights = try [1, 2].map {
                try contents("\(folder)/run/checkpoints/step-\($0)/policy/model.safetensors")
            }
            #expect(weights[0] == weights[1])
            // None allowed: the run stops with that step.
            configuration.outputDirectory = folder + "/none"
            configuration.training.maxSkippedSteps = 0
            let error = #expect(throws: DivergedError.self) { try train(configuration) }
            #expect(error?.faults.map(\.kind) == [.step] && error?.metrics.step == 2)
            // The step counts: it has its numbers, its fault and a checkpoint that verifies.
            #expect(try lines(folder + "/none/metrics.jsonl").count == 2)
            #expect(try faults(folder + "/none").count == 1)
            let last = try #require(
                CheckpointRecipe.list(folder + "/none", readingAll: true).last)
            #expect(last.step == 2 && last.problem == nil)
        }
    }
}
