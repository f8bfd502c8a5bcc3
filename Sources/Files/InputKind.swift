import Foundation
import TextFiles

/// What a file or folder is, as far as its first bytes or the names in it tell: for messages about
/// inputs that stand in each other's place.
public enum InputKind: Sendable, Hashable {
    /// A picture, with its format: "PNG".
    case picture(String)
    /// An HDF5 file, as shards are.
    case shard
    /// A folder with shards in it.
    case shards
    /// A folder with a model that reads text.
    case policy
    /// A folder with a model that makes masks.
    case segmenter
    /// The folder of an adapter, without the model that it is for.
    case adapter
    /// A run's folder.
    case run
    /// A checkpoint's folder.
    case checkpoint
    /// The folder of a run's checkpoints.
    case checkpoints
    /// A folder that an evaluation wrote.
    case evaluation
    /// The folders of a data set that is not imported.
    case dataSet
    /// A folder with configurations in it, with one of them.
    case configurations(String)
    /// A YAML file.
    case yaml
    /// A JSON file.
    case json
    /// Weights in safetensors.
    case safetensors
    /// Weights that torch wrote.
    case torch
    /// A web page.
    case page

    /// Looks into a file or folder.
    ///
    /// - Parameter path: where it is
    /// - Returns: nil if nothing is there, or it is none of those that are known
    public static func of(_ path: String) -> InputKind? {
        path.isFolder ? folder(path.withoutSlashes) : file(path)
    }

    /// What it is called: "a PNG picture".
    public func words(_ path: String) -> String {
        switch self {
        case .picture(let format): "a \(format) picture"
        case .shard: "an HDF5 file, as shards are"
        case .shards: "a folder of shards; name its .h5 files"
        case .policy: "the folder of a policy"
        case .segmenter: "the folder of a segmenter"
        case .adapter:
            "the folder of an adapter; name the model that it is for, and the adapter by --adapter or "
                + "policy.adapter.path"
        case .run: "the folder of a run; " + RunContents(path).words
        case .checkpoint: "the folder of a checkpoint; " + RunContents.model(ofCheckpoint: path)
        case .checkpoints: "the folder of a run's checkpoints; the run is \(path.parentFolder)"
        case .evaluation: "the folder of an evaluation"
        case .dataSet: "a data set's folder; make shards of it with 'think2seg data import'"
        case .configurations(let file): "a folder of configurations, such as \(file)"
        case .yaml: "a YAML file"
        case .json: "a JSON file"
        case .safetensors: "a file of weights (safetensors)"
        case .torch: "a file of weights that torch wrote"
        case .page: "a web page"
        }
    }

    private static func folder(_ path: String) -> InputKind? {
        func has(_ name: String) -> Bool {
            FileManager.default.fileExists(atPath: "\(path)/\(name)")
        }
        if has("adapter_config.json") { return .adapter }
        if has("config.json") { return model(path) }
        if has("manifest.json"), has("policy") || has("segmenter") || has("state.json") {
            return .checkpoint
        }
        if has("config.yaml"), has("run.json") || has("metrics.jsonl") || has("checkpoints") {
            return .run
        }
        if path.hasSuffix("checkpoints"), of(path.parentFolder) == .run { return .checkpoints }
        if has("evaluation.json"), has("predictions.jsonl") { return .evaluation }
        if ["train", "val", "test"].contains(where: { has("\($0)/QAs") || has("\($0)/images") }) {
            return .dataSet
        }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
        if names.contains(where: { $0.hasSuffix(".h5") }) { return .shards }
        let files = names.filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".yml") }
        return files.first.map { .configurations("\(path)/\($0)") }
    }

    /// By its `model_type`: those of segmenters have the name of SAM.
    private static func model(_ path: String) -> InputKind? {
        guard let data = FileManager.default.contents(atPath: path + "/config.json"),
            let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any],
            let type = object["model_type"] as? String
        else { return nil }
        return type.hasPrefix("sam") ? .segmenter : .policy
    }

    private static func file(_ path: String) -> InputKind? {
        guard let handle = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? handle.close() }
        let head = Array((try? handle.read(upToCount: 64)) ?? Data())
        switch FileSignature.of(head) {
        case .picture(let format): return .picture(format)
        case .hdf5: return .shard
        case .safetensors: return .safetensors
        case .zip, .other, nil: break
        }
        switch path.split(separator: ".").last.map({ $0.lowercased() }) ?? "" {
        case "yaml", "yml": return .yaml
        case "json", "jsonl": return .json
        case "html": return .page
        case "pt", "pth", "bin": return head.starts(with: [0x50, 0x4B, 3, 4]) ? .torch : nil
        default: return nil
        }
    }
}

extension InputKind {
    /// What an input of a command or configuration should be.
    public enum Wanted: String, Sendable {
        /// The folder of a policy.
        case policy = "the folder of a policy"
        /// The folder of a policy, or of an adapter of one.
        case policyOrAdapter = "the folder of a policy or of an adapter"
        /// An adapter.
        case adapter = "the folder of an adapter, with adapter_config.json"
        /// A segmenter's folder, or an official file.
        case segmenter = "a segmenter's folder or .pt file"
        /// A shard.
        case shard = "a shard, an HDF5 file"
        /// A picture.
        case picture = "a picture: PNG, JPEG or TIFF"
        /// A run, or its configuration.
        case run = "the folder of a run"
        /// A run, a checkpoint, or an adapter.
        case runOrAdapter = "the folder of a run, of a checkpoint or of an adapter"
        /// An evaluation.
        case evaluation = "the folder of an evaluation"
        /// A configuration; what is said of folders in its place is left to who reads it.
        case configuration = "a YAML file"
        /// A model's sizes.
        case sizes = "a config.json, or a folder with one"
        /// Anything.
        case any = "a file or folder"

        fileprivate func takes(_ kind: InputKind) -> Bool {
            switch (self, kind) {
            case (.any, _), (.policy, .policy), (.shard, .shard), (.picture, .picture): true
            case (.policyOrAdapter, .policy), (.policyOrAdapter, .adapter): true
            case (.adapter, .adapter), (.runOrAdapter, .adapter): true
            case (.runOrAdapter, .run), (.runOrAdapter, .checkpoint): true
            case (.run, .run), (.run, .checkpoint), (.run, .yaml): true
            case (.evaluation, .evaluation): true
            // Such a folder may hold anything; who reads it says what is missing.
            case (_, .configurations): true
            case (.sizes, .json), (.shard, .shards): true
            case (.sizes, let kind): kind.isFolder
            // JSON is YAML.
            case (.configuration, .json), (.run, .json): true
            case (.configuration, let kind): kind == .yaml || kind.isFolder
            case (.segmenter, .segmenter), (.segmenter, .torch), (.segmenter, .safetensors): true
            default: false
            }
        }
    }

    /// Whether it is one of folders.
    private var isFolder: Bool {
        switch self {
        case .picture, .shard, .yaml, .json, .safetensors, .torch, .page: false
        default: true
        }
    }

    /// What is wrong with an input that is of another kind than it should be.
    ///
    /// - Returns: nil if it is not there, right, or of no known kind
    public static func mismatch(_ path: String, wanted: Wanted) -> String? {
        guard let kind = of(path), !wanted.takes(kind) else { return nil }
        let option = (wanted, kind) == (.run, .policy) ? "; name a policy with --policy" : ""
        return
            "\(path) is \(kind.words(path.withoutSlashes)); this takes \(wanted.rawValue)\(option)"
    }
}
