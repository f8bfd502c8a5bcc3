import Files
import Foundation
import NN
import Policies
import Runs

/// What a command reads, as far as an output could overwrite it.
///
/// Of a folder those files count that the command reads there: a report may stand beside them, and be
/// written anew.
public enum CommandInputFiles: Sendable, Hashable {
    /// A file; also one that is a shard, a picture or a template.
    case file(String)
    /// A run's folder, or its configuration.
    case run(String)
    /// A folder that `evaluate --output` wrote.
    case evaluation(String)
    /// The folder of a policy.
    case policy(String)
    /// A segmenter's folder or file.
    case segmenter(String)
    /// The folder of a data set in the layout of who published it.
    case dataSet(String)

    /// Shards.
    public static func shards(_ paths: [String]) -> [CommandInputFiles] { paths.map(Self.file) }

    /// The files; those that are not there may be among them.
    package var files: [String] {
        switch self {
        case .file(let path): return [path]
        case .run(let path): return path.isFolder ? Self.run(path) : [path]
        case .evaluation(let folder): return Self.evaluation(folder)
        case .policy(let folder):
            let adapter =
                PolicySource.isAdapter(folder) ? Self.files(of: .adapter(folder), folder) : []
            let isAlone = !adapter.isEmpty && !WeightFiles.areIn(folder)
            return adapter + (isAlone ? [] : Self.files(of: .policy(folder), folder))
                + ["\(folder)/\(PolicyRecord.file)"]
        case .segmenter(let path): return Self.files(of: .segmenter(path), path)
        case .dataSet(let folder):
            // Reports and shards may lie in the folder itself; its splits' folders are all input.
            let names = Self.below(folder)
            return names.filter { $0.contains("/") || $0.hasPrefix("output_phrase_") }
                .map { "\(folder)/\($0)" }
        }
    }

    private static func evaluation(_ folder: String) -> [String] {
        ["predictions.jsonl", "evaluation.json"].map { "\(folder)/\($0)" }
    }

    private static func run(_ folder: String) -> [String] {
        let evaluations = "\(folder)/evaluation"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: evaluations)) ?? []
        return ["config.yaml", "run.json", "metrics.jsonl", RunWarnings.file].map {
            "\(folder)/\($0)"
        }
            + names.flatMap { evaluation("\(evaluations)/\($0)") }
            + ["rollouts", "checkpoints"].flatMap { part in
                below("\(folder)/\(part)").map { "\(folder)/\(part)/\($0)" }
            }
    }

    private static func files(of input: FingerprintedInput, _ path: String) -> [String] {
        input.files.map { found in found.names.map { "\(found.folder)/\($0)" } } ?? [path]
    }

    private static func below(_ folder: String) -> [String] {
        (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
    }
}
