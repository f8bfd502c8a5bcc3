import Tokenizers

/// How chat templates of a family of models write that a picture stands somewhere.
public struct PictureMark: Hashable, Sendable {
    /// What a template writes in the picture's place, one token of the vocabulary.
    public var token: String
    /// What a template that takes turns as texts is given for a picture; the token is in it once.
    public var text: String
    /// The tokens that stand in front of a picture's, which no template writes.
    public var before: [String]
    /// The tokens that stand behind them.
    public var after: [String]

    /// A mark from its parts.
    public init(token: String, text: String, before: [String] = [], after: [String] = []) {
        self.token = token
        self.text = text
        self.before = before
        self.after = after
    }

    /// The mark of all of Qwen's vision-language models.
    public static let qwen = PictureMark(
        token: QwenTokens.imagePad,
        text: QwenTokens.visionStart + QwenTokens.imagePad + QwenTokens.visionEnd)

    /// Ids with the tokens that stand around pictures.
    ///
    /// - Parameters:
    ///   - ids: a conversation, each picture's places as many tokens as it has
    ///   - counts: for each picture, in order, how many
    ///   - tokenizer: the vocabulary
    /// - Returns: the ids
    /// - Throws: `TokenizerError` if the vocabulary lacks a token
    func framed(_ ids: [Int], counts: [Int], tokenizer: Tokenizer) throws -> [Int] {
        if before.isEmpty, after.isEmpty { return ids }
        let place = try tokenizer.requiredID(for: token)
        let (front, back) = try (
            before.map(tokenizer.requiredID), after.map(tokenizer.requiredID)
        )
        var result: [Int] = []
        var (index, picture) = (0, 0)
        while index < ids.count {
            guard ids[index] == place, picture < counts.count else {
                result.append(ids[index])
                index += 1
                continue
            }
            result += front + ids[index..<index + counts[picture]] + back
            index += counts[picture]
            picture += 1
        }
        return result
    }
}
