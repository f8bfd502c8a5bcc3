import Foundation
public import Torch

/// The tensors of a checkpoint in the hub's layout: one `model.safetensors`, or several with an
/// index; see ``WeightFiles``.
///
/// Keys are the model's own, after `rename` has translated the file's. Every tensor must be asked for:
/// ``finish(ignoring:)`` fails on the ones that nobody wanted.
public final class SafetensorsCheckpoint: WeightSource {
    /// The folder or file.
    public let path: String
    /// What should be known of the files, one sentence each: other weights stand beside these.
    public let warnings: [String]
    private var located: [String: (file: SafetensorsFile, entry: SafetensorsFile.Entry)] = [:]
    private var taken: Set<String> = []

    /// Opens the weights of a folder, those that transformers takes, or a single file.
    ///
    /// - Parameters:
    ///   - path: the folder or file
    ///   - rename: translates a key of the file to the model's key; nil leaves the tensor out
    /// - Throws: `CheckpointError` if a file is missing or damaged, or two keys become one
    public init(path: String, rename: (String) -> String? = { $0 }) throws {
        self.path = path
        let (files, warnings) = try Self.files(path)
        self.warnings = warnings
        for file in files {
            for entry in file.entries {
                guard let key = rename(entry.name) else { continue }
                if let other = located[key] {
                    throw CheckpointError(
                        path: file.path,
                        problem: "tensor \(entry.name) is \(key), and so is \(other.entry.name) of "
                            + other.file.path)
                }
                located[key] = (file, entry)
            }
        }
    }

    /// The keys of all tensors, sorted.
    public var keys: [String] { located.keys.sorted() }

    /// The element types of all tensors that hold floating-point numbers.
    public var floatingPointTypes: Set<DType> {
        Set(located.values.map(\.entry.dtype).filter(\.isFloatingPoint))
    }

    /// Whether the checkpoint has a key.
    public func contains(_ key: String) -> Bool { located[key] != nil }

    /// The shape of a key's tensor, if the checkpoint has it.
    public func shape(_ key: String) -> [Int]? { located[key]?.entry.shape }

    /// The tensor of a key.
    public func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        let (file, entry) = try take(key, shape: shape)
        return try file.tensor(entry)
    }

    /// Takes a tensor without reading it: it counts as asked for.
    ///
    /// - Throws: `CheckpointError` if it is missing, or has another shape or no numbers that a model has
    public func require(_ key: String, shape: [Int]) throws { _ = try take(key, shape: shape) }

    private func take(
        _ key: String, shape: [Int]
    ) throws -> (file: SafetensorsFile, entry: SafetensorsFile.Entry) {
        guard let (file, entry) = located[key] else {
            throw CheckpointError(
                path: path, problem: "tensor \(key) \(shape) is missing",
                advice: "the files are incomplete, or belong to a model of another kind")
        }
        guard entry.shape == shape else {
            throw CheckpointError(
                path: file.path,
                problem: "tensor \(entry.name) has shape \(entry.shape), the configuration "
                    + "needs \(shape)",
                advice: "the weights and config.json belong to different models")
        }
        guard entry.dtype.isFloatingPoint else {
            throw CheckpointError(
                path: file.path, problem: "tensor \(entry.name) holds \(entry.dtype) numbers")
        }
        taken.insert(key)
        return (file, entry)
    }

    /// Fails if the checkpoint has tensors that the model did not ask for.
    ///
    /// - Parameter ignoring: tells keys that may be left over
    /// - Throws: `CheckpointError` with the first few keys
    public func finish(ignoring: (String) -> Bool = { _ in false }) throws {
        let left = keys.filter { !taken.contains($0) && !ignoring($0) }
        if left.isEmpty { return }
        let shown = left.prefix(5).joined(separator: ", ") + (left.count > 5 ? ", …" : "")
        throw CheckpointError(
            path: path, problem: "\(left.count) tensors have no place in the model: \(shown)",
            advice: "the weights and config.json belong to different models")
    }

    /// The files behind a path, and what should be known of them.
    private static func files(_ path: String) throws -> ([SafetensorsFile], warnings: [String]) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CheckpointError(path: path, problem: "no such file or folder", isMissing: true)
        }
        if !isFolder.boolValue { return ([try SafetensorsFile(path: path)], []) }
        let weights = try WeightFiles(folder: path)
        let files = try weights.open()
        return (files, weights.warnings(files))
    }
}

extension [Parameter] {
    /// Writes the parameters as a hub checkpoint: `model.safetensors`, or numbered files with an index
    /// when they are larger than `shardBytes` together.
    ///
    /// - Parameters:
    ///   - folder: an existing folder
    ///   - shardBytes: how large one file may become
    ///   - rename: translates a key to the file's
    /// - Throws: `CheckpointError` if a file cannot be written
    public func save(
        to folder: String, shardBytes: Int = 5_000_000_000, rename: (String) -> String = { $0 }
    ) throws {
        var shards: [[NamedTensor]] = [[]]
        var size = 0
        var total = 0
        for parameter in self {
            let bytes = parameter.tensor.count * parameter.tensor.dtype.byteCount
            if size + bytes > shardBytes, size > 0 {
                shards.append([])
                size = 0
            }
            shards[shards.count - 1].append(NamedTensor(rename(parameter.key), parameter.tensor))
            size += bytes
            total += bytes
        }
        if shards.count == 1 {
            return try SafetensorsFile.write(shards[0], to: folder + "/model.safetensors")
        }
        var map: [String: String] = [:]
        for (number, shard) in shards.enumerated() {
            let name = "model-\(padded(number + 1))-of-\(padded(shards.count)).safetensors"
            try SafetensorsFile.write(shard, to: folder + "/" + name)
            for tensor in shard { map[tensor.name] = name }
        }
        let index: [String: Any] = ["metadata": ["total_size": total], "weight_map": map]
        let data = try JSONSerialization.data(
            withJSONObject: index, options: [.prettyPrinted, .sortedKeys])
        try data.write(
            to: URL(fileURLWithPath: folder + "/model.safetensors.index.json"), options: .atomic)
    }
}

private func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: Swift.max(0, 5 - digits.count)) + digits
}
