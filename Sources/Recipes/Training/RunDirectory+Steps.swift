import Evaluating
import EventFiles
import Files
import Foundation
package import RLTrainer
package import Runs
package import Segmentation
import Trackers

extension RunDirectory {
    /// Writes an evaluation to `evaluation/step-N/`, and its numbers to `metrics.jsonl`.
    package func write(_ outcome: TrainingEvaluation.Outcome) throws {
        try outcome.result.write(to: "\(path)/evaluation/step-\(outcome.step)")
        try append(outcome.numbers)
    }

    /// Writes the completions of a step, which were asked for with a template, to `rollouts/step-N.jsonl`.
    package func write<Prompt: PolicyPrompt>(
        rollouts groups: [RolloutGroup<Prompt>], asked template: PromptTemplate, step: Int
    ) throws {
        let lines = try groups.flatMap { group in
            let prompt = try template.text(question: group.example.question)
            return try group.completions.indices.map {
                try RolloutRecord(group, $0, step: step, prompt: prompt).line()
            }
        }
        try Self.write(
            lines.joined(separator: "\n") + "\n", to: "\(path)/rollouts/step-\(step).jsonl")
        records?.add(.completions(step: step))
    }

    /// Shows pictures of the first `count` groups of a step with what was answered; see ``GroupPicture``.
    package func write<Prompt: PolicyPrompt>(
        pictures groups: [RolloutGroup<Prompt>], count: Int, step: Int
    ) throws {
        if events == nil, records == nil { return }
        let pictures = try groups.prefix(count).map { group in
            let picture = GroupPicture(group)
            return (file: try picture.logged(step: step), text: picture.markdown)
        }
        let values = pictures.enumerated().flatMap { index, picture in
            [
                LoggedValue("samples/\(index)/picture", .picture(picture.file)),
                LoggedValue("samples/\(index)/answers", .text(picture.text)),
            ]
        }
        try events?.write(values, step: step)
        for (index, picture) in pictures.enumerated() {
            records?.add(picture: picture.file.file, text: picture.text, step: step, index: index)
        }
    }

    /// What is recorded of one fault.
    private struct FaultRecord: Encodable {
        let step: Int
        let kind: String
        let ids: [String]
        let completion: Int?
        let message: String
    }

    /// Adds what was wrong in a step to ``faultsFile``, one line each.
    ///
    /// - Throws: ``FileError`` if the file cannot be written
    package func append(_ faults: [Fault], step: Int) throws {
        if faults.isEmpty { return }
        let file = "\(path)/\(Self.faultsFile)"
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = try LineFile(file)
        for fault in faults {
            let record = FaultRecord(
                step: step, kind: fault.kind.rawValue, ids: fault.sampleIDs,
                completion: fault.completion, message: fault.description)
            try lines.append(String(decoding: try encoder.encode(record), as: UTF8.self))
        }
        try lines.synchronize()
    }
}

extension GRPOConfiguration {
    /// Whether what is first learnt from in a step belongs to a step that is a multiple of `interval`:
    /// this one, or a later one that learns from the same rollouts.
    ///
    /// Never with an interval of 0.
    package func isDue(_ step: Int, every interval: Int) -> Bool {
        interval > 0
            && (0..<numIterations).contains { (step + $0 * stepsPerGeneration) % interval == 0 }
    }
}
