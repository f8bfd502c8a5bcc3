// Reference: transformers, models/qwen2_5_vl/modeling_qwen2_5_vl.py (Qwen2_5_VLTextModel)
import NN
import Torch

// Legend: N positions of all rows, C hidden size, H query heads, K key heads, D head size.

/// What one layer attends with.
struct AttentionInputs {
    /// [N, H, D], turned.
    let query: Tensor
    /// [N, K, D], turned.
    let key: Tensor
    /// Not turned, [N, K, D].
    let value: Tensor
}

/// Who sees whom, and what is remembered: everything about attention but the projections.
///
/// All other parts of the model work on each position alone, so one pass over a flat list of
/// positions serves a prompt, a group of completions and a step of decoding alike.
protocol AttentionPattern {
    /// The result [N, H · D] of attention in a layer.
    func attend(layer: Int, _ inputs: AttentionInputs) throws -> Tensor
}

/// The projections of one attention layer.
struct TextAttention {
    let query: Linear
    let key: Linear
    let value: Linear
    let output: Linear
    let headSize: Int

    init(_ scope: ParameterScope, _ configuration: Qwen25VLConfiguration.Text) throws {
        let (size, spread) = (configuration.hiddenSize, configuration.initializer)
        headSize = configuration.headSize
        let narrow = configuration.keyValueHeadCount * headSize
        query = try Linear(scope / "q_proj", size, size, initializer: spread)
        key = try Linear(scope / "k_proj", size, narrow, initializer: spread)
        value = try Linear(scope / "v_proj", size, narrow, initializer: spread)
        output = try Linear(scope / "o_proj", size, size, bias: false, initializer: spread)
    }

    private init(
        query: Linear, key: Linear, value: Linear, output: Linear, headSize: Int
    ) {
        self.query = query
        self.key = key
        self.value = value
        self.output = output
        self.headSize = headSize
    }

    func packed(rows: Int) throws -> TextAttention {
        TextAttention(
            query: try query.packed(rows: rows), key: try key.packed(rows: rows),
            value: try value.packed(rows: rows), output: try output.packed(rows: rows),
            headSize: headSize)
    }

    func callAsFunction(
        _ x: Tensor, rotary: Rotary, layer: Int, pattern: some AttentionPattern
    ) throws -> Tensor {
        let count = x.size(0)
        let inputs = AttentionInputs(
            query: try rotary(query(x).reshaped(count, -1, headSize)),  // [N, H, D]
            key: try rotary(key(x).reshaped(count, -1, headSize)),  // [N, K, D]
            value: try value(x).reshaped(count, -1, headSize))
        return try output(pattern.attend(layer: layer, inputs))  // [N, C]
    }
}

/// One layer of the language model.
struct DecoderLayer {
    let attentionNorm: RMSNorm
    let mlpNorm: RMSNorm
    private(set) var attention: TextAttention
    private(set) var mlp: GatedMLP

    init(_ scope: ParameterScope, _ configuration: Qwen25VLConfiguration.Text) throws {
        let (size, epsilon) = (configuration.hiddenSize, configuration.normEpsilon)
        attentionNorm = try RMSNorm(scope / "input_layernorm", size, epsilon: epsilon)
        mlpNorm = try RMSNorm(scope / "post_attention_layernorm", size, epsilon: epsilon)
        attention = try TextAttention(scope / "self_attn", configuration)
        mlp = try GatedMLP(
            scope / "mlp", size, configuration.intermediateSize, bias: false,
            initializer: configuration.initializer)
    }

    func packed(rows: Int) throws -> DecoderLayer {
        var layer = self
        layer.attention = try attention.packed(rows: rows)
        layer.mlp = try mlp.packed(rows: rows)
        return layer
    }

    func callAsFunction(
        _ x: Tensor, rotary: Rotary, layer: Int, pattern: some AttentionPattern
    ) throws -> Tensor {
        let x =
            try x + attention(attentionNorm(x), rotary: rotary, layer: layer, pattern: pattern)
        return try x + mlp(mlpNorm(x))
    }
}

/// The language model without its head.
struct TextModel {
    let embedding: Embedding
    private(set) var layers: [DecoderLayer]
    let norm: RMSNorm
    let rotary: MultimodalRotary

    /// The same model with copies of its weights as they are now, for `rows` positions at a time
    /// without gradients.
    func packed(rows: Int) throws -> TextModel {
        var model = self
        model.layers = try layers.map { try $0.packed(rows: rows) }
        return model
    }

    init(
        _ scope: ParameterScope, _ configuration: Qwen25VLConfiguration.Text, dtype: DType,
        device: Device
    ) throws {
        embedding = try Embedding(
            scope / "embed_tokens", configuration.vocabularySize, configuration.hiddenSize,
            initializer: configuration.initializer)
        layers = try (0..<configuration.layerCount).map {
            try DecoderLayer(scope / "layers" / $0, configuration)
        }
        norm = try RMSNorm(
            scope / "norm", configuration.hiddenSize, epsilon: configuration.normEpsilon)
        rotary = try MultimodalRotary(configuration, dtype: dtype, device: device)
    }

    /// embeddings [N, C] to normalised hidden states [N, C].
    ///
    /// `onLayer` is given what comes out of each layer [N, C], with the layer's number from 0.
    func callAsFunction(
        _ embeddings: Tensor, rotary: Rotary, pattern: some AttentionPattern,
        onLayer: ((Int, Tensor) -> Void)? = nil
    ) throws -> Tensor {
        var x = embeddings
        for (index, layer) in layers.enumerated() {
            x = try layer(x, rotary: rotary, layer: index, pattern: pattern)
            onLayer?(index, x)
        }
        return try norm(x)
    }
}
