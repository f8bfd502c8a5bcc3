public import Torch

// Legend: N patches of all pictures, M tokens of all pictures, C hidden size of the language model.

/// What a vision tower makes of pictures.
public struct PictureFeatures: Sendable {
    /// What replaces the placeholders' embeddings, [M, C], one picture after the other.
    public let tokens: Tensor
    /// What is added to the placeholders' states after layer 0, 1, … of the language model, [M, C] each;
    /// mostly nothing.
    public let perLayer: [Tensor]

    /// Features from their parts.
    public init(tokens: Tensor, perLayer: [Tensor] = []) {
        self.tokens = tokens
        self.perLayer = perLayer
    }

    /// The features of tokens `start ..< end`.
    func sliced(from start: Int, to end: Int) throws -> PictureFeatures {
        PictureFeatures(
            tokens: try tokens.sliced(0, from: start, to: end),
            perLayer: try perLayer.map { try $0.sliced(0, from: start, to: end) })
    }
}

/// A vision tower: patches to what the language model takes of pictures.
package protocol VisionEncoder: Sendable {
    /// - Parameters:
    ///   - patches: [N, patch elements] of pictures one after the other, as the family's processor makes
    ///     them
    ///   - grids: the pictures' grids, which fit the patches
    ///   - checkpointsLayers: whether of each block only its input is to be kept for the gradient
    /// - Returns: the features, in the order of the pictures
    /// - Throws: `TorchError`
    func callAsFunction(
        _ patches: Tensor, grids: [VisionGrid], checkpointsLayers: Bool
    ) throws -> PictureFeatures
}

/// Pictures' features at their places among positions of several prompts.
struct PlacedFeatures {
    /// [M], int64.
    private let places: Tensor
    /// What is added after layer 0, 1, …; [M, C] each.
    private let perLayer: [Tensor]

    /// Features for layers; nil if there are none.
    ///
    /// - Parameters:
    ///   - prompts: the prompts, and the position at which each begins
    ///   - device: where the model computes
    /// - Throws: `TorchError`
    init?(
        _ prompts: [(start: Int, prompt: VisionLanguageModel.PreparedPrompt)], device: Device
    ) throws {
        let pictured = prompts.filter { !$0.prompt.perLayer.isEmpty }
        guard let first = pictured.first else { return nil }
        places = try Tensor.of(
            pictured.flatMap { start, prompt in prompt.places.map { start + $0 } }
        ).to(device)
        perLayer = try first.prompt.perLayer.indices.map { layer in
            let parts = pictured.map { $0.prompt.perLayer[layer] }
            return parts.count == 1 ? parts[0] : try Tensor.concatenate(parts, dim: 0)
        }
    }

    /// States [N, C] after a layer with what is added there.
    func added(to x: Tensor, afterLayer index: Int) throws -> Tensor {
        if index >= perLayer.count { return x }
        return try x.replacing(0, at: places, with: x.indexed(0, places) + perLayer[index])
    }
}
