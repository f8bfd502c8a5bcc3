package import Torch

// Legend: B prompts, P positions of a prompt, A rows, K key heads, D head size.

/// The keys and values of one layer.
package struct LayerCache {
    var keys: Tensor
    var values: Tensor
}

/// What a recurrent layer carries from step to step, of any number of sequences.
package struct RecurrentState {
    /// One or more tensors whose first dimension counts sequences; the size of none depends on how many
    /// steps there were.
    package var tensors: [Tensor]

    /// A state of these tensors.
    package init(_ tensors: [Tensor]) {
        self.tensors = tensors
    }

    /// The states of several sequences side by side.
    static func joined(_ states: [RecurrentState]) throws -> RecurrentState {
        guard let first = states.first, states.count > 1 else { return states[0] }
        return RecurrentState(
            try first.tensors.indices.map { place in
                try Tensor.concatenate(states.map { $0.tensors[place] }, dim: 0)
            })
    }

    /// Copies of the states of the sequences `index` (int64), which may name one several times.
    func chosen(_ index: Tensor) throws -> RecurrentState {
        RecurrentState(try tensors.map { try $0.indexed(0, index) })
    }

    /// The state of one sequence as that of `count`, without copies.
    func repeated(_ count: Int) throws -> RecurrentState {
        RecurrentState(
            try tensors.map { tensor in
                try tensor.expanded([count] + tensor.shape.dropFirst())
            })
    }
}

/// What a layer remembers of one prompt.
package enum LayerState {
    /// Keys and values, [K, P, D].
    case attention(LayerCache)
    /// The state after the last token, of one sequence.
    case recurrent(RecurrentState)
}

/// What a layer remembers of rows that continue prompts.
///
/// Rows of a prompt share its keys and values, and have copies of a recurrent layer's state, which each
/// row's tokens change.
enum RowState {
    /// The prompts' keys and values [B · K, P, D], and the rows' own [K, A, capacity, D].
    case attention(prefix: LayerCache, rows: LayerCache)
    /// The state of each row.
    case recurrent(RecurrentState)

    /// Forks what a layer remembers of prompts.
    ///
    /// - Parameters:
    ///   - prompts: per prompt the layer's state
    ///   - longest: the length of the longest prompt
    ///   - owners: the prompt of each row, ascending
    ///   - capacity: the most tokens of a row
    /// - Throws: `TorchError`
    init(forking prompts: [LayerState], longest: Int, owners: [Int], capacity: Int) throws {
        switch prompts[0] {
        case .attention(let cache):
            let caches = prompts.map(\.cache)
            let shape = [cache.keys.size(0), owners.count, capacity, cache.keys.size(2)]
            let (dtype, device) = (cache.keys.dtype, cache.keys.device)
            self = .attention(
                prefix: LayerCache(
                    keys: try filledUp(caches.map(\.keys), length: longest),
                    values: try filledUp(caches.map(\.values), length: longest)),
                rows: LayerCache(
                    keys: try Tensor.uninitialized(shape, dtype: dtype, device: device),
                    values: try Tensor.uninitialized(shape, dtype: dtype, device: device)))
        case .recurrent(let state):
            guard let device = state.tensors.first?.device else {
                preconditionFailure("a recurrent state without tensors")
            }
            self = .recurrent(
                try RecurrentState.joined(prompts.map(\.recurrent))
                    .chosen(Tensor.of(owners).to(device)))
        }
    }

    /// Forgets all rows but those of `index` (int64, ascending).
    mutating func keep(_ index: Tensor) throws {
        switch self {
        case .attention(let prefix, let rows):
            self = .attention(
                prefix: prefix,
                rows: LayerCache(
                    keys: try rows.keys.indexed(1, index),
                    values: try rows.values.indexed(1, index)))
        case .recurrent(let state):
            self = .recurrent(try state.chosen(index))
        }
    }
}

extension LayerState {
    fileprivate var cache: LayerCache {
        guard case .attention(let cache) = self else {
            preconditionFailure("a layer attends in one prompt and recurs in another")
        }
        return cache
    }

    fileprivate var recurrent: RecurrentState {
        guard case .recurrent(let state) = self else {
            preconditionFailure("a layer attends in one prompt and recurs in another")
        }
        return state
    }
}

/// Keys or values [K, P', D] of several prompts as [B · K, P, D], filled up with zeros.
private func filledUp(_ caches: [Tensor], length: Int) throws -> Tensor {
    if caches.count == 1 { return caches[0] }
    return try Tensor.concatenate(
        caches.map { cache in
            let missing = length - cache.size(1)
            return missing == 0 ? cache : try cache.padded([0, 0, 0, missing])
        }, dim: 0)
}
