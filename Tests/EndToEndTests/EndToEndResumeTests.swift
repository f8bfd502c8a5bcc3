import Embeddings
import EndToEndTestSupport
import Evaluation
import Files
import FilesTestSupport
import Foundation
import NN
import Policies
import RLTrainer
import SharedSettings
import Testing
import Torch
import TrainingTestSupport

@testable import Evaluating
@testable import Runs
@testable import Settings
@testable import Training
@testable import TrainingRuns

extension EndToEnd {
    /// Runs that are interrupted and continued.
    @Suite(.serialized) struct ResumeTests {
        let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        /// A run of a few cheap steps, all of which leave a checkpoint.
        func configuration(_ folder: String) -> RunConfiguration {
            var result = fixture.cheapConfiguration(output: folder)
            result.logging.saveSteps = 1
            return result
        }

        /// Trains until `stop` steps are done, in one session.
        @discardableResult
        func session(
            _ configuration: RunConfiguration, until stop: Int? = nil,
            _ mode: ResumeMode = .automatic
        ) throws -> (notes: [String], ending: TrainEnding, steps: [Int]) {
            let recipe = try TrainRecipe(configuration, command: ["test"], resume: mode)
            var steps: [Int] = []
            let ending = try recipe.run(shouldStop: { recipe.stepCount == stop }) {
                steps.append($0.step)
            }
            return (recipe.notes, ending, steps)
        }

        /// All that a run leaves and the clock does not decide, by path.
        func traces(_ run: String) throws -> [String: Data] {
            var result: [String: Data] = [:]
            for (name, data) in try files(run)
            where name.hasPrefix("rollouts/") || name.hasPrefix("checkpoints/")
                || name.hasSuffix("/predictions.jsonl") || name == "faults.jsonl"
            {
                if name.hasSuffix("/state.json") {
                    var state = try CheckpointState(json: data)
                    state.seconds = 0
                    state.configuration["output_dir"] = nil
                    state.configuration["logging.save_steps"] = nil
                    let encoder = JSONEncoder()
                    encoder.outputFormatting = .sortedKeys
                    result[name] = try encoder.encode(state)
                } else if name.hasSuffix("/\(CheckpointManifest.file)") {
                    let manifest = try JSONDecoder().decode(CheckpointManifest.self, from: data)
                    let entries = manifest.files.filter { $0.key != "state.json" }
                    result[name] = Data("\(entries.sorted { $0.key < $1.key })".utf8)
                } else {
                    result[name] = data
                }
            }
            result["metrics"] = Data(
                try lines(run + "/metrics.jsonl").map(withoutClock).joined(separator: "\n").utf8)
            return result
        }

        func expectSame(_ run: String, _ other: String) throws {
            let (one, two) = (try traces(run), try traces(other))
            #expect(one.keys.sorted() == two.keys.sorted())
            for name in one.keys.sorted() { #expect(one[name] == two[name], "\(name)") }
        }

        private static let cases:
            [(stop: Int, change: @Sendable (inout RunConfiguration) -> Void)] = [
                (2, { _ in }),
                (
                    3,
                    {
                        ($0.grpo.stepsPerGeneration, $0.grpo.numIterations) = (2, 2)
                        $0.training.maxSteps = 5
                    }
                ),
                (1, { ($0.grpo.loss.beta, $0.training.maxSteps) = (0.1, 2) }),
                (
                    1,
                    {
                        ($0.workers, $0.policy.freeze) = (2, ["visual.*"])
                        $0.training.maxSteps = 2
                    }
                ),
                (
                    1,
                    {
                        ($0.workers, $0.policy.freeze, $0.grpo.numIterations) = (2, ["visual.*"], 2)
                        ($0.policy.dtype, $0.grpo.loss.beta) = (.bfloat16, 0.1)
                        $0.training.maxSteps = 2
                    }
                ),
                (
                    1,
                    {
                        $0.policy.adapter.targets = .pattern("all-linear")
                        ($0.policy.adapter.rank, $0.policy.adapter.initialization) = (2, .false)
                        ($0.grpo.loss.beta, $0.policy.dtype) = (0.1, .bfloat16)
                        $0.training.maxSteps = 2
                    }
                ),
                (
                    2,
                    {
                        $0.policy.adapter.targets = .names(["q_proj", "down_proj"])
                        ($0.policy.adapter.usesDoRA, $0.policy.adapter.dropout) = (true, 0.2)
                        ($0.policy.adapter.initialization, $0.workers) = (.false, 2)
                        ($0.grpo.loss.beta, $0.grpo.numIterations) = (0.1, 2)
                    }
                ),
                (
                    // In a batch, with the best of the evaluations before it.
                    3,
                    {
                        ($0.grpo.stepsPerGeneration, $0.grpo.numIterations) = (2, 2)
                        ($0.evaluation.evalSteps, $0.evaluation.evalSamples) = (2, 2)
                        $0.evaluation.metricForBestModel = .formatValidity
                        ($0.logging.saveTotalLimit, $0.training.maxSteps) = (1, 5)
                        $0.data.validation = $0.data.train
                    }
                ),
            ]

        @Test(
            "An interrupted run that goes on leaves the bytes of one that was not",
            arguments: 0..<cases.count)
        func exact(index: Int) throws {
            try withFolder { folder in
                var whole = configuration(folder + "/whole")
                Self.cases[index].change(&whole)
                var parts = whole
                parts.outputDirectory = folder + "/parts"
                try session(whole)
                let stop = Self.cases[index].stop
                let first = try session(parts, until: stop)
                #expect(first.ending == .stopped && first.steps == Array(1...stop))
                let second = try session(parts)
                #expect(second.ending == .finished && second.steps.first == stop + 1)
                #expect(
                    second.notes == [
                        "continuing from \(folder)/parts/checkpoints/step-\(stop), after step \(stop)"
                    ])
                try expectSame(folder + "/parts", folder + "/whole")
            }
        }

