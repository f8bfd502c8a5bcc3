// Legend: C hidden size, F inner size of the MLP, H query heads, K key heads, D head size.

/// What a layer of the language model mixes positions with.
public enum MixerKind: Sendable, Hashable {
    /// Attention, as ``TextOptions`` says.
    case attention
    /// A recurrence, which the family makes.
    case recurrent(RecurrentWork)
}

/// What a recurrent mixer computes and keeps, as far as its cost is concerned.
public struct RecurrentWork: Sendable, Hashable {
    /// A matrix that each position goes through.
    public struct Matrix: Sendable, Hashable {
        /// Its key below the layer's, without `.weight`.
        public var key: String
        /// Inputs times outputs.
        public var count: Int

        /// A matrix from its parts.
        public init(key: String, count: Int) {
            self.key = key
            self.count = count
        }
    }

    /// The matrices, in the order in which they are gone through.
    public var matrices: [Matrix]
    /// FLOPs of a position beside the matrices.
    public var scanFLOPs: Int
    /// Bytes that the layer keeps of each row.
    public var stateBytes: Int

    /// The work from its parts.
    public init(matrices: [Matrix], scanFLOPs: Int, stateBytes: Int) {
        self.matrices = matrices
        self.scanFLOPs = scanFLOPs
        self.stateBytes = stateBytes
    }
}

/// Where the matrix comes from that makes logits.
public enum HeadKind: Sendable, Hashable {
    /// It has a key of its own.
    case own
    /// It is the token embedding; one on disk must be the same numbers.
    case tied
    /// It is the token embedding unless there is one on disk that differs from it.
    case tiedUnlessStored
}

/// What a language model is made of, as data.
///
/// Every layer is x + mixer(norm(x)), then x + MLP(norm(x)) with a gated MLP.
public struct TextOptions: Sendable, Hashable {
    /// Rows of the token embedding.
    public var vocabularySize: Int
    /// C: the residual stream's width.
    public var hiddenSize: Int
    /// F: the MLP's inner width.
    public var intermediateSize: Int
    /// H: query heads.
    public var headCount: Int
    /// K: key and value heads; each serves H / K query heads.
    public var keyValueHeadCount: Int
    /// D: the width of one head, C / H or not.
    public var headSize: Int
    /// The epsilon of all RMS norms.
    public var normEpsilon: Double
    /// What is added to the weights of all RMS norms: 0, or 1 where fresh weights are 0.
    public var normOffset = 0.0
    /// Whether queries, keys and values have biases.
    public var hasAttentionBias = false
    /// Whether each query and key head has an RMS norm over its D numbers before it is turned.
    public var normalizesHeads = false
    /// How queries and keys are turned.
    public var rotary: RotaryPlan
    /// What each layer mixes positions with.
    public var mixers: [MixerKind]
    /// Where the matrix comes from that makes logits.
    public var head: HeadKind
    /// Standard deviation of new weights.
    public var initializerRange: Double
    /// The longest sequence that the model was made for.
    public var maximumPositions: Int?

    /// Options with the defaults of what is not named: attention in every layer, heads of C / H numbers, no
    /// biases, no norms of heads.
    public init(
        vocabularySize: Int, hiddenSize: Int, intermediateSize: Int, layerCount: Int,
        headCount: Int, keyValueHeadCount: Int, headSize: Int? = nil, normEpsilon: Double,
        rotary: RotaryPlan, head: HeadKind, initializerRange: Double = 0.02
    ) {
        self.vocabularySize = vocabularySize
        self.hiddenSize = hiddenSize
        self.intermediateSize = intermediateSize
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headSize = headSize ?? hiddenSize / headCount
        self.normEpsilon = normEpsilon
        self.rotary = rotary
        mixers = [MixerKind](repeating: .attention, count: layerCount)
        self.head = head
        self.initializerRange = initializerRange
    }

    /// How many layers there are.
    public var layerCount: Int { mixers.count }
    /// H · D.
    public var queryWidth: Int { headCount * headSize }
    /// K · D.
    public var keyWidth: Int { keyValueHeadCount * headSize }
    /// How many layers attend.
    public var attentionLayerCount: Int { mixers.count { $0 == .attention } }

    /// Numbers of the matrices of a layer's mixer.
    public func mixerWeights(_ kind: MixerKind) -> Int {
        switch kind {
        // Queries and output C · H·D, keys and values C · K·D.
        case .attention: 2 * hiddenSize * (queryWidth + keyWidth)
        case .recurrent(let work): work.matrices.reduce(0) { $0 + $1.count }
        }
    }

    /// Numbers of all layers' matrices.
    public var layerWeights: Int {
        mixers.reduce(0) { $0 + mixerWeights($1) + 3 * hiddenSize * intermediateSize }
    }

    /// Bytes that all recurrent layers keep of a row.
    public var stateBytes: Int {
        mixers.reduce(0) { sum, kind in
            if case .recurrent(let work) = kind { sum + work.stateBytes } else { sum }
        }
    }
}
