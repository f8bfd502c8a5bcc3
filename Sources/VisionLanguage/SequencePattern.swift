package import Torch

// Legend: N positions of all rows, R sequences, T steps of each, H query heads, K key heads, D head size.

/// What one layer attends with.
package struct AttentionInputs {
    /// [N, H, D], turned.
    package let query: Tensor
    /// [N, K, D], turned.
    package let key: Tensor
    /// Not turned, [N, K, D].
    package let value: Tensor

    /// Inputs from their parts.
    package init(query: Tensor, key: Tensor, value: Tensor) {
        self.query = query
        self.key = key
        self.value = value
    }
}

/// Who sees whom, and what is remembered: everything about a layer's look at other positions but its
/// projections.
///
/// All other parts of the model work on each position alone, so one pass over a flat list of
/// positions serves a prompt, a group of completions and a step of decoding alike.
package protocol SequencePattern {
    /// The result [N, H · D] of attention in a layer.
    func attend(layer: Int, _ inputs: AttentionInputs) throws -> Tensor

    /// The result [N, ..] of a recurrence in a layer, each sequence of the list from its own beginning.
    ///
    /// - Parameters:
    ///   - layer: which layer it is
    ///   - inputs: what the recurrence reads, [N, ..] each
    ///   - recurrence: the layer's
    /// - Returns: what it makes of each position
    /// - Throws: what the recurrence throws
    func recur(layer: Int, _ inputs: [Tensor], through recurrence: any Recurrence) throws -> Tensor
}

/// What a recurrent layer computes from step to step.
package protocol Recurrence {
    /// Goes through sequences of one length side by side.
    ///
    /// What it gives for a step depends on the state and on the steps up to it, on no later ones: sequences
    /// may be filled up at their ends.
    ///
    /// - Parameters:
    ///   - inputs: [R, T, ..] each
    ///   - state: what was before the first step, [R, ..] each; nil at the beginning of a text
    /// - Returns: [R, T, ..], and the state after the last step; tensors of its own, which are not changed
    ///   later
    /// - Throws: `TorchError`
    func callAsFunction(
        _ inputs: [Tensor], from state: RecurrentState?
    ) throws -> (output: Tensor, state: RecurrentState)
}
