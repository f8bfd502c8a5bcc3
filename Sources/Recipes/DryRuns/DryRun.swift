import Datasets
import Embeddings
import Files
import Foundation
import Imaging
import NN
import Pictures
import Policies
import PromptedMasks
import RLTrainer
import Rewards
import Runs
import Segmentation
import Segmenters
public import Settings
import Shards
import SharedSettings
import Threads
import Torch
import Training
public import TrainingRuns
import VisionLanguage

/// What keeps a run from beginning, all of it.
public struct DryRunError: Error, CustomStringConvertible {
    /// What was found, in the order in which a run would; at least one.
    public let errors: [any Error]

    /// The same with each error made into another.
    package func map(_ change: (any Error) -> any Error) -> DryRunError {
        DryRunError(errors: errors.map(change))
    }

    /// One after the other.
    public var description: String { errors.map { "\($0)" }.joined(separator: "\n") }
}

/// A run up to its first step, without weights in memory.
///
/// Everything that the run reads is opened and checked, and what it will take is computed. Nothing is
/// written.
public struct DryRun {
    /// What was found, in lines for people.
    public let lines: [String]
    /// What is most likely not meant, in lines for people.
    public let warnings: [String]

    /// Checks a run.
    ///
    /// - Parameters:
    ///   - configuration: what would be run
    ///   - resume: what would be done with a folder that holds checkpoints
    ///   - measuresSpeed: whether to measure how fast the device is, which takes a second, and tell the
    ///     time that steps may take
    /// - Throws: ``DryRunError`` with all that would keep the run from beginning
    public init(
        _ configuration: RunConfiguration, resume: ResumeMode, measuresSpeed: Bool = false
    ) throws {
        // In the order of a run, so that the first error is the one that it would end with.
        var found = Found()
        found.attempt { try FolderLock.requireFree(configuration.outputDirectory) }
        let start = found.attempt { try RunStart(configuration, resume) }
        if start != nil {
            found.attempt { try FolderPlace.require(configuration.outputDirectory) }
        }
        let device = found.attempt { try availableDevice(configuration.device) }
        let plan =
            start?.threadPlan(configuration, device: device ?? .cpu)
            ?? configuration.threadPlan(device: device ?? .cpu)
        let data = found.attempt { try ShardedDataset(paths: configuration.data.train) }
        let evaluation = found.attempt {
            try TrainingEvaluation(configuration, workers: plan.workers, progress: nil)
        }
        let question = data.flatMap { data in
            found.attempt { try Self.longestQuestion(data) }
        }
        let (policy, referenceWarnings) = Self.policy(configuration, start, &found)
        let segmenter = found.attempt {
            try SegmenterRegistry.standard.outline(
                path: configuration.segmenter.path, dtype: configuration.segmenter.dtype.dtype)
        }
        let prompt = policy.flatMap { policy in
            found.attempt {
                try policy.prompt(
                    image: .black(side: configuration.data.imageSize), question: question ?? "")
            }
        }
        guard found.errors.isEmpty, let start, let data, let evaluation, let policy, let segmenter,
            let prompt, let device
        else {
            throw DryRunError(errors: found.errors)
        }
        let report = DryRunReport(
            configuration: configuration, plan: plan, start: start, data: data,
            evaluation: evaluation,
            policy: policy, segmenter: segmenter, prompt: prompt,
            device: measuresSpeed ? device : nil)
        let length = configuration.grpo.sampling.maxCompletionLength
        lines = try report.lines()
        let folder = start.checkpoint?.policy ?? configuration.policy.path
        warnings =
            try start.leftOut + start.damage
            + policy.warnings(prompt, completionLength: length, sideIsKnown: true)
            + ChatTemplateComparison(policy.template).warnings(policy: folder)
            + referenceWarnings + segmenter.warnings + report.warnings
    }

    /// Errors as they come.
    private struct Found {
        var errors: [any Error] = []

        @discardableResult
        mutating func attempt<Value>(_ body: () throws -> Value) -> Value? {
            do {
                return try body()
            } catch {
                errors.append(error)
                return nil
            }
        }
    }

    /// The policy that would be trained, and what should be known of the reference's files.
    private static func policy(
        _ configuration: RunConfiguration, _ start: RunStart?, _ found: inout Found
    ) -> (VisionLanguagePolicy?, warnings: [String]) {
        func outline(_ source: PolicySource) throws -> VisionLanguagePolicy {
            try VisionLanguagePolicy.outline(
                source, dtype: configuration.policy.dtype.dtype,
                template: try configuration.promptChoice.template(policy: source.asked))
        }
        let continued = start?.checkpoint?.policy
        let policy = found.attempt {
            try outline(
                configuration.policy.source(
                    checkpoint: continued, seed: UInt64(configuration.seed)))
        }
        if let policy {
            found.attempt { try policy.setTrainable(freezing: configuration.policy.freeze) }
        }
        var warnings: [String] = []
        if continued != nil, configuration.grpo.loss.beta != 0,
            !configuration.policy.adapter.isUsed
        {
            let source = PolicySource(base: configuration.policy.path, adapter: nil)
            warnings = found.attempt { try outline(source).fileWarnings } ?? []
        }
        return (policy, warnings)
    }

    /// The longest of the first samples' questions; reading them shows that samples can be read.
    private static func longestQuestion(_ data: ShardedDataset) throws -> String {
        var questions: [String] = []
        for index in 0..<min(16, data.count) {
            questions += try data.sample(at: index).questions
        }
        return questions.max { $0.utf8.count < $1.utf8.count } ?? ""
    }
}

/// The folder itself, or the nearest above it that exists.
func existingParent(_ path: String) -> String {
    var url = URL(fileURLWithPath: path).standardizedFileURL
    while !FileManager.default.fileExists(atPath: url.path), url.path != "/" {
        url.deleteLastPathComponent()
    }
    return url.path
}
