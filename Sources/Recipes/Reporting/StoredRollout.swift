package import Evaluating
import Files
package import Foundation
import Runs
import TextFiles

/// A line of `rollouts/`: one completion, and what it earned.
package struct StoredRollout: Decodable, Sendable {
    /// The optimizer step; nil in files that do not say.
    package let step: Int?
    /// The sample's name.
    package let id: String
    /// The pass over the data, from 0.
    package let epoch: Int?
    /// What was asked.
    package let question: String
    /// What the policy was told, without the picture.
    package let prompt: String?
    /// What it wrote.
    package let completion: String
    /// Tokens of the completion.
    package let length: Int?
    /// Why the completion ended.
    package let stopReason: String?
    /// Why the answer cannot be read; nil if it can.
    package let parseError: String?
    /// Boxes and points, in the policy's frame.
    package let prompts: [StoredPrompt]?
    /// Width and height of the frame of ``prompts``.
    package let policyFrame: [Int]?
    /// IoU of the mask with the truth; nil where it is not known.
    package let iou: Double?
    /// Nil where a reward term failed, or all abstained.
    package let reward: Double?
    /// The terms before their weights; nil of a term that abstained.
    package let rewards: [String: Double?]
    /// Why there is no reward, if a term failed.
    package let fault: String?
    /// Nil where the completion takes no part in the loss.
    package let advantage: Double?

    enum CodingKeys: String, CodingKey {
        case step, id, epoch, question, prompt, completion, length, prompts, iou, reward, rewards
        case fault, advantage
        case stopReason = "stop_reason"
        case parseError = "parse_error"
        case policyFrame = "policy_frame"
    }

    /// IoU of the mask with the truth, as the record has it or as its reward term says; nil if neither
    /// does.
    package var maskIoU: Double? { iou ?? rewards["mask_iou"].flatMap(\.self) }
}

/// The files of completions in a run's folder, `rollouts/step-N.jsonl`.
package struct RolloutFiles: Sendable {
    /// A completion with the line that it was read from.
    package struct Line: Sendable {
        /// Its number in the file, from 1.
        package let number: Int
        /// The line, as it is in the file.
        package let text: Data
        /// What it says.
        package let rollout: StoredRollout
    }

    private let folder: String

    /// The files of a run.
    package init(run: String) { folder = run + "/rollouts" }

    /// The steps that have a file, ascending.
    package var steps: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.compactMap { stepNumber($0, suffix: ".jsonl") }.sorted()
    }

    /// The completions of a step, in order.
    ///
    /// - Throws: ``MissingInputError`` if the step has no file, ``EvaluationError`` that names a line
    ///   which is no completion
    package func lines(step: Int) throws -> [Line] {
        let path = "\(folder)/step-\(step).jsonl"
        let data = try inputFile(path, "file of completions")
        return try recordLines(of: data, path).map { number, bytes in
            do {
                return Line(
                    number: number, text: bytes,
                    rollout: try JSONDecoder().decode(StoredRollout.self, file: bytes))
            } catch {
                throw EvaluationError(
                    place: "\(path):\(number)",
                    message:
                        "not a completion as runs write them: a JSON object with id, question, "
                        + "completion and rewards")
            }
        }
    }
}

extension RolloutFiles {
    /// The completions of a step, in order, without lines that are damaged; none without a file.
    package func readable(step: Int) -> [StoredRollout] {
        let data = FileManager.default.contents(atPath: "\(folder)/step-\(step).jsonl") ?? Data()
        let decoder = JSONDecoder()
        return data.split(separator: 0x0A).compactMap {
            try? decoder.decode(StoredRollout.self, file: Data($0))
        }
    }

    /// The lines of a step's file that are no completions; nil if all are.
    func damage(step: Int) -> LineDamage? {
        LineDamage("\(folder)/step-\(step).jsonl") {
            (try? JSONDecoder().decode(StoredRollout.self, file: $0)) != nil
        }
    }
}

extension RunRecord {
    /// The completions of the newest `rollouts/step-N.jsonl`, without lines that are damaged; none if there
    /// is no such file.
    func newestRollouts() -> (step: Int, rollouts: [StoredRollout])? {
        let files = RolloutFiles(run: path)
        guard let step = files.steps.last else { return nil }
        let rollouts = files.readable(step: step)
        return rollouts.isEmpty ? nil : (step, rollouts)
    }
}
