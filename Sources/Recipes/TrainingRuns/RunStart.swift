import Configuration
import Files
import Foundation
import NN
import RLTrainer
package import Runs
package import Settings
package import Threads
package import Torch

/// What a run does with a folder that holds checkpoints.
public enum ResumeMode: Sendable, Hashable {
    /// Continues from the newest whole checkpoint in `output_dir`, if it is one of this configuration;
    /// starts from the beginning where there is none yet.
    case automatic
    /// Starts from the beginning, in an empty folder only.
    case never
    /// Continues from a checkpoint, or from the newest whole one of a run.
    case from(String)
}

/// Where a run begins.
package struct RunStart {
    /// Where it continues; nil at the beginning.
    package var checkpoint: RunCheckpoint?
    /// Whether the output folder is this run's already.
    package var isInPlace = false
    /// Steps of checkpoints that are damaged and make way.
    package var damaged: [Int] = []
    /// What the folder holds of steps that this start does not go on from, and makes way; nil if nothing.
    package var abandoned: AbandonedSteps?
    /// What tells the files that the run works with from others, where it continues.
    package var inputs: [String: String]?
    private let readingAll: Bool
    /// What the user should know, in lines for people.
    package var notes: [String] = []
    /// What of the run's lines is damaged and left out, in lines for people.
    package private(set) var damage: [String] = []
    /// Those of ``notes`` that tell of damaged checkpoints.
    package private(set) var leftOut: [String] = []

    /// Decides, without changing anything.
    ///
    /// - Parameters:
    ///   - configuration: what is to be run
    ///   - mode: what to do with a folder that holds checkpoints
    ///   - readingAll: whether every byte of the checkpoint and the inputs' fingerprints count, or sizes only
    /// - Throws: ``FileError`` if the folder is not this run's or nothing in it can be used,
    ///   ``ConfigurationError`` with all keys that must be as they were
    package init(
        _ configuration: RunConfiguration, _ mode: ResumeMode, readingAll: Bool = true
    ) throws {
        self.readingAll = readingAll
        let output = configuration.outputDirectory
        try FolderPlace.requireName(output)
        try FolderPlace.require(output, tries: false)
        switch mode {
        case .never:
            try RunDirectory.requireFree(output)
            abandon(output)
        case .automatic:
            try look(configuration)
        case .from(let path):
            try find(path, output: output)
            guard let checkpoint else { return }
            try compare(configuration, checkpoint)
            if !isInPlace {
                // The best checkpoint so far is in another folder.
                self.checkpoint?.state.evaluation = checkpoint.state.evaluation?.withoutBest
            }
        }
        if let checkpoint {
            if isInPlace {
                damage = RunDirectory.damagedLines(in: output, upTo: checkpoint.step)
            }
            notes.append("continuing from \(checkpoint.path), after step \(checkpoint.step)")
        }
    }

    /// Takes the run in `output_dir` up, if there is one.
    private mutating func look(_ configuration: RunConfiguration) throws {
        let output = configuration.outputDirectory
        if RunDirectory.isFree(output) { return abandon(output) }
        guard let written = RunDirectory.configuration(of: output) else {
            try RunDirectory.requireText(output)
            if let fault = RunDirectory.descriptionFault(of: output), fault.kind == .damaged {
                throw fault
            }
            return try RunDirectory.requireFree(output)
        }
        isInPlace = true
        try findNewest(ofRun: output)
        if let checkpoint {
            try compare(configuration, checkpoint)
            noteRepeatedSteps(configuration, after: checkpoint.step)
            return
        }
        try Self.requireSame(
            configuration, CheckpointState.values(of: written), origin: output)
        notes.append("\(output) has no checkpoint yet: starting from the beginning")
        abandon(output)
    }

    /// Says so where steps go whose checkpoints must have been there, and are made again.
    private mutating func noteRepeatedSteps(_ configuration: RunConfiguration, after step: Int) {
        let every = configuration.logging.saveSteps
        let text = FileManager.default.contents(
            atPath: configuration.outputDirectory + "/metrics.jsonl")
        let last = lastStep(of: text ?? Data())
        // A process that ends by itself leaves as many steps without a checkpoint, and some that it saved.
        if every <= 0 || last <= step + 2 * every { return }
        notes.append(
            "steps \(step + 1) to \(last) have no checkpoint: what was written of them goes, and they are "
                + "made again")
    }

    /// Finds what makes way for a start from the beginning.
    private mutating func abandon(_ output: String) {
        abandoned = AbandonedSteps(run: output)
        if let abandoned { notes.append(abandoned.note) }
    }

    private mutating func findNewest(ofRun path: String) throws {
        let folder = CheckpointFolder(run: path)
        let steps = folder.steps
        for step in steps {
            do {
                checkpoint = try RunCheckpoint(path: folder.step(step), readingAll: readingAll)
                return
            } catch let error as FileError where error.kind == .damaged {
                damaged.append(step)
                leftOut.append("checkpoint step-\(step) is left out: \(error)")
                notes.append("checkpoint step-\(step) is left out: \(error)")
            }
        }
        if steps.isEmpty { return }
        throw FileError.damaged(
            path + "/checkpoints",
            "no checkpoint is whole; move the folder away to start anew\n"
                + notes.joined(separator: "\n"))
    }

    private mutating func find(_ path: String, output: String) throws {
        let isRun = FileManager.default.fileExists(atPath: path + "/checkpoints")
        if isRun {
            try findNewest(ofRun: path)
        } else if FileManager.default.fileExists(atPath: path) {
            checkpoint = try RunCheckpoint(path: path, readingAll: readingAll)
        }
        guard let checkpoint else {
            throw MissingInputError(path: path, what: "checkpoint, or run with one")
        }
        let run = URL(fileURLWithPath: checkpoint.path).deletingLastPathComponent()
            .deletingLastPathComponent()
        isInPlace =
            run.resolvingSymlinksInPath().path
            == URL(fileURLWithPath: output).resolvingSymlinksInPath().path
        if !isInPlace {
            damaged = []
            try RunDirectory.requireFree(output)
            return abandon(output)
        }
        let newer = CheckpointFolder(run: output).steps.filter {
            $0 > checkpoint.step && !damaged.contains($0)
        }
        if newer.isEmpty { return }
        throw FileError(
            path: output + "/checkpoints",
            message: "step-\(newer[0]) is newer than step-\(checkpoint.step): move newer "
                + "checkpoints away, or choose another output_dir")
    }

    /// What the run's folder is brought to.
    package var point: ResumePoint {
        ResumePoint(
            isInPlace: isInPlace, step: checkpoint?.step ?? 0, damaged: damaged,
            abandoned: abandoned, evaluation: checkpoint?.state.evaluation)
    }

    // MARK: - Threads

    /// How many threads the run computes with; what was chosen when it began stays, on other machines
    /// too, so that bytes do.
    package func threadPlan(_ configuration: RunConfiguration, device: Device) -> ThreadPlan {
        guard let state = checkpoint?.state else {
            return configuration.threadPlan(device: device)
        }
        let now = CheckpointState.values(of: configuration)
        // With other workers, threads are chosen anew.
        let isSame = ["threads", "workers"].allSatisfy {
            state.configuration[$0] ?? "0" == now[$0]
        }
        return configuration.threadPlan(
            device: device,
            recorded: isSame
                ? ThreadPlan.Recorded(threads: state.threads, workers: state.workers) : .init())
    }

    // MARK: - Configurations

    /// Keys that may change between sessions, all below ``freeSections`` besides.
    private static let free: Set = [
        "output_dir", "device", "threads", "workers", "data.prefetch", "data.workers",
        "data.validation", "grpo.reward_workers", "grpo.reward_timeout", "training.max_steps",
        "training.num_train_epochs", "training.max_minutes", "training.max_skipped_steps",
        "training.stop_when", "training.gradient_checkpointing",
        "strict",
    ]
    private static let freeSections = ["evaluation.", "logging.", "segmenter.embedding_cache."]

    /// Whether a key may change between sessions.
    package static func mayChange(_ key: String) -> Bool {
        free.contains(key) || freeSections.contains(where: key.hasPrefix)
    }

    /// Keys that decide what evaluations find: numbers from before and after a change cannot be compared.
    private static let measuring: Set = [
        "data.validation", "evaluation.eval_samples", "evaluation.question",
        "evaluation.metric_for_best_model",
    ]

    private mutating func compare(
        _ configuration: RunConfiguration, _ checkpoint: RunCheckpoint
    ) throws {
        let (saved, now) = (
            checkpoint.state.configuration, CheckpointState.values(of: configuration)
        )
        try Self.requireSame(configuration, saved, origin: checkpoint.path)
        if readingAll { inputs = try Self.requireSameFiles(configuration, checkpoint) }
        func change(_ key: String) -> String? {
            guard let before = saved[key], let after = now[key], before != after else { return nil }
            return "\(key) was \(before) and is \(after)"
        }
        for key in RunConfiguration.keys.map(\.name) where key != "output_dir" {
            guard let change = change(key) else { continue }
            let changesBytes = ["device", "threads", "workers"].contains(key)
            notes.append(
                change + (changesBytes ? ": the run goes on, but not to the same bytes" : ""))
        }
        if !Self.measuring.allSatisfy({ change($0) == nil }) {
            self.checkpoint?.state.evaluation = checkpoint.state.evaluation?.withoutBest
            notes.append(
                "evaluations of before and after cannot be compared: the best checkpoint is found anew"
            )
        }
        if isInPlace, let best = self.checkpoint?.state.evaluation?.bestStep, best > 0,
            !CheckpointFolder(run: configuration.outputDirectory).steps.contains(best)
        {
            self.checkpoint?.state.evaluation = checkpoint.state.evaluation?.withoutBest
            notes.append("the best checkpoint, step-\(best), is gone: the best is found anew")
        }
        if configuration.dependsOnTotalSteps,
            let change = change("training.max_steps") ?? change("training.num_train_epochs")
        {
            notes.append(
                "\(change.prefix { $0 != " " }) has changed: from here on the learning rate follows the "
                    + "schedule of the new number of steps, which is not the one of the steps before"
            )
        }
    }

    /// Fails with every key whose files are not those that the run was started with.
    ///
    /// - Returns: what tells the files from others
    private static func requireSameFiles(
        _ configuration: RunConfiguration, _ checkpoint: RunCheckpoint
    ) throws -> [String: String] {
        let inputs = try InputFingerprint.all(of: configuration)
        let problems = try InputFingerprint.changedKeys(
            inputs, from: checkpoint.state.inputs, configuration
        ).map { key in
            ConfigurationProblem(
                location: checkpoint.path, key: key,
                message: "the files there are not those that the run was started with; bring "
                    + "those back, or choose another output_dir")
        }
        if !problems.isEmpty { throw ConfigurationError(problems: problems) }
        return inputs
    }

    /// Fails with every key whose value differs and must not.
    package static func requireSame(
        _ configuration: RunConfiguration, _ saved: [String: String], origin: String
    ) throws {
        let defaults = CheckpointState.values(of: RunConfiguration())
        let now = CheckpointState.values(of: configuration)
        let problems = RunConfiguration.keys.map(\.name).compactMap {
            name -> ConfigurationProblem? in
            // A key that is newer than the run had its default.
            guard let before = saved[name] ?? defaults[name], let after = now[name],
                before != after, !mayChange(name)
            else { return nil }
            return ConfigurationProblem(
                location: origin, key: name,
                message: "the run was started with \(before), now it is \(after); set it back, or "
                    + "choose another output_dir")
        }
        if !problems.isEmpty { throw ConfigurationError(problems: problems) }
    }
}

extension CheckpointState {
    /// The value of every key.
    package static func values(of configuration: RunConfiguration) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: RunConfiguration.keys.map { ($0.name, $0.write(configuration)) })
    }
}
