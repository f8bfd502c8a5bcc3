import Torch

// Legend: P prompt positions, G rows (completions), L positions per row, N all positions, H query
// heads, K key heads, D head size.

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

/// One sequence, each position of which sees itself and those before; keeps on demand what layers remember.
final class CausalPattern: SequencePattern {
    /// Per layer; empty unless asked for.
    private(set) var states: [LayerState] = []
    private let remembers: Bool

    init(remembers: Bool) {
        self.remembers = remembers
    }

    func attend(layer: Int, _ inputs: AttentionInputs) throws -> Tensor {
        if remembers {
            states.append(
                .attention(
                    LayerCache(
                        keys: try inputs.key.transposed(0, 1).contiguous(),
                        values: try inputs.value.transposed(0, 1).contiguous())))
        }
        return try causal(inputs)
    }

    func recur(
        layer: Int, _ inputs: [Tensor], through recurrence: any Recurrence
    ) throws -> Tensor {
        let (output, state) = try recurrence(inputs.map { try $0.unsqueezed(0) }, from: nil)
        if remembers { states.append(.recurrent(state)) }
        return try output.squeezed(0)
    }
}

/// Several patterns, each over its own stretch of a flat list of positions.
struct JoinedPattern: SequencePattern {
    /// The patterns with their lengths, in the order of the positions.
    let parts: [(pattern: any SequencePattern, length: Int)]

    func attend(layer: Int, _ inputs: AttentionInputs) throws -> Tensor {
        if parts.count == 1 { return try parts[0].pattern.attend(layer: layer, inputs) }
        var start = 0
        return try Tensor.concatenate(
            parts.map { part in
                func piece(_ x: Tensor) throws -> Tensor {
                    try x.sliced(0, from: start, to: start + part.length)
                }
                defer { start += part.length }
                return try part.pattern.attend(
                    layer: layer,
                    AttentionInputs(
                        query: piece(inputs.query), key: piece(inputs.key),
                        value: piece(inputs.value)))
            }, dim: 0)
    }

    func recur(
        layer: Int, _ inputs: [Tensor], through recurrence: any Recurrence
    ) throws -> Tensor {
        var start = 0
        return try Tensor.concatenate(
            parts.map { part in
                defer { start += part.length }
                let end = start + part.length
                return try part.pattern.recur(
                    layer: layer, inputs.map { try $0.sliced(0, from: start, to: end) },
                    through: recurrence)
            }, dim: 0)
    }
}

/// A prompt followed by several continuations, which see the prompt and themselves but not each other.
///
/// The positions stand in one flat list: the prompt, then each continuation without padding. For
/// attention alone the continuations are padded at the end to one length; there, a padded position is
/// seen by padded positions only, so every row can have the same mask.
struct SharedPrefixPattern: SequencePattern {
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
    /// The prompt from the beginning of a text, then all continuations side by side from where it ended.
    func recur(
        layer: Int, _ inputs: [Tensor], through recurrence: any Recurrence
    ) throws -> Tensor {
        let (head, state) = try recurrence(
            inputs.map { try $0.sliced(0, to: prefixLength).unsqueezed(0) }, from: nil)
        if rowLength == 0 { return try head.squeezed(0) }
        let rows = try inputs.map { input in
            try input.sliced(0, from: prefixLength).indexed(0, padding)
                .reshaped([rowCount, rowLength] + input.shape.dropFirst())  // [G, L, ..]
        }
        let tail = try recurrence(rows, from: state.repeated(rowCount)).output
        let flat = try tail.reshaped([rowCount * rowLength] + tail.shape.dropFirst(2))
        return try Tensor.concatenate([head.squeezed(0), flat.indexed(0, packing)], dim: 0)
    }
}
