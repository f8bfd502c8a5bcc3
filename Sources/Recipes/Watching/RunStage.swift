import Files
import Foundation
import RLTrainer
package import Reporting
import Runs
import Settings
import Shards
import TrainingRuns
import Yams

/// Which command a run is of, told by its numbers.
package enum RunStage: Sendable, Hashable {
    /// `train`.
    case training
    /// `sft`.
    case teaching
    /// `pretrain-segmenter`.
    case segmenter

    /// The stage whose steps have such numbers; `train` before the first step.
    package init(_ step: RunRecord.Step?) {
        let values = step?.values ?? [:]
        if values["reward"] != nil || values["loss"] == nil {
            self = .training
        } else {
            self = values["mean_token_accuracy"] != nil ? .teaching : .segmenter
        }
    }
}

/// How long a run is to be, by its configuration.
package struct RunLength: Sendable, Hashable {
    /// The step that it ends after; nil if the folder does not tell.
    package let steps: Int?
    /// Seconds of training that it ends after, if it has such a limit.
    package let seconds: Double?

    /// A length from its parts.
    package init(steps: Int?, seconds: Double? = nil) {
        self.steps = steps
        self.seconds = seconds
    }

    /// What the configuration of a run's folder says; nothing is an error, for a run may be one of another
    /// version.
    package init(run: String) {
        let text = FileManager.default.contents(atPath: run + "/config.yaml")
        let root = text.flatMap { try? Yams.load(yaml: String(decoding: $0, as: UTF8.self)) }
        let training = (root as? [String: Any])?["training"] as? [String: Any]
        let minutes = training?["max_minutes"]
        seconds = (minutes as? Double ?? (minutes as? Int).map(Double.init)).map { $0 * 60 }
        steps = (training?["max_steps"] as? Int) ?? Self.steps(ofPasses: run)
    }

    /// The steps of a run that counts passes over its shards.
    private static func steps(ofPasses run: String) -> Int? {
        guard let configuration = RunDirectory.configuration(of: run),
            let samples = try? ShardedDataset(paths: configuration.data.train)
        else { return nil }
        return configuration.grpo.stepCount(
            epochs: configuration.training.numTrainEpochs, sampleCount: samples.count)
    }
}