        @Test("A damaged checkpoint is left out with a message, and the one before is used")
        func damaged() throws {
            try withFolder { folder in
                let whole = configuration(folder + "/whole")
                let half = configuration(folder + "/half")
                var parts = configuration(folder + "/parts")
                try session(whole)
                try session(half, until: 2)
                for (name, share) in [
                    ("optimizer.safetensors", 0.9), ("state.json", 0.5),
                    ("policy/model.safetensors", 0.999), ("state.json", 0),
                    // One byte is another.
                    ("policy/model.safetensors", 1), ("optimizer.safetensors", 1),
                    ("manifest.json", 0.5), ("manifest.json", 0), ("policy/tokenizer.json", 0),
                ] {
                    try? FileManager.default.removeItem(atPath: parts.outputDirectory)
                    try FileManager.default.copyItem(
                        atPath: half.outputDirectory, toPath: parts.outputDirectory)
                    let path = "\(parts.outputDirectory)/checkpoints/step-2/\(name)"
                    let data = try contents(path)
                    try FileManager.default.removeItem(atPath: path)
                    if share == 1 {
                        var changed = data
                        changed[changed.count / 2] ^= 1
                        try changed.write(to: URL(fileURLWithPath: path))
                    } else if share > 0 {
                        try data.prefix(Int(Double(data.count) * share))
                            .write(to: URL(fileURLWithPath: path))
                    }
                    // What a process leaves that is killed while it saves or writes.
                    try FileManager.default.createDirectory(
                        atPath: "\(parts.outputDirectory)/checkpoints/.step-3.tmp/policy",
                        withIntermediateDirectories: true)
                    let log = try FileHandle(
                        forWritingTo: URL(fileURLWithPath: parts.outputDirectory + "/metrics.jsonl")
                    )
                    try log.seekToEnd()
                    try log.write(contentsOf: Data(#"{"step": 3, "epo"#.utf8))
                    let second = try session(parts)
                    #expect(second.steps == [2, 3])
                    #expect(second.notes[0].contains("step-2 is left out: \(path): "))
                    #expect(second.notes[1].contains("checkpoints/step-1, after step 1"))
                    let aside = "\(parts.outputDirectory)/checkpoints/damaged-step-2"
                    #expect(exists(aside))
                    try FileManager.default.removeItem(atPath: aside)
                    try expectSame(parts.outputDirectory, whole.outputDirectory)
                }
                for step in 1...3 {
                    try FileManager.default.removeItem(
                        atPath: "\(parts.outputDirectory)/checkpoints/step-\(step)/state.json")
                }
                parts.training.maxSteps = 4
                let before = try files(parts.outputDirectory)
                let refusal = message { try session(parts) }
                #expect(refusal.contains("no checkpoint is whole") && refusal.contains("step-1"))
                #expect(try files(parts.outputDirectory) == before)
            }
        }

        @Test("A run that ended before its first checkpoint starts over, and leaves no doubles")
        func noCheckpoint() throws {
            try withFolder { folder in
                let whole = configuration(folder + "/whole")
                var parts = configuration(folder + "/parts")
                try session(whole)
                try session(parts, until: 2)
                try FileManager.default.removeItem(atPath: folder + "/parts/checkpoints")
                try FileManager.default.createDirectory(
                    atPath: folder + "/parts/checkpoints", withIntermediateDirectories: true)
                parts.grpo.loss.epsilon = 0.1
                #expect(message { try session(parts) }.contains("grpo.epsilon"))
                parts.grpo.loss.epsilon = 0.2
                let second = try session(parts)
                #expect(second.steps == [1, 2, 3])
                #expect(second.notes.first?.contains("no checkpoint yet") == true)
                try expectSame(folder + "/parts", folder + "/whole")
            }
        }

        @Test("What a run holds whose checkpoints were deleted is put aside, each time, and said")
        func deletedCheckpoints() throws {
            try withFolder { folder in
                let (run, configuration) = (folder + "/run", configuration(folder + "/run"))
                try session(configuration)
                var steps: [String: Data] = [:]
                for (name, data) in try files(run)
                where !name.hasPrefix("checkpoints/") {
                    steps[name] = data
                }
                #expect(steps["metrics.jsonl"] != nil && steps["rollouts/step-1.jsonl"] != nil)
                for number in 1...2 {
                    let names = steps.keys.sorted()
                    try FileManager.default.removeItem(atPath: run + "/checkpoints")
                    let aside = "\(run)/without-checkpoint-\(number)"
                    let dry = try RunStart(configuration, .automatic)
                    #expect(dry.notes.last?.contains("put aside in \(aside)") == true)
                    #expect(!FileManager.default.fileExists(atPath: aside))
                    let again = try session(configuration)
                    #expect(again.steps == [1, 2, 3])
                    #expect(
                        again.notes.contains {
                            $0.contains("metrics.jsonl") && $0.contains("put aside in \(aside)")
                        })
                    let kept = try files(aside)
                    #expect(kept.keys.sorted() == names)
                    for name in names { #expect(kept[name] == steps[name], "\(name)") }
                    steps = try files(run).filter {
                        !$0.key.hasPrefix("checkpoints/") && !$0.key.hasPrefix("without-")
                    }
                }
                // With its checkpoints a run goes on, and nothing is put aside.
                _ = try session(configuration)
                #expect(!FileManager.default.fileExists(atPath: run + "/without-checkpoint-3"))
            }
        }

        @Test("A run whose newer checkpoints were deleted says which steps it makes again")
        func deletedNewerCheckpoints() throws {
            try withFolder { folder in
                var configuration = configuration(folder + "/run")
                configuration.training.maxSteps = 5
                try session(configuration)
                for step in 2...5 {
                    try FileManager.default.removeItem(
                        atPath: "\(folder)/run/checkpoints/step-\(step)")
                }
                let again = try session(configuration)
                #expect(again.steps == [2, 3, 4, 5])
                #expect(again.notes.contains { $0.contains("steps 2 to 5 have no checkpoint") })
            }
        }

        @Test("What must not change is refused, all of it at once; what may change does")
        func changes() throws {
            try withFolder { folder in
                let base = configuration(folder + "/run")
                try session(base, until: 1)
                var other = base
                other.seed += 1
                other.policy.path = fixture.policy + "/"
                other.grpo.promptsPerStep = 3
                other.training.learningRate = 1e-3
                other.training.maxSteps = 9
                let before = try files(folder)
                let refusal = message { try session(other) }
                let keys = [
                    "seed", "policy.path", "grpo.num_prompts_per_step", "training.learning_rate",
                ]
                #expect(refusal.split(separator: "\n").count == keys.count)
                for key in keys { #expect(refusal.contains(": \(key): "), "\(key)") }
                #expect(try files(folder) == before)

                other = base
                other.threads = 2
                other.workers = 2
                other.data.prefetch = 1
                other.training.maxSteps = 2
                other.logging.saveSteps = 0
                other.logging.logCompletionsSteps = 0
                (other.strict, other.grpo.rewardTimeout) = (true, nil)
                other.training.maxSkippedSteps = 0
                let second = try session(other)
                #expect(second.steps == [2] && second.ending == .finished)
                for part in [
                    "threads was 1 and is 2: the run goes on, but not to the same bytes",
                    "workers was 0 and is 2: the run goes on, but not to the same bytes",
                    "training.max_steps was 3 and is 2", "logging.save_steps was 1 and is 0",
                    "data.prefetch was 4 and is 1", "training.max_steps has changed: from here on",
                ] {
                    #expect(second.notes.contains { $0.contains(part) }, "\(part)")
                }
                #expect(try RunConfiguration.load(file: folder + "/run/config.yaml") == other)
                let description = try object(contents(folder + "/run/run.json"))
                #expect(
                    description["resumed_from"] as? String == folder + "/run/checkpoints/step-1")
                // Everything is done: nothing changes any more.
                let done = try files(folder + "/run/checkpoints")
                let third = try session(other)
                #expect(third.steps.isEmpty && third.ending == .finished)
                #expect(try files(folder + "/run/checkpoints") == done)
                // A constant rate does not depend on the number of steps.
                #expect(base.dependsOnTotalSteps)
                other.training.schedule = .constantWithWarmup
                #expect(!other.dependsOnTotalSteps)
            }
        }

        @Test("Files that a run works with must be those that it was started with")
        func inputs() throws {
            try withFolder { folder in
                var base = configuration(folder + "/run")
                base.grpo.loss.beta = 0.1
                for (key, path) in [
                    ("policy.path", fixture.policy), ("segmenter.path", fixture.segmenter),
                    ("data.train", fixture.shard),
                ] {
                    try FileManager.default.copyItem(atPath: path, toPath: "\(folder)/\(key)")
                }
                base.policy.path = folder + "/policy.path"
                base.segmenter.path = folder + "/segmenter.path"
                base.data.train = [folder + "/data.train"]
                try session(base, until: 1)
                for (key, file) in [
                    ("policy.path", "policy.path/model.safetensors"),
                    ("segmenter.path", "segmenter.path/model.safetensors"),
                    ("data.train", "data.train"),
                ] {
                    let path = "\(folder)/\(file)"
                    let before = try contents(path)
                    var changed = before
                    changed[changed.count / 2] ^= 1
                    try changed.write(to: URL(fileURLWithPath: path))
                    let refusal = message { try session(base) }
                    #expect(refusal.contains("\(key): the files there are not those"), "\(key)")
                    try before.write(to: URL(fileURLWithPath: path))
                }
                #expect(try session(base).ending == .finished)
            }
        }

        @Test("A folder of others is refused, and with never so is one of our own")
        func foreign() throws {
            try withFolder { folder in
                let base = configuration(folder + "/run")
                try session(base, until: 1)
                let refusal = message { try session(base, until: nil, .never) }
                #expect(refusal.contains("not empty"))
                try FileManager.default.removeItem(atPath: folder + "/run/run.json")
                #expect(message { try session(base) }.contains("not empty"))
            }
        }

        @Test("A run continues from a checkpoint that is named, in place or in another folder")
        func named() throws {
            try withFolder { folder in
                let whole = configuration(folder + "/whole")
                try session(whole)
                var branch = configuration(folder + "/branch")
                let checkpoint = folder + "/whole/checkpoints/step-1"
                let second = try session(branch, until: nil, .from(checkpoint))
                #expect(second.steps == [2, 3])
                let last = "checkpoints/step-3/policy/model.safetensors"
                #expect(
                    try contents("\(folder)/branch/\(last)") == contents("\(folder)/whole/\(last)"))
                #expect(try lines(folder + "/branch/metrics.jsonl").count == 2)

                let newer = message { try session(whole, until: nil, .from(checkpoint)) }
                #expect(newer.contains("step-3 is newer than step-1"))
                branch.outputDirectory = folder + "/none"
                let missing = message { try session(branch, until: nil, .from(folder + "/lost")) }
                #expect(missing.contains("/lost"))
                branch.training.maxSteps = 4
                let run = try session(branch, until: nil, .from(folder + "/whole"))
                #expect(run.steps == [4])
            }
        }

        @Test("A folder that a run writes to is refused to a second one")
        func locked() throws {
            try withFolder { folder in
                let base = configuration(folder + "/run")
                try session(base, until: 1)
                let first = try TrainRecipe(base, command: [], resume: .automatic)
                let refusal = message { try session(base) }
                #expect(refusal.contains("another run writes"))
                #expect(try first.run(onStep: { _ in }) == .finished)
            }
        }

        @Test("max_minutes ends a run after a step, counting the minutes of all its sessions")
        func minutes() throws {
            try withFolder { folder in
                var limited = configuration(folder + "/run")
                limited.logging.saveSteps = 0
                limited.training.maxMinutes = 1e-9
                let first = try session(limited)
                #expect(first.ending == .outOfTime && first.steps == [1])
                let checkpoint = folder + "/run/checkpoints/step-1"
                let seconds = try RunCheckpoint(path: checkpoint).state.seconds
                #expect(seconds > 0)
                let second = try session(limited)
                #expect(second.ending == .outOfTime && second.steps.isEmpty)
                limited.training.maxMinutes = 60
                let recipe = try TrainRecipe(limited, command: [], resume: .automatic)
                #expect(recipe.secondsLeft == 3600 - seconds)
                #expect(try recipe.run(onStep: { _ in }) == .finished)
                let later = try RunCheckpoint(path: folder + "/run/checkpoints/step-3")
                #expect(later.state.seconds > seconds)
                #expect(limited.warnings.contains { $0.hasPrefix("training.max_minutes") })
                limited.training.schedule = .constant
                #expect(limited.warnings.isEmpty)
            }
        }
    }
}
