import NN
package import Torch

// Legend: N positions of all rows, C hidden size, H query heads, K key heads, D head size.

/// The attention of one layer: its projections, and the norms of heads where there are any.
package struct TextAttention: TokenMixer {
    let query: Linear
    let key: Linear
    let value: Linear
    let output: Linear
    let queryNorm: TextNorm?
    let keyNorm: TextNorm?
    let headSize: Int

    init(_ scope: ParameterScope, _ options: TextOptions) throws {
        let (size, spread) = (options.hiddenSize, options.initializer)
        let (wide, narrow) = (options.queryWidth, options.keyWidth)
        let bias = options.hasAttentionBias
        headSize = options.headSize
        query = try Linear(scope / "q_proj", size, wide, bias: bias, initializer: spread)
        key = try Linear(scope / "k_proj", size, narrow, bias: bias, initializer: spread)
        value = try Linear(scope / "v_proj", size, narrow, bias: bias, initializer: spread)
        output = try Linear(scope / "o_proj", wide, size, bias: false, initializer: spread)
        func norm(_ name: String) throws -> TextNorm? {
            options.normalizesHeads ? try TextNorm(scope / name, options.headSize, options) : nil
        }
        queryNorm = try norm("q_norm")
        keyNorm = try norm("k_norm")
    }

    private init(_ other: TextAttention, query: Linear, key: Linear, value: Linear, output: Linear)
    {
        self.query = query
        self.key = key
        self.value = value
        self.output = output
        queryNorm = other.queryNorm
        keyNorm = other.keyNorm
        headSize = other.headSize
    }

    package func packed(rows: Int) throws -> any TokenMixer {
        TextAttention(
            self, query: try query.packed(rows: rows), key: try key.packed(rows: rows),
            value: try value.packed(rows: rows), output: try output.packed(rows: rows))
    }

    package func callAsFunction(
        _ x: Tensor, rotary: Rotary, layer: Int, pattern: any SequencePattern
    ) throws -> Tensor {
        let count = x.size(0)
        func heads(_ projection: Linear, _ norm: TextNorm?) throws -> Tensor {
            let split = try projection(x).reshaped(count, -1, headSize)
            return try rotary(norm.map { try $0(split) } ?? split)
        }
        let inputs = AttentionInputs(
            query: try heads(query, queryNorm),  // [N, H, D]
            key: try heads(key, keyNorm),  // [N, K, D]
            value: try value(x).reshaped(count, -1, headSize))
        return try output(pattern.attend(layer: layer, inputs))  // [N, C]
    }
}
