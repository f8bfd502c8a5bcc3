package import Adapters
package import NN
package import Tokenizers
package import Torch

extension VisionLanguageModel {
    /// Reads a checkpoint folder in the hub's layout: `generation_config.json` and weights, one file or
    /// several.
    ///
    /// - Parameters:
    ///   - family: what the folder's `config.json` says
    ///   - directory: the folder
    ///   - adapter: what changes the model that the folder has; nil: nothing
    ///   - dtype: the element type to compute in; nil keeps the checkpoint's
    ///   - device: where to compute
    ///   - reused: parameters of another model that was read from the same weights, and whose values
    ///     stay as they are: their memory serves both, where type and place are the same
    ///   - endToken: the token that the tokenizer's files call the end, which ends completions too
    /// - Returns: the model, no parameter of which requires gradients
    /// - Throws: ``PolicyConfigurationError`` or `CheckpointError`, with the file and the key
    package static func load(
        _ family: any PolicyFamily, directory: String, adapter: AdapterChoice? = nil,
        dtype: DType? = nil, device: Device = .cpu, reusing reused: [Parameter] = [],
        endToken: Tokenizer.EndToken? = nil
    ) throws -> VisionLanguageModel {
        let generation = try GenerationConfiguration.load(
            directory: directory, options: family.options, endToken: endToken)
        let found = try StoredPolicy(family, directory)
        let chosen = try dtype ?? found.dtype()
        let adapted = try adapter.map {
            try AdaptedPolicy($0, family, keys: found.keys, head: found.head, dtype: chosen)
        }
        var model = try VisionLanguageModel(
            family, generation: generation,
            builder: ParameterBuilder(
                source: found.weights, dtype: chosen, device: device,
                reusing: reused.filter { $0.tensor.dtype == chosen && $0.tensor.device == device },
                adapter: adapted?.source),
            head: found.head)
        try found.requireTied()
        try found.finish()
        try adapted?.requireTables(model)
        try model.take(found)
        model.warnings += adapted?.plan.warnings ?? []
        return model
    }

    /// Reads all of a checkpoint folder but the weights: a model whose parameters have keys and shapes,
    /// and no memory.
    ///
    /// - Parameters:
    ///   - family: what the folder's `config.json` says
    ///   - directory: the folder
    ///   - adapter: what changes the model that the folder has; nil: nothing
    ///   - dtype: the element type that the parameters would have
    ///   - endToken: the token that the tokenizer's files call the end, which ends completions too
    /// - Returns: the model, which can tell its sizes and prepare prompts, and nothing else
    /// - Throws: what ``load(_:directory:dtype:device:reusing:endToken:)`` throws, but for weights that are
    ///   wrong
    package static func outline(
        _ family: any PolicyFamily, directory: String, adapter: AdapterChoice? = nil, dtype: DType,
        endToken: Tokenizer.EndToken? = nil
    ) throws -> VisionLanguageModel {
        let generation = try GenerationConfiguration.load(
            directory: directory, options: family.options, endToken: endToken)
        let found = try StoredPolicy(family, directory)
        let adapted = try adapter.map {
            try AdaptedPolicy($0, family, keys: found.keys, head: found.head, dtype: dtype)
        }
        var model = try VisionLanguageModel(
            family, generation: generation,
            builder: ParameterBuilder(
                withoutWeights: dtype, adapter: adapted?.absent, require: found.weights.require),
            head: found.head)
        try found.finish(withHead: false)
        try model.take(found)
        model.warnings += adapted?.plan.warnings ?? []
        return model
    }

    /// Keeps the files beside the weights, and what should be known of both.
    private mutating func take(_ found: StoredPolicy) throws {
        keyMap = found.keys
        companions = try CompanionFile.all(in: found.directory)
        warnings = found.weights.warnings
        if let config = companions.first(where: { $0.name == "config.json" }) {
            warnings +=
                try StatedElementType.warning(
                    config.data, types: found.weights.floatingPointTypes,
                    file: found.directory + "/config.json"
                ).map { [$0] } ?? []
        }
        warnings += [found.keys.warning(found.directory)].compactMap(\.self)
    }
}

/// The weights of a policy's folder, opened.
private struct StoredPolicy {
    let directory: String
    let options: PolicyOptions
    let weights: StoredWeights
    /// Translates to the keys that were read.
    let keys: any CheckpointKeyMap
    /// Where the head's matrix comes from, for these weights.
    let head: HeadKind

    init(_ family: any PolicyFamily, _ directory: String) throws {
        self.directory = directory
        options = family.options
        var keys = family.keyMap()
        weights = try StoredWeights(path: directory) { keys.canonical($0) }
        try keys.requireOwn(directory)
        self.keys = keys
        let (headKey, embeddingKey) = (options.keys.headWeight, options.keys.embedding)
        let kind = options.text.head
        if kind == .own, !weights.contains(headKey), weights.contains(embeddingKey) {
            throw CheckpointError(
                path: directory,
                problem:
                    "\(headKey) is missing, and config.json does not tie it to the embedding: the "
                    + "weights are those of the base model alone",
                advice: "save the whole model, \(options.architecture); or set "
                    + "tie_word_embeddings to true in config.json if the head is the embedding")
        }
        head =
            try kind == .tiedUnlessStored && weights.contains(headKey)
            && !Self.hasTiedHead(weights, options) ? .own : kind
    }

    /// Whether the head on disk is the embedding, number by number.
    private static func hasTiedHead(
        _ weights: StoredWeights, _ options: PolicyOptions
    ) throws -> Bool {
        let shape = [options.text.vocabularySize, options.text.hiddenSize]
        func tensor(_ key: String) throws -> Tensor {
            try weights.tensor(key, shape: shape, initializer: .constant(0))
        }
        let (head, words) = try (tensor(options.keys.headWeight), tensor(options.keys.embedding))
        return try head.dtype == words.dtype && head.isEqual(to: words)
    }

    /// The element type of the embedding.
    func dtype() throws -> DType {
        try weights.tensor(
            options.keys.embedding,
            shape: [options.text.vocabularySize, options.text.hiddenSize],
            initializer: .constant(0)
        ).dtype
    }

    /// A head on disk beside a shared embedding must be the same numbers.
    func requireTied() throws {
        let (headKey, embeddingKey) = (options.keys.headWeight, options.keys.embedding)
        guard head == .tied, weights.contains(headKey) else { return }
        guard try Self.hasTiedHead(weights, options) else {
            throw CheckpointError(
                path: directory,
                problem: "\(headKey) differs from \(embeddingKey), but config.json ties them",
                advice: "set tie_word_embeddings to false in config.json")
        }
    }

    /// Fails if tensors are left that the model did not ask for.
    ///
    /// - Parameter withHead: whether a head beside a shared embedding was looked at
    /// - Throws: `CheckpointError` with the first few keys
    func finish(withHead: Bool = true) throws {
        try weights.finish { key in
            keys.isPassedOver(key)
                || !withHead && head != .own && key == options.keys.headWeight
        }
    }
}
