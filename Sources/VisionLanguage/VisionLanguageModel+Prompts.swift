import NN
package import Torch

// Legend: P prompt positions, M tokens of all pictures, C hidden size.

extension VisionLanguageModel {
    /// What the language model takes of pictures, one picture after the other.
    ///
    /// - Parameters:
    ///   - patches: [N, patch elements], in merge-block order
    ///   - grids: the pictures' grids
    /// - Returns: tokens [M, C], and what is added to layers
    /// - Throws: ``PolicyInputError`` if they do not fit each other
    package func features(_ patches: Tensor, grids: [VisionGrid]) throws -> PictureFeatures {
        let vision = options.vision
        for grid in grids {
            guard grid.rows % vision.mergeSize == 0, grid.columns % vision.mergeSize == 0 else {
                throw PolicyInputError(
                    "a grid of \(grid.rows) × \(grid.columns) patches does not divide into blocks "
                        + "of \(vision.mergeSize)",
                    advice: "resize pictures with the processor")
            }
        }
        let count = grids.reduce(0) { $0 + $1.patchCount }
        guard patches.shape == [count, vision.patchElements] else {
            throw PolicyInputError(
                "patches have shape \(patches.shape), their grids need "
                    + "\([count, vision.patchElements])",
                advice: "use the processor of the same checkpoint")
        }
        // A tower that nothing of is trained records nothing.
        let isTrained = parameters.contains { $0.tensor.requiresGradient && isVision($0) }
        return try withGradients(enabled: gradientsAreEnabled && isTrained) {
            try encoder(patches, grids: grids, checkpointsLayers: checkpointsLayers)
        }
    }

    /// A prompt as the language model takes it.
    struct PreparedPrompt {
        /// The tokens' and the pictures' vectors, [P, C].
        let embeddings: Tensor
        let positions: MultimodalPositions
        /// The places of the pictures' tokens.
        var places: [Int] = []
        /// What is added to them after layers, [M, C] each.
        var perLayer: [Tensor] = []
    }

    /// The vectors [N, C] of N tokens; the token that pads gets no gradient through them, as in the
    /// reference, where config.json names one.
    func embed(_ ids: [Int]) throws -> Tensor {
        let words = try text.embedding(Tensor.of(ids).to(device))
        let pads = ids.indices.filter { ids[$0] == options.padTokenID }
        if pads.isEmpty { return words }
        let places = try Tensor.of(pads).to(device)
        return try words.replacing(
            0, at: places, with: words.indexed(0, places).detached())
    }

    /// Embeds prompts' tokens and puts the pictures' in their places; the pictures of all prompts go
    /// through the vision tower together.
    func prepared(_ inputs: [VisionLanguageInput]) throws -> [PreparedPrompt] {
        if inputs.count == 1 { return [try prepared(inputs[0])] }
        let open = inputs.indices.filter {
            inputs[$0].pictures == nil && inputs[$0].patches != nil
        }
        var inputs = inputs
        if open.count > 1 {
            let grids = open.map { inputs[$0].grids }
            let all = try features(
                Tensor.concatenate(open.compactMap { inputs[$0].patches }, dim: 0),
                grids: grids.flatMap(\.self))
            var start = 0
            for (index, grids) in zip(open, grids) {
                let count = grids.reduce(0) {
                    $0 + $1.tokenCount(mergeSize: options.vision.mergeSize)
                }
                inputs[index].pictures = try all.sliced(from: start, to: start + count)
                start += count
            }
        }
        return try inputs.map(prepared)
    }

    /// Embeds a prompt's tokens and puts the pictures' in their places.
    private func prepared(_ input: VisionLanguageInput) throws -> PreparedPrompt {
        try requireTokens(input.tokenIDs, in: "the prompt")
        let placeholders = options.placeholders
        if let video = placeholders.video, let index = input.tokenIDs.firstIndex(of: video) {
            throw PolicyInputError(
                "token \(index) of the prompt stands for a video", advice: "give pictures only")
        }
        let positions = try MultimodalPositions(
            tokenIDs: input.tokenIDs, grids: input.grids,
            imageTokenID: placeholders.picture, mergeSize: options.vision.mergeSize,
            rule: options.positions)
        let words = try embed(input.tokenIDs)  // [P, C]
        if input.grids.isEmpty { return PreparedPrompt(embeddings: words, positions: positions) }
        let places = input.tokenIDs.indices.filter {
            input.tokenIDs[$0] == placeholders.picture
        }
        let images = try pictures(input, count: places.count)
        return PreparedPrompt(
            embeddings: try words.replacing(
                0, at: Tensor.of(places).to(device), with: images.tokens),
            positions: positions, places: places, perLayer: images.perLayer)
    }

    /// The features of a prompt's pictures.
    private func pictures(_ input: VisionLanguageInput, count: Int) throws -> PictureFeatures {
        if let pictures = input.pictures {
            let expected = [count, options.text.hiddenSize]
            for tokens in [pictures.tokens] + pictures.perLayer where tokens.shape != expected {
                throw PolicyInputError(
                    "the pictures' tokens have shape \(tokens.shape), the prompt needs \(expected)",
                    advice: "make them of the same prompt's patches with the same model")
            }
            return pictures
        }
        guard let patches = input.patches else {
            throw PolicyInputError(
                "the prompt has \(input.grids.count) pictures but no patches",
                advice: "pass the processor's patches")
        }
        return try features(patches, grids: input.grids)
    }

    /// Fails if there is no token, or one that the vocabulary does not have.
    func requireTokens(_ ids: [Int], in place: String) throws {
        if ids.isEmpty {
            throw PolicyInputError("\(place) is empty", advice: "give at least one token")
        }
        let vocabulary = options.text.vocabularySize
        for (index, id) in ids.enumerated() where !(0..<vocabulary).contains(id) {
            throw PolicyInputError(
                "token \(index) of \(place) is \(id), outside the vocabulary of \(vocabulary)",
                advice: "use the tokenizer of the same checkpoint")
        }
    }
}
