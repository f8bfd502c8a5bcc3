import Foundation
public import Torch

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
        try map { DeferredTensor(NamedTensor(rename($0.key), $0.tensor)) }
            .save(to: folder, shardBytes: shardBytes)
    }
}

extension [DeferredTensor] {
    /// Writes tensors as a hub checkpoint, one made after the other: `model.safetensors`, or numbered files
    /// with an index when they are larger than `shardBytes` together.
    ///
    /// - Parameters:
    ///   - folder: an existing folder
    ///   - shardBytes: how large one file may become
    /// - Throws: `CheckpointError` if a file cannot be written
    public func save(to folder: String, shardBytes: Int = 5_000_000_000) throws {
        var shards: [[DeferredTensor]] = [[]]
        var size = 0
        var total = 0
        for tensor in self {
            let bytes = tensor.byteCount
            if size + bytes > shardBytes, size > 0 {
                shards.append([])
                size = 0
            }
            shards[shards.count - 1].append(tensor)
            size += bytes
            total += bytes
        }
        if shards.count == 1 {
            return try SafetensorsFile.write(deferred: shards[0], to: folder + "/model.safetensors")
        }
        var map: [String: String] = [:]
        for (number, shard) in shards.enumerated() {
            let name = "model-\(padded(number + 1))-of-\(padded(shards.count)).safetensors"
            try SafetensorsFile.write(deferred: shard, to: folder + "/" + name)
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
