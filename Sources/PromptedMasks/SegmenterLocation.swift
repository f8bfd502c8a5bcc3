import FileSystem
import Foundation
import NN
import TextFiles
import Torch

/// Where a segmenter's checkpoint is: in a folder in the hub's layout, or in an official file.
public enum SegmenterLocation: Hashable, Sendable {
    /// A folder with `config.json` and weights.
    case hub(folder: String)
    /// A file of `torch.save`, maybe with `config.json` beside it.
    case official(file: String)

    /// What a user's path means.
    ///
    /// - Parameters:
    ///   - path: a folder in the hub's layout or with one .pt file, or such a file
    ///   - family: what people call the segmenters that can be read, for messages
    /// - Throws: `CheckpointError` if it is none of these
    public init(path: String, family: String) throws {
        let advice = Self.advice(family)
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CheckpointError(
                path: path, problem: "no such file or folder\(NearestPath.question(path))",
                advice: advice, isMissing: true)
        }
        if !isFolder.boolValue {
            if path.hasSuffix(".safetensors") {
                throw CheckpointError(
                    path: path, problem: "is one file of a checkpoint", advice: advice)
            }
            self = .official(file: path)
            return
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        let official = names.filter { $0.hasSuffix(".pt") }.sorted()
        try ModelFolder.requireReadable(path, takesOtherNames: !official.isEmpty)
        let isHub = names.contains {
            $0.contains(".safetensors") || $0.hasPrefix("pytorch_model.bin")
        }
        if official.isEmpty || isHub {
            self = .hub(folder: path)
        } else if official.count == 1 {
            self = .official(file: path + "/" + official[0])
        } else {
            throw CheckpointError(
                path: path, problem: "holds several: \(official.joined(separator: ", "))",
                advice: "name one of the files")
        }
    }

    /// What to give instead of a path that is no checkpoint.
    package static func advice(_ family: String) -> String {
        "give the folder of a \(family) checkpoint in the hub's layout, or an official .pt file"
    }

    /// The folder where the configurations are.
    public var folder: String {
        switch self {
        case .hub(let folder): folder
        case .official(let file): parentFolder(of: file)
        }
    }

    /// The files that the checkpoint is read from.
    ///
    /// - Returns: their paths, sorted
    /// - Throws: `CheckpointError` if weights are missing
    public func files() throws -> [String] {
        let names: [String]
        switch self {
        case .hub(let folder): names = try WeightFiles(folder: folder).all
        case .official(let file): names = [(file as NSString).lastPathComponent]
        }
        let others = ["config.json", PromptedImageProcessor.file(of: folder)]
        return (names + others.compactMap(\.self)).map { "\(folder)/\($0)" }.filter {
            FileManager.default.fileExists(atPath: $0)
        }.sorted()
    }
}
