import Foundation

/// What a run's folder holds, as far as the names in it tell: for messages that say what to name instead.
package struct RunContents {
    private let path: String

    /// Looks at a folder, which is a run's.
    package init(_ path: String) { self.path = path }

    /// The command that the run is of; nil if neither what it made nor its `run.json` tells.
    package var command: String? {
        if let recorded { return recorded }
        let folder = newest.map { "\(path)/checkpoints/step-\($0)" }
        if has("\(path)/segmenter") || folder.map({ has("\($0)/segmenter") }) == true {
            return "pretrain-segmenter"
        }
        if has("\(path)/policy") { return "sft" }
        return has("\(path)/rollouts") ? "train" : nil
    }

    /// Where its models and evaluations are.
    var words: String {
        switch command {
        case "pretrain-segmenter": "its segmenter is \(model("segmenter"))"
        case "sft": "its policy is \(model("policy"))"
        default:
            "its policies are \(path)/checkpoints/step-N/policy\(newest.map { " (the newest: step-\($0))" } ?? ""), "
                + "its evaluations \(path)/evaluation/step-N"
        }
    }

    /// Where a checkpoint's model is.
    static func model(ofCheckpoint path: String) -> String {
        FileManager.default.fileExists(atPath: path + "/segmenter")
            ? "its segmenter is \(path)/segmenter" : "its policy is \(path)/policy"
    }

    /// The model that the run ended with, or that of its newest checkpoint.
    private func model(_ name: String) -> String {
        if has("\(path)/\(name)") { return "\(path)/\(name)" }
        guard let newest else { return "not there: it has no checkpoint yet" }
        return "\(path)/checkpoints/step-\(newest)/\(name)"
    }

    private var newest: Int? {
        let names = try? FileManager.default.contentsOfDirectory(atPath: path + "/checkpoints")
        return names?.compactMap { $0.hasPrefix("step-") ? Int($0.dropFirst(5)) : nil }.max()
    }

    private func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// The command that the first session in `run.json` has.
    private var recorded: String? {
        guard let data = FileManager.default.contents(atPath: path + "/run.json"),
            let list = String(decoding: data, as: UTF8.self)
                .firstMatch(of: /"command"\s*:\s*\[([^\]]*)\]/)?.1
        else { return nil }
        return list.matches(of: /"([^"]*)"/).map { String($0.1) }.first {
            Self.commands.contains($0)
        }
    }

    private static let commands = ["train", "sft", "pretrain-segmenter"]

    /// The run that a folder or file is a part of; nil if it is in none.
    ///
    /// - Parameter path: the folder, up to four levels below the run's
    /// - Returns: the run's folder
    package static func run(holding path: String) -> String? {
        var folder = path.withoutSlashes
        for _ in 0..<4 where folder.contains("/") {
            folder = folder.parentFolder
            if InputKind.of(folder) == .run { return folder }
        }
        return nil
    }
}
