import Torch

// Legend: P prompt positions, G rows (completions), L positions per row, N all positions, H query
// heads, K key heads, R = H / K query heads per key head, D head size, S steps decoded.

/// [N, heads, D] as a batch of one: [1, heads, N, D].
private func oneRow(_ x: Tensor) throws -> Tensor { try x.transposed(0, 1).unsqueezed(0) }

/// Causal attention over one sequence; the result is [N, H · D].
private func causal(_ inputs: AttentionInputs) throws -> Tensor {
    try Tensor.attention(
        query: oneRow(inputs.query), key: oneRow(inputs.key), value: oneRow(inputs.value),
        causal: true, groupedQuery: true
    ).squeezed(0).transposed(0, 1)  // [N, H, D]
        .reshaped(inputs.query.size(0), -1)  // [N, H · D]
}

/// The keys and values of one layer.
struct LayerCache {
    var keys: Tensor
    var values: Tensor
}

/// One sequence, each position of which sees itself and those before; keeps keys and values on demand.
final class CausalPattern: AttentionPattern {
    /// Per layer, [K, P, D]; empty unless asked for.
    private(set) var caches: [LayerCache] = []
    private let remembers: Bool

    init(remembers: Bool) {
        self.remembers = remembers
    }

    func attend(layer: Int, _ inputs: AttentionInputs) throws -> Tensor {
        if remembers {
            caches.append(
                LayerCache(
                    keys: try inputs.key.transposed(0, 1).contiguous(),
                    values: try inputs.value.transposed(0, 1).contiguous()))
        }
        return try causal(inputs)
    }
}

/// A prompt followed by several continuations, which see the prompt and themselves but not each other.
///
/// The positions stand in one flat list: the prompt, then each continuation without padding. For
/// attention alone the continuations are padded at the end to one length; there, a padded position is
/// seen by padded positions only, so every row can have the same mask.
struct SharedPrefixPattern: AttentionPattern {
    let prefixLength: Int
    let rowCount: Int
    let rowLength: Int
    /// [G · L]: for each place of the padded rows, its position among the continuations.
    let padding: Tensor
    /// [N - P]: for each position of the continuations, its place in the padded rows.
    let packing: Tensor
    /// [L, P + L], true where a position is seen.
    let mask: Tensor

    init(prefixLength: Int, lengths: [Int], device: Device) throws {
        self.prefixLength = prefixLength
        rowCount = lengths.count
        rowLength = lengths.max() ?? 0
        var padding: [Int] = []
        var packing: [Int] = []
        for (row, length) in lengths.enumerated() {
            let start = packing.count
            for index in 0..<rowLength { padding.append(index < length ? start + index : 0) }
            for index in 0..<length { packing.append(row * rowLength + index) }
        }
        self.padding = try Tensor.of(padding).to(device)
        self.packing = try Tensor.of(packing).to(device)
        mask = try Tensor.ones([rowLength, prefixLength + rowLength], device: device)
            .lowerTriangle(diagonal: prefixLength) .> 0
    }

    func attend(layer: Int, _ inputs: AttentionInputs) throws -> Tensor {
        func prefix(_ x: Tensor) throws -> Tensor { try x.sliced(0, to: prefixLength) }
        let head = try causal(
            AttentionInputs(
                query: prefix(inputs.query), key: prefix(inputs.key), value: prefix(inputs.value)))
        if rowLength == 0 { return head }
        func rows(_ x: Tensor) throws -> Tensor {
            try x.sliced(0, from: prefixLength).indexed(0, padding)
                .reshaped(rowCount, rowLength, x.size(1), -1)  // [G, L, heads, D]
                .transposed(1, 2)  // [G, heads, L, D]
        }
        func joined(_ x: Tensor) throws -> Tensor {
            let shared = try oneRow(prefix(x)).expanded(rowCount, -1, -1, -1)  // [G, K, P, D]
            return try Tensor.concatenate([shared, rows(x)], dim: 2)  // [G, K, P + L, D]
        }
        let tail = try Tensor.attention(
            query: rows(inputs.query), key: joined(inputs.key), value: joined(inputs.value),
            mask: mask, groupedQuery: true
        ).transposed(1, 2)  // [G, L, H, D]
            .reshaped(rowCount * rowLength, -1).indexed(0, packing)  // [N - P, H · D]
        return try Tensor.concatenate([head, tail], dim: 0)  // [N, H · D]
    }
}

