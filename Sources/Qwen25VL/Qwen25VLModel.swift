// Reference: transformers, models/qwen2_5_vl/modeling_qwen2_5_vl.py
// (Qwen2_5_VLForConditionalGeneration)
public import NN
public import Torch

// Legend: P prompt positions, M merged blocks of all pictures, C hidden size, V vocabulary.

/// The Qwen2.5-VL model: a vision tower, a language model and its head.
///
/// The model is its parameters; what belongs to one prompt goes in and comes out. Parameters carry
/// the hub's keys (`visual.…`, `model.…`, `lm_head.weight`).
public struct Qwen25VLModel {
    /// The sizes that it was built with.
    public let configuration: Qwen25VLConfiguration
    /// Which tokens end a completion.
    public var generation: GenerationConfiguration
    /// All parameters; a shared embedding occurs once.
    public let parameters: [Parameter]
    /// The files beside the weights, kept as they were read; empty for a model not read from a folder.
    public var companions: [CompanionFile] = []
    /// What should be known of the files that it was read from, one sentence each; mostly nothing.
    public var warnings: [String] = []

    /// Whether a parameter belongs to the vision tower, by its key.
    public static func isVision(_ parameter: Parameter) -> Bool {
        parameter.key.hasPrefix("visual.")
    }

    let visual: VisionTransformer
    let text: TextModel
    let head: Tensor  // [V, C]
    private(set) var decodingWeights = DecodingWeights()
    /// Bytes of the language model below which it is in the processor's cache anyway, and not packed.
    var leastPackedBytes = 16 << 20
    /// Whether logits are computed in float32 whatever the parameters' element type, as ScaleRL
    /// recommends (arXiv 2510.13786): in bfloat16 they are off by up to 2⁻⁹ of their size.
    public var castsHeadToFloat32 = false
    /// Bytes of probabilities that are kept for the gradient of scores; more are computed again.
    public var keptProbabilityBytes = 256 << 20
    /// The element type of the parameters.
    public let dtype: DType
    /// Where the parameters live.
    public let device: Device

    /// Builds the model from a source of weights.
    ///
    /// - Parameters:
    ///   - configuration: the sizes
    ///   - generation: which tokens end a completion; nil takes the configuration's
    ///   - builder: a fresh builder
    /// - Throws: an error that names a key which is missing or has another shape
    public init(
        configuration: Qwen25VLConfiguration, generation: GenerationConfiguration? = nil,
        builder: ParameterBuilder
    ) throws {
        self.configuration = configuration
        self.generation = try generation ?? GenerationConfiguration(configuration: configuration)
        dtype = builder.dtype
        device = builder.device
        visual = try VisionTransformer(
            builder.root / "visual", configuration.vision, device: builder.device)
        text = try TextModel(
            builder.root / "model", configuration.text, dtype: builder.dtype,
            device: builder.device)
        head =
            configuration.tiesWordEmbeddings
            ? text.embedding.weight
            : try (builder.root / "lm_head").parameter(
                "weight",
                shape: [configuration.text.vocabularySize, configuration.text.hiddenSize],
                initializer: configuration.text.initializer)
        parameters = builder.parameters
    }

    /// Builds a model with random weights that depend on the seed only.
    ///
    /// - Parameters:
    ///   - configuration: the sizes
    ///   - seed: decides about the weights
    ///   - dtype: the parameters' element type
    ///   - device: where the parameters live
    /// - Throws: an error if libtorch cannot make them
    public init(
        random configuration: Qwen25VLConfiguration, seed: UInt64, dtype: DType = .float32,
        device: Device = .cpu
    ) throws {
        try self.init(
            configuration: configuration,
            builder: ParameterBuilder(
                source: RandomWeights(seed: seed), dtype: dtype, device: device))
    }

    /// The same model over the same memory, with gradients of its own: for another thread.
    ///
    /// - Returns: a model that sees every change of this one's parameters in place; they require
    ///   gradients where this one's do now
    /// - Throws: `TorchError`
    public func sharingParameters() throws -> Qwen25VLModel {
        var model = try Qwen25VLModel(
            configuration: configuration, generation: generation,
            builder: ParameterBuilder(sharing: parameters))
        model.companions = companions
        model.castsHeadToFloat32 = castsHeadToFloat32
        model.keptProbabilityBytes = keptProbabilityBytes
        model.decodingWeights = decodingWeights
        model.leastPackedBytes = leastPackedBytes
        return model
    }

    // MARK: - Forward passes

    /// The pictures' tokens [M, C], one picture after the other.
    ///
    /// - Parameters:
    ///   - patches: [N, patch elements], in merge-block order
    ///   - grids: the pictures' grids
    /// - Returns: [M, C]
    /// - Throws: ``Qwen25VLInputError`` if they do not fit each other
    public func embedImages(_ patches: Tensor, grids: [VisionGrid]) throws -> Tensor {
        let vision = configuration.vision
        for grid in grids {
            guard grid.rows % vision.mergeSize == 0, grid.columns % vision.mergeSize == 0 else {
                throw Qwen25VLInputError(
                    "a grid of \(grid.rows) × \(grid.columns) patches does not divide into blocks "
                        + "of \(vision.mergeSize)",
                    advice: "resize pictures with the processor")
            }
        }
        let count = grids.reduce(0) { $0 + $1.patchCount }
        guard patches.shape == [count, vision.patchElements] else {
            throw Qwen25VLInputError(
                "patches have shape \(patches.shape), their grids need "
                    + "\([count, vision.patchElements])",
                advice: "use the processor of the same checkpoint")
        }
        return try visual(patches, grids: grids)
    }

