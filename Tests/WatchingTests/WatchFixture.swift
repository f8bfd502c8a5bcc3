import FilesTestSupport
import Foundation

@testable import Files
@testable import Watching

/// A made-up run's folder.
struct WatchFixture {
    let path: String

    /// A run of `train` after some of 40 steps.
    init(_ path: String, steps: Int = 12, evaluations: [Int] = [5, 10]) throws {
        self.path = path
        try write(
            "training:\n  max_steps: 40\n  max_minutes: null\n", to: "config.yaml")
        try write("{\"program\": \"think2seg\", \"resumed_from\": null}", to: "run.json")
        let lines = (0..<steps).flatMap { place -> [String] in
            let step = place + 1
            return [Self.line(step)]
                + (evaluations.contains(step)
                    ? ["{\"step\": \(step), \"eval_giou\": 0.\(step), \"timing_s/eval\": 1}"] : [])
        }
        try write(lines.map { $0 + "\n" }.joined(), to: "metrics.jsonl")
    }

    static func line(_ step: Int) -> String {
        "{\"step\": \(step), \"reward\": \(2 + Double(step) / 100), "
            + "\"rewards/mask_iou/mean\": \(Double(step) / 100), \"parse_failure_rate\": 0.25, "
            + "\"completions/mean_length\": 36.4, \"step_time\": 0.5}"
    }

    func write(_ text: String, to name: String) throws {
        let place = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: place)
    }

    func append(_ text: String, to name: String = "metrics.jsonl") throws {
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(path)/\(name)"))
        defer { try? handle.close() }
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
    }

    /// A line of `rollouts/`.
    static func rollout(
        _ id: String, _ completion: String = "said", reward: Double?, epoch: Int = 0,
        parseError: String? = nil
    ) -> String {
        let fields: [String: Any] = [
            "step": 1, "id": id, "epoch": epoch, "question": "What of \(id)?",
            "prompt": "Find it.\nAnswer.", "completion": completion, "length": 9,
            "stop_reason": "eos", "prompts": [], "iou": 0.5,
            "rewards": ["mask_iou": 0.5, "mine": 1],
            "reward": reward.map { $0 as Any } ?? NSNull(), "advantage": 0.25,
        ].merging(parseError.map { ["parse_error": $0] } ?? [:]) { $1 }
        let data =
            (try? JSONSerialization.data(withJSONObject: fields, options: .sortedKeys)) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }

    func writeRollouts(_ lines: [String], step: Int) throws {
        try write(lines.map { $0 + "\n" }.joined(), to: "rollouts/step-\(step).jsonl")
    }

    func writeCheckpoint(_ step: Int) throws {
        try write("{}", to: "checkpoints/step-\(step)/manifest.json")
    }

    func view(_ frame: TerminalFrame = TerminalFrame(width: 100)) throws -> [String] {
        var watched = try WatchedRun(path)
        return WatchView(try watched.look(), frame).lines
    }
}
