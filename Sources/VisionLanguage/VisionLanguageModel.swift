// Reference: transformers, models/qwen2_5_vl/modeling_qwen2_5_vl.py
// (Qwen2_5_VLForConditionalGeneration)
public import NN
public import Torch

// Legend: P prompt positions, C hidden size, V vocabulary.

/// A vision-language model of any family: a vision tower, a language model and its head.
///
/// The model is its parameters; what belongs to one prompt goes in and comes out. Parameters carry
/// the keys of ``PolicyOptions/keys`` (`visual.…`, `model.…`, `lm_head.weight`).
public struct VisionLanguageModel {
    /// What it has of its own among all families.
    package let family: any PolicyFamily
    /// What it is made of, as data.
    public let options: PolicyOptions
    /// Which tokens end a completion.
    public var generation: GenerationConfiguration
    /// All parameters; a shared embedding occurs once.
    public let parameters: [Parameter]
    /// The files beside the weights, kept as they were read; empty for a model not read from a folder.
    public var companions: [CompanionFile] = []
    /// What should be known of the files that it was read from, one sentence each; mostly nothing.
    public var warnings: [String] = []

    /// How it is spoken to.
    public var chat: ChatConvention { type(of: family).chat }
    /// Translates the parameters' keys to those of files.
    var keyMap: any CheckpointKeyMap

    /// Whether a parameter belongs to the vision tower, by its key.
    public func isVision(_ parameter: Parameter) -> Bool { options.keys.isVision(parameter.key) }

    /// What changes the modules of the base; nil where nothing does.
    package let adapter: (any AdapterPlan)?
    /// The modules that an adapter may change.
    package let modules: [AdaptableModule]
    /// Parameters of the base that the adapter has copies of.
    let replaced: [Parameter]
    /// What the adapter adds to modules, by their places.
    let branches: [String: LowRankBranch]
    /// What the adapter adds to tables, by their places.
    let tables: [String: LowRankTable]
    /// What training's dropout in the adapter depends on.
    package let dropout: AdapterDropout
    let encoder: any VisionEncoder
    let text: TextDecoder
    let head: Tensor  // [V, C]
    /// What the adapter adds to the head.
    let headBranch: LowRankBranch?
    private(set) var decodingWeights = DecodingWeights()
    /// Bytes of the language model below which it is in the processor's cache anyway, and not packed.
    var leastPackedBytes = 16 << 20
    /// Whether logits are computed in float32 whatever the parameters' element type, as ScaleRL
    /// recommends (arXiv 2510.13786): in bfloat16 they are off by up to 2⁻⁹ of their size.
    public var castsHeadToFloat32 = false
    /// Bytes of probabilities that are kept for the gradient of scores; more are computed again.
    public var keptProbabilityBytes = 256 << 20
    /// Whether of each layer of text and tower only the input is kept for the gradient, and the rest is
    /// computed again: the same gradients to the bit, for one more forward pass.
    public var checkpointsLayers = false
    /// The element type of the parameters.
    public let dtype: DType
    /// Where the parameters live.
    public let device: Device

    /// Builds the model from a source of weights.
    ///
    /// - Parameters:
    ///   - family: the family, with the sizes
    ///   - generation: which tokens end a completion; nil takes the configuration's
    ///   - builder: a fresh builder
    ///   - kind: where the head's matrix comes from; nil: where the family says
    /// - Throws: an error that names a key which is missing or has another shape
    package init(
        _ family: any PolicyFamily, generation: GenerationConfiguration? = nil,
        builder: ParameterBuilder, head kind: HeadKind? = nil
    ) throws {
        self.family = family
        var options = family.options
        if let kind { options.text.head = kind }
        self.options = options
        self.generation = try generation ?? GenerationConfiguration(options: options)
        keyMap = family.keyMap()
        dtype = builder.dtype
        device = builder.device
        encoder = try family.encoder(builder.root, device: builder.device)
        text = try TextDecoder(
            builder.root / options.keys.text, options.text, dtype: builder.dtype,
            device: builder.device
        ) { try family.recurrentMixer($0, layer: $1) }
        let scope = builder.root / options.keys.head
        head =
            options.text.head != .own
            ? try builder.tied(
                options.keys.embedding, text.embedding.weight, own: options.keys.headWeight)
            : try scope.parameter(
                "weight", shape: [options.text.vocabularySize, options.text.hiddenSize],
                initializer: options.text.initializer)
        // A head of its own is a module where it is tied as well.
        headBranch = try scope.branch(.linear, weight: head, hasBias: false)
        parameters = builder.parameters
        replaced = builder.replaced
        branches = builder.branches
        tables = builder.tables
        dropout = builder.dropout
        adapter = builder.plan
        modules = builder.modules
    }

