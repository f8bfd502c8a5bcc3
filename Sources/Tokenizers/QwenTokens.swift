/// The added tokens of Qwen2.5, in the order of their ids.
public enum QwenTokens {
    /// Ends a document; also the padding.
    public static let endOfText = "<|endoftext|>"
    /// Begins a turn.
    public static let turnStart = "<|im_start|>"
    /// Ends a turn.
    public static let turnEnd = "<|im_end|>"
    /// Begins a picture.
    public static let visionStart = "<|vision_start|>"
    /// Ends a picture.
    public static let visionEnd = "<|vision_end|>"
    /// One merged patch of a picture.
    public static let imagePad = "<|image_pad|>"

    /// The control tokens; the first follows the base vocabulary.
    public static let special = [
        endOfText, turnStart, turnEnd, "<|object_ref_start|>", "<|object_ref_end|>",
        "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", visionStart, visionEnd,
        "<|vision_pad|>", imagePad, "<|video_pad|>",
    ]

    /// The added tokens after them, which decoding keeps.
    public static let ordinary = [
        "<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>",
        "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
    ]

    /// All of them with their ids, the first of which is `first`.
    static func added(from first: Int) -> [AddedToken] {
        (special + ordinary).enumerated().map { index, content in
            AddedToken(id: first + index, content: content, isSpecial: index < special.count)
        }
    }
}
