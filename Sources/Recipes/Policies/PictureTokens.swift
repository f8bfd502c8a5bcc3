import NN
import Synchronization
import Torch
package import VisionLanguage

/// One memory of a vision tower's parameters, told from others by identity.
package final class VisionIdentity: Sendable { package init() {} }

/// What the language model takes of a picture, kept for the vision tower that asked first.
///
/// They are right as long as that tower's parameters stay as they are, which is for the caller to know.
package final class PictureTokens: Sendable {
    package init() {}

    private struct Kept {
        let owner: VisionIdentity
        let tokens: PictureFeatures
    }

    private let kept = Mutex<Kept?>(nil)

    /// The tokens that `make` makes for a tower: kept for the first one, made anew for any other.
    package func get(for owner: VisionIdentity, _ make: () throws -> PictureFeatures) throws
        -> PictureFeatures
    {
        let found = kept.withLock { $0 }
        if let found, found.owner === owner { return found.tokens }
        let tokens = try make()
        if found == nil { kept.withLock { $0 = Kept(owner: owner, tokens: tokens) } }
        return tokens
    }
}

extension VisionLanguageModel {
    /// Whether the model is trained, but not its vision tower.
    package var keepsVision: Bool {
        let trained = parameters.filter { $0.tensor.requiresGradient }
        return !trained.isEmpty && trained.allSatisfy { !isVision($0) }
    }

    /// A prompt's input, with its picture's tokens while training leaves the vision tower alone: they
    /// are made once for rollout, scores and updates.
    package func input(
        _ input: VisionLanguageInput, keeping tokens: PictureTokens, for vision: VisionIdentity,
        keepsVision: Bool
    ) throws -> VisionLanguageInput {
        var input = input
        guard let patches = input.patches, keepsVision else { return input }
        input.pictures = try tokens.get(for: vision) {
            try withoutGradients { try features(patches, grids: input.grids) }
        }
        return input
    }
}
