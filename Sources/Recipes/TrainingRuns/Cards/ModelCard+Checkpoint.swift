import Adapters
import Evaluation
import Foundation
import Policies
import RLTrainer
import Runs
import Segmentation
import Shards
import TextFiles

extension ModelCard {
    /// The card of a checkpoint's policy.
    ///
    /// - Parameters:
    ///   - checkpoint: its folder, in a run's or elsewhere
    ///   - policy: the folder that was written, which tells the element type
    init(checkpoint: String, policy: String) {
        let run = HeldOutFigures.run(of: checkpoint)
        let state = try? CheckpointState(folder: checkpoint)
        if let state {
            (command, step) = ("train", state.trainer.step)
            facts = TrainingFacts(state.configuration)
        } else {
            let folder = URL(fileURLWithPath: checkpoint).resolvingSymlinksInPath()
            (command, step) = ("sft", stepNumber(folder.lastPathComponent))
            facts = run.map { TrainingFacts(file: $0 + "/config.yaml") } ?? TrainingFacts([:])
        }
        let config = FileManager.default.contents(atPath: policy + "/config.json")
            .flatMap { try? JSONSerialization.jsonObject(file: $0) as? [String: Any] }
        elementType = (config?["torch_dtype"] ?? config?["dtype"]) as? String
        record = try? PolicyRecord.read(policy)
        adapter =
            PolicySource.isAdapter(policy)
            ? (try? AdapterConfiguration.load(folder: policy))?.words : nil
        let shards = facts.texts("data.train")
        samples = shards.isEmpty ? nil : (try? ShardedDataset(paths: shards))?.count
        saysSystem = PromptFiles.areSaying(Self.asking(record, facts).prompt.system, in: policy)
        let data = facts.fileNames("data.validation")
        if let run, let step {
            let metric = facts.text("evaluation.metric_for_best_model") ?? Metric.gIoU.rawValue
            heldOut = HeldOutReport(run: run, step: step, data: data, chosenBy: metric)
        } else {
            heldOut = nil
        }
    }

    /// The name of the card's file.
    static let file = "README.md"
}
