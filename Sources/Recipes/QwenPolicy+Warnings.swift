import Qwen25VL

extension QwenPolicy {
    /// What makes answers to a prompt doubtful, one sentence each.
    ///
    /// - Parameters:
    ///   - prompt: the prompt
    ///   - completionLength: how many tokens an answer may have
    /// - Returns: sentences for people; mostly none
    /// - Throws: `Qwen25VLInputError` if the prompt's pictures do not fit it
    public func warnings(_ prompt: Prompt, completionLength: Int) throws -> [String] {
        fileWarnings
            + [endWarning, try positionWarning(prompt, completionLength: completionLength)]
            .compactMap(\.self)
    }

    /// What should be known of the policy's files, one sentence each; mostly nothing.
    public var fileWarnings: [String] { model.warnings }

    /// That no answer can end, where the vocabulary has none of the tokens that would end it.
    private var endWarning: String? {
        let ends = model.generation.eosTokenIDs
        let vocabulary = model.configuration.text.vocabularySize
        if ends.contains(where: { $0 < vocabulary }) { return nil }
        return "the vocabulary of \(vocabulary) has no eos_token_id "
            + "(\(ends.map(String.init).joined(separator: ", "))): answers end at the longest length"
    }

    /// Why answers to a prompt may stand at positions that the model was never trained for.
    ///
    /// Nothing is cut there, and the model computes on, as transformers does. A picture's tokens take
    /// as many positions as its larger side has.
    private func positionWarning(_ prompt: Prompt, completionLength: Int) throws -> String? {
        let configuration = model.configuration
        guard let most = configuration.text.maximumPositions else { return nil }
        let start = try MultimodalPositions(
            tokenIDs: prompt.input.tokenIDs, grids: prompt.input.grids,
            imageTokenID: configuration.imageTokenID, mergeSize: configuration.vision.mergeSize
        ).next
        if start + completionLength <= most { return nil }
        return
            "a prompt of \(start) positions and an answer of up to \(completionLength) go beyond "
            + "the \(most) of the model's max_position_embeddings; nothing is cut, but the model "
            + "was not trained there"
    }
}
