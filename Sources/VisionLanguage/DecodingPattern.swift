import Torch

// Legend: B prompts, P positions of the longest prompt, A rows that are not finished, M the most rows
// of a prompt, H query heads, K key heads, Q = H / K query heads per key head, D head size, S steps
// decoded.

/// Which rows belong to which prompt: as many places for each prompt, the last of which may be empty.
struct RowPlaces: Equatable {
    /// M.
    let perPrompt: Int
    /// For each place [B · M], the row that stands there; any row where none does.
    let rowOfPlace: [Int]
    /// For each row [A], its place.
    let placeOfRow: [Int]

    /// Places of rows whose prompts are `owners`, ascending.
    init(owners: [Int], promptCount: Int) {
        var counts = [Int](repeating: 0, count: promptCount)
        for owner in owners { counts[owner] += 1 }
        let most = max(1, counts.max() ?? 1)
        var (rowOfPlace, placeOfRow) = ([Int](repeating: 0, count: promptCount * most), [Int]())
        var used = [Int](repeating: 0, count: promptCount)
        for (row, owner) in owners.enumerated() {
            let place = owner * most + used[owner]
            used[owner] += 1
            rowOfPlace[place] = row
            placeOfRow.append(place)
        }
        perPrompt = most
        self.rowOfPlace = rowOfPlace
        self.placeOfRow = placeOfRow
    }

    /// Whether rows and places are the same.
    var isIdentity: Bool { rowOfPlace == placeOfRow }
}

/// One new token per row; the rows of a prompt share its keys and values and have their own after it.
final class DecodingPattern: SequencePattern {
    private var layers: [RowState]
    private let device: Device
    private let promptCount: Int
    /// [B, P], 0 where a prompt has a position, -∞ after its end; nil if all have the same length.
    private let padding: Tensor?
    /// The prompt of each row, ascending.
    private(set) var owners: [Int]
    private(set) var length = 0
    private var places: RowPlaces
    private var indices: Indices?

    /// What depends on which rows are left.
    private struct Indices {
        /// Where rows and places are not the same.
        let rowOfPlace: Tensor?
        let placeOfRow: Tensor?
        /// [1, A, 1, P].
        let padding: Tensor?
    }

    /// - Parameters:
    ///   - prompts: what is remembered of each prompt
    ///   - owners: the prompt of each row, ascending
    ///   - capacity: the most tokens of a row
    ///   - device: where the model computes
    /// - Throws: `TorchError`
    init(prompts: [PrefixState], owners: [Int], capacity: Int, device: Device) throws {
        promptCount = prompts.count
        self.owners = owners
        self.device = device
        places = RowPlaces(owners: owners, promptCount: prompts.count)
        let lengths = prompts.map(\.length)
        let longest = lengths.max() ?? 0
        layers = try prompts[0].layers.indices.map { layer in
            try RowState(
                forking: prompts.map { $0.layers[layer] }, longest: longest, owners: owners,
                capacity: capacity)
        }
        if Set(lengths).count == 1 {
            padding = nil
        } else {
            let table = lengths.flatMap { length in
                (0..<longest).map { $0 < length ? Float(0) : -.infinity }
            }
            padding = try Tensor.of(table, shape: [lengths.count, longest])
                .to(prompts[0].lastHidden.dtype).to(device)
        }
    }

    /// Forgets all rows but `kept` (ascending).
    func keep(rows kept: [Int]) throws {
        if kept.count == owners.count { return }
        let index = try Tensor.of(kept).to(device)
        for layer in layers.indices { try layers[layer].keep(index) }
        owners = kept.map { owners[$0] }
        places = RowPlaces(owners: owners, promptCount: promptCount)
        indices = nil
    }

    /// Counts the tokens of a step that went through all layers.
    func advance() { length += 1 }

