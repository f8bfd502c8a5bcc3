public import Imaging
import PolicyFamilies
package import RLTrainer
import Tokenizers
import VisionLanguage

/// That S is a side that a policy's processor most likely resizes pictures from.
///
/// - Parameters:
///   - side: S
///   - name: how the user says it
///   - policy: the policy's folder, if there is one
/// - Returns: a sentence for people; nil for multiples of what becomes one token
public func pictureSideWarning(_ side: Int, name: String, policy: String? = nil) -> String? {
    pictureSideWarning(
        side, name: name, block: PolicyRegistry.pictureBlock(directory: policy))
}

private func pictureSideWarning(_ side: Int, name: String, block: Int) -> String? {
    if side % block == 0 { return nil }
    let lower = side / block * block
    return
        "\(name) is \(side), no multiple of \(block): the policy's processor stretches pictures once "
        + "more, and answers are still read in pixels of \(side) x \(side); use "
        + (lower == 0 ? "" : "\(lower) or ") + "\(lower + block)"
}

extension VisionLanguagePolicy {
    /// What makes answers to a prompt doubtful, one sentence each.
    ///
    /// - Parameters:
    ///   - prompt: the prompt
    ///   - completionLength: how many tokens an answer may have
    ///   - sideIsKnown: whether ``pictureSideWarning(_:name:policy:)`` was given
    /// - Returns: sentences for people; mostly none
    /// - Throws: `PolicyInputError` if the prompt's pictures do not fit it
    public func warnings(
        _ prompt: Prompt, completionLength: Int, sideIsKnown: Bool = false
    ) throws -> [String] {
        let block = type(of: model.family).pictureBlock
        let isTold =
            sideIsKnown && pictureSideWarning(prompt.image.width, name: "", block: block) != nil
        return fileWarnings
            + [
                try positionWarning(prompt, completionLength: completionLength),
                isTold ? nil : try pictureWarning(prompt.image),
            ].compactMap(\.self)
    }

    /// That the model sees a picture in another frame than answers are read in.
    ///
    /// - Parameter frame: the picture's
    /// - Returns: a sentence for people; nil where the frames are the same
    /// - Throws: `PolicyInputError` if the picture is too narrow
    public func pictureWarning(_ frame: ImageFrame) throws -> String? {
        guard model.options.answerFrame == .givenPixels else { return nil }
        let seen = try processor.resizedFrame(frame)
        if seen == frame { return nil }
        return "the policy's processor resizes pictures of \(frame.width) x \(frame.height) to "
            + "\(seen.width) x \(seen.height), and answers are still read in pixels of "
            + "\(frame.width) x \(frame.height); use a side that it keeps, such as \(seen.width)"
    }

    /// What should be known of the policy's files, one sentence each; mostly nothing.
    public var fileWarnings: [String] { model.warnings }

    /// The tokens that end an answer, for people: `<|im_end|> (151645), <|endoftext|> (151643)`.
    public var endTokens: String {
        model.generation.eosTokenIDs.map { id in
            "\(tokenizer.token(for: id) ?? "a token without text") (\(id))"
        }.joined(separator: ", ")
    }

    /// A line for people about the tokens that end an answer.
    package var endLine: String { "ends       answers end with \(endTokens)" }

    /// That none of some answers ended, where there are any and so it is.
    ///
    /// - Parameters:
    ///   - stopReasons: why they ended
    ///   - what: what they are, for people
    ///   - length: the most tokens that one may have
    /// - Returns: a sentence for people, or nil
    package func cutWarning(_ stopReasons: [StopReason], _ what: String, length: Int) -> String? {
        if stopReasons.isEmpty || stopReasons.contains(where: { $0 != .length }) { return nil }
        return
            "\(what), \(stopReasons.count), were cut at the longest length of \(length) tokens: none "
            + "wrote what ends an answer, \(endTokens)"
    }

    /// Why answers to a prompt may stand at positions that the model was never trained for.
    ///
    /// Nothing is cut there, and the model computes on, as transformers does. A picture's tokens take
    /// as many positions as its larger side has.
    private func positionWarning(_ prompt: Prompt, completionLength: Int) throws -> String? {
        let options = model.options
        guard let most = options.text.maximumPositions else { return nil }
        let start = try MultimodalPositions(
            tokenIDs: prompt.input.tokenIDs, grids: prompt.input.grids,
            imageTokenID: options.placeholders.picture, mergeSize: options.vision.mergeSize,
            rule: options.positions
        ).next
        if start + completionLength <= most { return nil }
        return
            "a prompt of \(start) positions and an answer of up to \(completionLength) go beyond "
            + "the \(most) of the model's max_position_embeddings; nothing is cut, but the model "
            + "was not trained there"
    }
}
