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
final class DecodingPattern: AttentionPattern {
    private let prefix: [LayerCache]  // [B · K, P, D]
    private var rows: [LayerCache]  // [K, A, capacity, D]
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
    ///   - prompts: per prompt its layers' keys and values, [K, P', D] with P' of its own
    ///   - owners: the prompt of each row, ascending
    ///   - capacity: the most tokens of a row
    /// - Throws: `TorchError`
    init(prompts: [[LayerCache]], owners: [Int], capacity: Int) throws {
        promptCount = prompts.count
        self.owners = owners
        places = RowPlaces(owners: owners, promptCount: prompts.count)
        let layers = prompts[0].indices
        let lengths = prompts.map { $0.first?.keys.size(1) ?? 0 }
        let longest = lengths.max() ?? 0
        prefix = try layers.map { layer in
            LayerCache(
                keys: try joined(prompts.map { $0[layer].keys }, length: longest),
                values: try joined(prompts.map { $0[layer].values }, length: longest))
        }
        rows = try prompts[0].map { cache in
            let shape = [cache.keys.size(0), owners.count, capacity, cache.keys.size(2)]
            let (dtype, device) = (cache.keys.dtype, cache.keys.device)
            return LayerCache(
                keys: try Tensor.uninitialized(shape, dtype: dtype, device: device),
                values: try Tensor.uninitialized(shape, dtype: dtype, device: device))
        }
        if Set(lengths).count == 1 {
            padding = nil
        } else {
            let table = lengths.flatMap { length in
                (0..<longest).map { $0 < length ? Float(0) : -.infinity }
            }
            let cache = prompts[0][0].keys
            padding = try Tensor.of(table, shape: [lengths.count, longest])
                .to(cache.dtype).to(cache.device)
        }
    }

    /// Forgets all rows but `kept` (ascending).
    func keep(rows kept: [Int]) throws {
        if kept.count == owners.count { return }
        guard let device = prefix.first?.keys.device else { return }
        let index = try Tensor.of(kept).to(device)
        for layer in rows.indices {
            rows[layer].keys = try rows[layer].keys.indexed(1, index)
            rows[layer].values = try rows[layer].values.indexed(1, index)
        }
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
        let (shared, own) = (prefix[layer], rows[layer])
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

/// Keys or values [K, P', D] of several prompts as [B · K, P, D], filled up with zeros.
private func joined(_ caches: [Tensor], length: Int) throws -> Tensor {
    if caches.count == 1 { return caches[0] }
    return try Tensor.concatenate(
        caches.map { cache in
            let missing = length - cache.size(1)
            return missing == 0 ? cache : try cache.padded([0, 0, 0, missing])
        }, dim: 0)
}
