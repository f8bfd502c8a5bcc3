public import Torch

extension ParameterScope {
    /// What has been built below this place so far.
    public var parameters: [Parameter] {
        builder.parameters.filter { $0.key.hasPrefix(prefix + ".") }
    }
}

/// What a layer makes of its input, of which nothing but the input is kept for the gradient where
/// `isWanted` and a gradient goes through the layer.
///
/// A layer that has nothing trained and whose input needs no gradient is just called: nothing of it is
/// ever computed again.
///
/// - Parameters:
///   - isWanted: whether the layer may run twice
///   - x: the input, [.., C]
///   - parameters: the layer's
///   - layer: the layer, which computes the same of the same input
/// - Returns: its output
/// - Throws: what the layer throws
public func checkpointed(
    _ isWanted: Bool, _ x: Tensor, _ parameters: [Parameter],
    _ layer: @escaping (Tensor) throws -> Tensor
) throws -> Tensor {
    guard isWanted, gradientsAreEnabled,
        x.requiresGradient || parameters.contains(where: { $0.tensor.requiresGradient })
    else { return try layer(x) }
    return try x.checkpointed(layer)
}
