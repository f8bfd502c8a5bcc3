import Files
import Foundation
import NN
import Segmenters
import Tokenizers
import VisionLanguage

/// What a run reads: of a folder of a model the files that count, not all that lies there.
package enum FingerprintedInput: Hashable, Sendable {
    /// The folder of a policy.
    case policy(String)
    /// The folder of an adapter.
    case adapter(String)
    /// A segmenter's folder or file.
    case segmenter(String)
    /// Shards.
    case data([String])
    /// A file that counts as a whole.
    case file(String)

    /// The paths that a user named.
    package var paths: [String] {
        switch self {
        case .policy(let path), .adapter(let path), .segmenter(let path), .file(let path): [path]
        case .data(let paths): paths
        }
    }

    /// The folder, and the names of the files in it that are read; nil where all of the paths count, as of
    /// folders that cannot be loaded.
    package var files: (folder: String, names: [String])? {
        switch self {
        case .policy(let folder):
            guard let weights = try? WeightFiles(folder: folder),
                let processor = try? ProcessorFiles(directory: folder)
            else { return nil }
            let others =
                ["config.json", "generation_config.json", processor.name] + Tokenizer.fileNames
            let present = others.filter {
                FileManager.default.fileExists(atPath: "\(folder)/\($0)")
            }
            return (folder, Set(weights.all + present).sorted())
        case .adapter(let folder):
            let names =
                (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return (folder, names.filter { $0.hasPrefix("adapter_") }.sorted())
        case .segmenter(let path):
            guard let files = try? SegmenterRegistry.standard.files(path: path),
                let first = files.first
            else {
                return nil
            }
            return (
                first.parentFolder,
                files.map { ($0 as NSString).lastPathComponent }
            )
        case .data, .file: return nil
        }
    }
}