    /// Builds a model with random weights that depend on the seed only.
    ///
    /// - Parameters:
    ///   - family: the family, with the sizes
    ///   - seed: decides about the weights
    ///   - dtype: the parameters' element type
    ///   - device: where the parameters live
    /// - Throws: an error if libtorch cannot make them
    package init(
        random family: any PolicyFamily, seed: UInt64, dtype: DType = .float32,
        device: Device = .cpu
    ) throws {
        try self.init(
            family,
            builder: ParameterBuilder(
                source: RandomWeights(seed: seed), dtype: dtype, device: device))
    }

    /// The same model over the same memory, with gradients of its own: for another thread.
    ///
    /// - Returns: a model that sees every change of this one's parameters in place; they require
    ///   gradients where this one's do now
    /// - Throws: `TorchError`
    public func sharingParameters() throws -> VisionLanguageModel {
        try rebuilt(ParameterBuilder(sharing: parameters, replaced: replaced, adapter: adapter))
    }

    /// The base over the same memory, without what the adapter does to it.
    ///
    /// - Returns: a model none of whose parameters requires gradients
    /// - Throws: `TorchError`
    package func withoutAdapter() throws -> VisionLanguageModel {
        let base = parameters.filter { !$0.isAdapter }
        let model = try rebuilt(ParameterBuilder(sharing: base, replaced: replaced))
        for parameter in model.parameters { try parameter.tensor.setRequiresGradient(false) }
        return model
    }

    /// The base over the same memory with a copy of the adapter as it is now.
    ///
    /// - Returns: a model none of whose parameters requires gradients
    /// - Throws: `TorchError`
    package func withFrozenAdapter() throws -> VisionLanguageModel {
        let copied = try withoutGradients {
            try parameters.map { parameter in
                guard parameter.isAdapter else { return parameter }
                return Parameter(
                    key: parameter.key, tensor: try parameter.tensor.detached().clone(),
                    isAdapter: true)
            }
        }
        let model = try rebuilt(
            ParameterBuilder(sharing: copied, replaced: replaced, adapter: adapter))
        for parameter in model.parameters { try parameter.tensor.setRequiresGradient(false) }
        return model
    }

    func rebuilt(
        _ builder: ParameterBuilder, head: HeadKind? = nil, companions: [CompanionFile]? = nil
    ) throws -> VisionLanguageModel {
        var model = try VisionLanguageModel(
            family, generation: generation, builder: builder, head: head ?? options.text.head)
        model.keyMap = keyMap
        model.companions = companions ?? self.companions
        model.castsHeadToFloat32 = castsHeadToFloat32
        model.keptProbabilityBytes = keptProbabilityBytes
        model.checkpointsLayers = checkpointsLayers
        model.decodingWeights = decodingWeights
        model.leastPackedBytes = leastPackedBytes
        return model
    }

    // MARK: - Forward passes

    /// The normalised hidden states [P, C] of a prompt.
    public func hiddenStates(_ input: VisionLanguageInput) throws -> Tensor {
        let prompt = try prepared([input])[0]
        return try text(
            prompt.embeddings, rotary: text.rotary(prompt.positions),
            pattern: CausalPattern(remembers: false),
            pictures: PlacedFeatures([(0, prompt)], device: device),
            checkpointsLayers: checkpointsLayers)
    }

    /// The logits [P, V] after each token of a prompt, float32.
    public func logits(_ input: VisionLanguageInput) throws -> Tensor {
        try logits(of: hiddenStates(input), headWeights())
    }

    /// The head in the element type that logits are computed in.
    ///
    /// Ask once for many logits: with ``castsHeadToFloat32`` its matrix is a copy.
    func headWeights() throws -> ModelHead {
        ModelHead(matrix: castsHeadToFloat32 ? try head.to(.float32) : head, branch: headBranch)
    }

    /// The logits of hidden states [.., C] by ``headWeights()``, float32.
    func logits(of hidden: Tensor, _ head: ModelHead) throws -> Tensor {
        try head.layer(hidden.to(head.matrix.dtype)).to(.float32)
    }
}
