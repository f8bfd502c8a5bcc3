// Reference: transformers, models/qwen2_5_vl/modeling_qwen2_5_vl.py (Qwen2_5_VLTextModel)
import NN
import Torch

// Legend: N positions of all rows, C hidden size.

/// One layer of the language model.
struct DecoderLayer {
    let mixerNorm: TextNorm
    let mlpNorm: TextNorm
    private(set) var mixer: any TokenMixer
    private(set) var mlp: GatedMLP
    /// All of the layer's.
    let parameters: [Parameter]

    init(
        _ scope: ParameterScope, _ options: TextOptions,
        mixer: (ParameterScope) throws -> any TokenMixer
    ) throws {
        let size = options.hiddenSize
        mixerNorm = try TextNorm(scope / "input_layernorm", size, options)
        mlpNorm = try TextNorm(scope / "post_attention_layernorm", size, options)
        self.mixer = try mixer(scope)
        mlp = try GatedMLP(
            scope / "mlp", size, options.intermediateSize, bias: false,
            initializer: options.initializer)
        parameters = scope.parameters
    }

    func packed(rows: Int) throws -> DecoderLayer {
        var layer = self
        layer.mixer = try mixer.packed(rows: rows)
        layer.mlp = try mlp.packed(rows: rows)
        return layer
    }

    func callAsFunction(
        _ x: Tensor, rotary: Rotary, layer: Int, pattern: any SequencePattern
    ) throws -> Tensor {
        let x = try x + mixer(mixerNorm(x), rotary: rotary, layer: layer, pattern: pattern)
        return try x + mlp(mlpNorm(x))
    }
}

/// The language model without its head.
struct TextDecoder {
    let embedding: Embedding
    private(set) var layers: [DecoderLayer]
    let norm: TextNorm
    let rotary: TextRotary

    /// The same model with copies of its weights as they are now, for `rows` positions at a time
    /// without gradients.
    func packed(rows: Int) throws -> TextDecoder {
        var model = self
        model.layers = try layers.map { try $0.packed(rows: rows) }
        return model
    }

    /// - Parameters:
    ///   - scope: where the keys stand
    ///   - options: what it is made of
    ///   - dtype: the element type of what goes through it
    ///   - device: where the parameters live
    ///   - recurrent: makes the mixer of a layer that recurs, at the layer's scope
    /// - Throws: an error that names a key which is missing or has another shape
    init(
        _ scope: ParameterScope, _ options: TextOptions, dtype: DType, device: Device,
        recurrent: (ParameterScope, Int) throws -> any TokenMixer
    ) throws {
        embedding = try Embedding(
            scope / "embed_tokens", options.vocabularySize, options.hiddenSize,
            initializer: options.initializer)
        layers = try options.mixers.enumerated().map { index, kind in
            try DecoderLayer(scope / "layers" / index, options) { layer in
                switch kind {
                case .attention: try TextAttention(layer / "self_attn", options)
                case .recurrent: try recurrent(layer, index)
                }
            }
        }
        norm = try TextNorm(scope / "norm", options.hiddenSize, options)
        rotary = try TextRotary(
            options.rotary, headSize: options.headSize, dtype: dtype, device: device)
    }

    /// embeddings [N, C] to normalised hidden states [N, C].
    ///
    /// - Parameters:
    ///   - embeddings: what goes in
    ///   - rotary: the tables of the positions
    ///   - pattern: who sees whom
    ///   - pictures: what is added after layers at pictures' places
    ///   - checkpointsLayers: whether of a layer only its input is kept for the gradient; the pattern must
    ///     then remember nothing
    ///   - onLayer: is given what comes out of each layer [N, C], with the layer's number from 0
    /// - Returns: hidden states
    /// - Throws: `TorchError`
    func callAsFunction(
        _ embeddings: Tensor, rotary: Rotary, pattern: any SequencePattern,
        pictures: PlacedFeatures? = nil, checkpointsLayers: Bool = false,
        onLayer: ((Int, Tensor) -> Void)? = nil
    ) throws -> Tensor {
        var x = embeddings
        for (index, layer) in layers.enumerated() {
            x = try checkpointed(checkpointsLayers, x, layer.parameters) {
                try layer($0, rotary: rotary, layer: index, pattern: pattern)
            }
            if let pictures { x = try pictures.added(to: x, afterLayer: index) }
            onLayer?(index, x)
        }
        return try norm(x)
    }
}
