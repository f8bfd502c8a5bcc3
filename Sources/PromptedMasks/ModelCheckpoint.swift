package import NN
package import Torch

/// A checkpoint of either format, by the hub's keys.
package protocol ModelCheckpoint: WeightSource {
    /// What should be known of the files, one sentence each.
    var warnings: [String] { get }
    /// Whether the checkpoint has a key.
    func contains(_ key: String) -> Bool
    /// Takes a tensor without reading it.
    func require(_ key: String, shape: [Int]) throws
    /// Fails if there are tensors that the model did not ask for, unless they are known to be of no use.
    func finish() throws
}

/// A checkpoint in the hub's layout.
package final class HubCheckpoint: ModelCheckpoint {
    private let files: StoredWeights

    private let unusedPrefixes: [String]

    /// Opens the weights of a folder.
    ///
    /// - Parameters:
    ///   - folder: the folder
    ///   - unusedPrefixes: how the keys begin that the model for pictures has no use for
    ///   - rename: what a key of the files is called in the model; nil passes it over
    /// - Throws: `CheckpointError` that names the file
    package init(
        folder: String, unusedPrefixes: [String] = [], rename: (String) -> String? = { $0 }
    ) throws {
        files = try StoredWeights(path: folder, rename: rename)
        self.unusedPrefixes = unusedPrefixes
    }

    /// What should be known of the files, one sentence each.
    package var warnings: [String] { files.warnings }

    /// Whether the checkpoint has a key.
    package func contains(_ key: String) -> Bool { files.contains(key) }

    /// Takes a tensor without reading it.
    package func require(_ key: String, shape: [Int]) throws {
        try files.require(key, shape: shape)
    }

    /// Takes a tensor.
    package func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        try files.tensor(key, shape: shape, initializer: initializer)
    }

    /// Fails if there are tensors that were not taken, and are not passed over.
    package func finish() throws {
        try files.finish { key in unusedPrefixes.contains { key.hasPrefix($0) } }
    }
}

/// A source that takes some keys' tensors from other keys.
final class RedirectedWeights: WeightSource {
    let source: any WeightSource
    let keys: [String: String]

    init(_ source: any WeightSource, keys: [String: String]) {
        self.source = source
        self.keys = keys
    }

    func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        try source.tensor(keys[key] ?? key, shape: shape, initializer: initializer)
    }
}

/// A checkpoint whose sizes are read and whose weights are not yet.
public struct SegmenterCheckpoint<Sizes: SegmenterSizes> {
    /// The model's sizes.
    package let sizes: Sizes
    /// Opens the weights.
    package let weights: () throws -> any ModelCheckpoint

    /// A checkpoint from its parts.
    package init(sizes: Sizes, weights: @escaping () throws -> any ModelCheckpoint) {
        self.sizes = sizes
        self.weights = weights
    }
}