    private func currentIndices(_ device: Device) throws -> Indices {
        if let indices { return indices }
        let new = Indices(
            rowOfPlace: places.isIdentity ? nil : try Tensor.of(places.rowOfPlace).to(device),
            placeOfRow: places.isIdentity ? nil : try Tensor.of(places.placeOfRow).to(device),
            padding: try padding.map {
                try $0.indexed(0, Tensor.of(owners).to(device)).unsqueezed(1).unsqueezed(0)
            })
        indices = new
        return new
    }

    func attend(layer: Int, _ inputs: AttentionInputs) throws -> Tensor {
        guard case .attention(let shared, let own) = layers[layer] else {
            preconditionFailure("layer \(layer) did not attend when the prompt was read")
        }
        let (count, keyHeads, size) = (owners.count, inputs.key.size(1), inputs.key.size(2))
        func write(_ x: Tensor, to cache: Tensor) throws -> Tensor {
            try cache.sliced(2, from: length, to: length + 1)
                .copyInPlace(from: x.transposed(0, 1).unsqueezed(2))  // [K, A, 1, D]
            return try cache.sliced(2, to: length + 1)  // [K, A, S, D]
        }
        let keys = try write(inputs.key, to: own.keys)
        let values = try write(inputs.value, to: own.values)
        let indices = try currentIndices(inputs.key.device)
        let scale = 1 / Double(size).squareRoot()
        let query = try (inputs.query * scale).reshaped(count, keyHeads, -1, size)
            .transposed(0, 1).contiguous()  // [K, A, Q, D]
        // A prompt's keys serve the queries of all its rows in one product.
        var ahead = try byRow(
            byPrompt(query, indices).matmul(shared.keys.transposed(1, 2)), indices)
        if let padding = indices.padding { ahead = try ahead + padding }
        let recent = try query.matmul(keys.transposed(2, 3))  // [K, A, Q, S]
        let scores = try Tensor.concatenate([ahead, recent], dim: -1)
        let weights = try scores.to(.float32).softmax(-1).to(query.dtype)  // [K, A, Q, P + S]
        let promptLength = shared.keys.size(1)
        let fromPrompt = try byRow(
            byPrompt(weights.sliced(-1, to: promptLength), indices).matmul(shared.values), indices)
        let fromRows = try weights.sliced(-1, from: promptLength).matmul(values)
        return try (fromPrompt + fromRows).transposed(0, 1)  // [A, K, Q, D]
            .reshaped(count, -1)  // [A, H · D]
    }

    func recur(
        layer: Int, _ inputs: [Tensor], through recurrence: any Recurrence
    ) throws -> Tensor {
        guard case .recurrent(let state) = layers[layer] else {
            preconditionFailure("layer \(layer) did not recur when the prompt was read")
        }
        let (output, next) = try recurrence(
            inputs.map { try $0.unsqueezed(1) }, from: state)  // [A, 1, ..]
        layers[layer] = .recurrent(next)
        return try output.squeezed(1)
    }

    /// [K, A, Q, X] to [B · K, M · Q, X].
    private func byPrompt(_ x: Tensor, _ indices: Indices) throws -> Tensor {
        let (keyHeads, group, width) = (x.size(0), x.size(2), x.size(3))
        let placed = try indices.rowOfPlace.map { try x.indexed(1, $0) } ?? x
        return try placed.reshaped(keyHeads, promptCount, places.perPrompt * group, width)
            .transposed(0, 1)  // [B, K, M · Q, X]
            .reshaped(promptCount * keyHeads, places.perPrompt * group, width)
    }

    /// [B · K, M · Q, X] to [K, A, Q, X].
    private func byRow(_ x: Tensor, _ indices: Indices) throws -> Tensor {
        let keyHeads = x.size(0) / promptCount
        let placed = try x.reshaped(promptCount, keyHeads, x.size(1), x.size(2)).transposed(0, 1)
            .reshaped(keyHeads, promptCount * places.perPrompt, -1, x.size(2))
        return try indices.placeOfRow.map { try placed.indexed(1, $0) } ?? placed
    }
}
