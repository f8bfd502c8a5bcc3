// Reference: transformers, models/sam2/modeling_sam2.py (Sam2TwoWayTransformer)
//
// Legend: B prompts, T tokens, S cells of the picture's embedding, C channels, H heads, D channels
// per head. What is the same for all prompts has 1 instead of B and is computed once.
import NN
import Torch

/// Attention whose queries, keys and values may have fewer channels than what comes in.
struct DecoderAttention {
    private let query: Linear
    private let key: Linear
    private let value: Linear
    private let output: Linear
    private let heads: Int

    init(_ scope: ParameterScope, _ channels: Int, heads: Int, downsampling: Int) throws {
        let inner = channels / downsampling
        query = try Linear(scope / "q_proj", channels, inner)
        key = try Linear(scope / "k_proj", channels, inner)
        value = try Linear(scope / "v_proj", channels, inner)
        output = try Linear(scope / "o_proj", inner, channels)
        self.heads = heads
    }

    /// query [B or 1, T, C], key and value [B or 1, S, C] to [B, T, C].
    func callAsFunction(query: Tensor, key: Tensor, value: Tensor) throws -> Tensor {
        let batch = max(query.size(0), key.size(0))
        let attended = try Tensor.attention(
            query: split(self.query(query), batch), key: split(self.key(key), batch),
            value: split(self.value(value), batch))  // [B, H, T, D]
        return try output(attended.transposed(1, 2).reshaped(batch, query.size(1), -1))
    }

    /// [B or 1, T, C] to [B, H, T, D].
    private func split(_ x: Tensor, _ batch: Int) throws -> Tensor {
        try x.reshaped(x.size(0), x.size(1), heads, -1).transposed(1, 2).expanded(batch, -1, -1, -1)
    }
}

/// Tokens and picture cells, as they pass through the layers.
struct TwoWayState {
    /// What the tokens have become: [B, T, C].
    var tokens: Tensor
    /// What the picture's cells have become: [B or 1, S, C].
    var cells: Tensor
}

/// Tokens attend to each other and to the picture, then the picture to the tokens.
struct TwoWayAttentionBlock {
    private let selfAttention: DecoderAttention
    private let tokenToImage: DecoderAttention
    private let imageToToken: DecoderAttention
    private let mlp: FeedForward
    private let norms: [LayerNorm]
    private let isFirst: Bool

    init(_ scope: ParameterScope, _ configuration: MaskDecoderConfiguration, index: Int) throws {
        let (size, heads) = (configuration.hiddenSize, configuration.heads)
        let shrink = configuration.attentionDownsampling
        selfAttention = try DecoderAttention(
            scope / "self_attn", size, heads: heads, downsampling: 1)
        tokenToImage = try DecoderAttention(
            scope / "cross_attn_token_to_image", size, heads: heads, downsampling: shrink)
        imageToToken = try DecoderAttention(
            scope / "cross_attn_image_to_token", size, heads: heads, downsampling: shrink)
        // The reference gives this MLP as many layers as the transformer has.
        mlp = try FeedForward(
            scope / "mlp", size, configuration.mlpSize, size, layers: configuration.layers)
        norms = try (1...4).map {
            try LayerNorm(scope / "layer_norm\($0)", size, epsilon: decoderLayerNormEpsilon)
        }
        isFirst = index == 0
    }

    /// `tokens` [B, T, C] and `places` [1, S, C] are what the tokens and cells started as, or where
    /// they are: they are added wherever queries and keys are made.
    func callAsFunction(
        _ state: TwoWayState, tokens: Tensor, places: Tensor
    ) throws -> TwoWayState {
        var queries = state.tokens
        if isFirst {
            queries = try selfAttention(query: queries, key: queries, value: queries)
        } else {
            let query = try queries + tokens
            queries = try queries + selfAttention(query: query, key: query, value: queries)
        }
        queries = try norms[0](queries)
        let keys = try state.cells + places
        queries = try norms[1](
            queries
                + tokenToImage(query: queries + tokens, key: keys, value: state.cells))
        queries = try norms[2](queries + mlp(queries))
        let attended = try imageToToken(query: keys, key: queries + tokens, value: queries)
        return try TwoWayState(tokens: queries, cells: norms[3](state.cells + attended))
    }
}

/// PyTorch's default, which the decoder's transformer uses.
private let decoderLayerNormEpsilon = 1e-5

/// Lets prompt tokens and the picture's embedding look at each other.
struct TwoWayTransformer {
    private let layers: [TwoWayAttentionBlock]
    private let finalAttention: DecoderAttention
    private let finalNorm: LayerNorm

    init(_ scope: ParameterScope, _ configuration: MaskDecoderConfiguration) throws {
        layers = try (0..<configuration.layers).map {
            try TwoWayAttentionBlock(scope / "layers" / $0, configuration, index: $0)
        }
        finalAttention = try DecoderAttention(
            scope / "final_attn_token_to_image", configuration.hiddenSize,
            heads: configuration.heads, downsampling: configuration.attentionDownsampling)
        finalNorm = try LayerNorm(
            scope / "layer_norm_final_attn", configuration.hiddenSize,
            epsilon: decoderLayerNormEpsilon)
    }

    /// `tokens` [B, T, C], `cells` [B or 1, S, C], `places` [1, S, C]; the result's cells are
    /// [B, S, C].
    func callAsFunction(tokens: Tensor, cells: Tensor, places: Tensor) throws -> TwoWayState {
        var state = TwoWayState(tokens: tokens, cells: cells)
        for layer in layers { state = try layer(state, tokens: tokens, places: places) }
        let attended = try finalAttention(
            query: state.tokens + tokens, key: state.cells + places, value: state.cells)
        state.tokens = try finalNorm(state.tokens + attended)
        return state
    }
}
