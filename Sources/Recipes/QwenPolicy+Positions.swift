import Qwen25VL

extension QwenPolicy {
    /// Why answers to a prompt may stand at positions that the model was never trained for.
    ///
    /// Nothing is cut there, and the model computes on, as transformers does. A picture's tokens take
    /// as many positions as its larger side has.
    ///
    /// - Parameters:
    ///   - prompt: the prompt
    ///   - completionLength: how many tokens an answer may have
    /// - Returns: a sentence with both numbers; nil where there are positions enough, or the
    ///   checkpoint does not say how many there are
    /// - Throws: `Qwen25VLInputError` if the prompt's pictures do not fit it
    public func positionWarning(_ prompt: Prompt, completionLength: Int) throws -> String? {
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