/// One new token per row; all rows share the prompt's keys and values and have their own after it.
final class DecodingPattern: AttentionPattern {
    private let prefix: [LayerCache]  // [K, P, D]
    private var rows: [LayerCache]  // [K, G, capacity, D]
    private(set) var rowCount: Int
    private(set) var length = 0

    init(prefix: [LayerCache], rowCount: Int, capacity: Int) throws {
        self.prefix = prefix
        self.rowCount = rowCount
        rows = try prefix.map { cache in
            let shape = [cache.keys.size(0), rowCount, capacity, cache.keys.size(2)]
            let (dtype, device) = (cache.keys.dtype, cache.keys.device)
            return LayerCache(
                keys: try Tensor.uninitialized(shape, dtype: dtype, device: device),
                values: try Tensor.uninitialized(shape, dtype: dtype, device: device))
        }
    }

    /// Forgets all rows but `kept` (ascending).
    func keep(rows kept: [Int]) throws {
        if kept.count == rowCount { return }
        guard let device = prefix.first?.keys.device else { return }
        let index = try Tensor.of(kept).to(device)
        for layer in rows.indices {
            rows[layer].keys = try rows[layer].keys.indexed(1, index)
            rows[layer].values = try rows[layer].values.indexed(1, index)
        }
        rowCount = kept.count
    }

    /// Counts the tokens of a step that went through all layers.
    func advance() { length += 1 }

    func attend(layer: Int, _ inputs: AttentionInputs) throws -> Tensor {
        let (shared, own) = (prefix[layer], rows[layer])
        let (keyHeads, size) = (inputs.key.size(1), inputs.key.size(2))
        func write(_ x: Tensor, to cache: Tensor) throws -> Tensor {
            try cache.sliced(2, from: length, to: length + 1)
                .copyInPlace(from: x.transposed(0, 1).unsqueezed(2))  // [K, G, 1, D]
            return try cache.sliced(2, to: length + 1)  // [K, G, S, D]
        }
        let keys = try write(inputs.key, to: own.keys)
        let values = try write(inputs.value, to: own.values)
        let query = try inputs.query.reshaped(rowCount, keyHeads, -1, size).transposed(0, 1)
            .contiguous()  // [K, G, R, D]
        let group = query.size(2)
        let promptLength = shared.keys.size(1)
        // The prompt's keys serve the queries of all rows in one product.
        let ahead = try query.reshaped(keyHeads, rowCount * group, size)
            .matmul(shared.keys.transposed(1, 2))  // [K, G · R, P]
            .reshaped(keyHeads, rowCount, group, promptLength)
        let recent = try query.matmul(keys.transposed(2, 3))  // [K, G, R, S]
        let scale = 1 / Double(size).squareRoot()
        let scores = try Tensor.concatenate([ahead, recent], dim: -1) * scale
        let weights = try scores.to(.float32).softmax(-1).to(query.dtype)  // [K, G, R, P + S]
        let fromPrompt = try weights.sliced(-1, to: promptLength)
            .reshaped(keyHeads, rowCount * group, promptLength).matmul(shared.values)
            .reshaped(keyHeads, rowCount, group, size)
        let fromRows = try weights.sliced(-1, from: promptLength).matmul(values)
        return try (fromPrompt + fromRows).transposed(0, 1)  // [G, K, R, D]
            .reshaped(rowCount, -1)  // [G, H · D]
    }
}