    /// The normalised hidden states [P, C] of a prompt.
    public func hiddenStates(_ input: Qwen25VLInput) throws -> Tensor {
        let prompt = try prepared([input])[0]
        return try text(
            prompt.embeddings, rotary: text.rotary(prompt.positions),
            pattern: CausalPattern(remembers: false))
    }

    /// The logits [P, V] after each token of a prompt, float32.
    public func logits(_ input: Qwen25VLInput) throws -> Tensor {
        try logits(of: hiddenStates(input), headWeights())
    }

    /// The head in the element type that logits are computed in; [V, C].
    ///
    /// Ask once for many logits: with ``castsHeadToFloat32`` it is a copy.
    func headWeights() throws -> Tensor { castsHeadToFloat32 ? try head.to(.float32) : head }

    /// The logits of hidden states [.., C] by ``headWeights()``, float32.
    func logits(of hidden: Tensor, _ head: Tensor) throws -> Tensor {
        try hidden.to(head.dtype).linear(head).to(.float32)
    }

    /// A prompt as the language model takes it.
    struct PreparedPrompt {
        /// The tokens' and the pictures' vectors, [P, C].
        let embeddings: Tensor
        let positions: MultimodalPositions
    }

    /// The vectors [N, C] of N tokens; the token that pads gets no gradient through them, as in the
    /// reference, where config.json names one.
    func embed(_ ids: [Int]) throws -> Tensor {
        let words = try text.embedding(Tensor.of(ids).to(device))
        let pads = ids.indices.filter { ids[$0] == configuration.padTokenID }
        if pads.isEmpty { return words }
        let places = try Tensor.of(pads).to(device)
        return try words.replacing(
            0, at: places, with: words.indexed(0, places).detached())
    }

    /// Embeds prompts' tokens and puts the pictures' in their places; the pictures of all prompts go
    /// through the vision tower together.
    func prepared(_ inputs: [Qwen25VLInput]) throws -> [PreparedPrompt] {
        if inputs.count == 1 { return [try prepared(inputs[0])] }
        let open = inputs.indices.filter {
            inputs[$0].imageTokens == nil && inputs[$0].patches != nil
        }
        var inputs = inputs
        if open.count > 1 {
            let grids = open.map { inputs[$0].grids }
            let tokens = try embedImages(
                Tensor.concatenate(open.compactMap { inputs[$0].patches }, dim: 0),
                grids: grids.flatMap(\.self))
            var start = 0
            for (index, grids) in zip(open, grids) {
                let count = grids.reduce(0) {
                    $0 + $1.tokenCount(mergeSize: configuration.vision.mergeSize)
                }
                inputs[index].imageTokens = try tokens.sliced(0, from: start, to: start + count)
                start += count
            }
        }
        return try inputs.map(prepared)
    }

    /// Embeds a prompt's tokens and puts the pictures' in their places.
    private func prepared(_ input: Qwen25VLInput) throws -> PreparedPrompt {
        try requireTokens(input.tokenIDs, in: "the prompt")
        if let index = input.tokenIDs.firstIndex(of: configuration.videoTokenID) {
            throw Qwen25VLInputError(
                "token \(index) of the prompt stands for a video", advice: "give pictures only")
        }
        let positions = try MultimodalPositions(
            tokenIDs: input.tokenIDs, grids: input.grids,
            imageTokenID: configuration.imageTokenID, mergeSize: configuration.vision.mergeSize)
        let words = try embed(input.tokenIDs)  // [P, C]
        if input.grids.isEmpty { return PreparedPrompt(embeddings: words, positions: positions) }
        let places = input.tokenIDs.indices.filter {
            input.tokenIDs[$0] == configuration.imageTokenID
        }
        let images = try imageTokens(input, count: places.count)
        return PreparedPrompt(
            embeddings: try words.replacing(0, at: Tensor.of(places).to(device), with: images),
            positions: positions)
    }

    /// The tokens [M, C] of a prompt's pictures.
    private func imageTokens(_ input: Qwen25VLInput, count: Int) throws -> Tensor {
        if let tokens = input.imageTokens {
            let expected = [count, configuration.text.hiddenSize]
            guard tokens.shape == expected else {
                throw Qwen25VLInputError(
                    "the pictures' tokens have shape \(tokens.shape), the prompt needs \(expected)",
                    advice: "make them of the same prompt's patches with the same model")
            }
            return tokens
        }
        guard let patches = input.patches else {
            throw Qwen25VLInputError(
                "the prompt has \(input.grids.count) pictures but no patches",
                advice: "pass the processor's patches")
        }
        return try embedImages(patches, grids: input.grids)
    }

    /// Fails if there is no token, or one that the vocabulary does not have.
    func requireTokens(_ ids: [Int], in place: String) throws {
        if ids.isEmpty {
            throw Qwen25VLInputError("\(place) is empty", advice: "give at least one token")
        }
        let vocabulary = configuration.text.vocabularySize
        for (index, id) in ids.enumerated() where !(0..<vocabulary).contains(id) {
            throw Qwen25VLInputError(
                "token \(index) of \(place) is \(id), outside the vocabulary of \(vocabulary)",
                advice: "use the tokenizer of the same checkpoint")
        }
    }
}
