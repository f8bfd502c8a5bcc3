public import Imaging

/// What the program needs to know of a policy whatever its family, as data.
public struct PolicyOptions: Sendable {
    /// The language model.
    public var text: TextOptions
    /// The vision tower.
    public var vision: VisionOptions
    /// Where the parts' parameters stand.
    public var keys = PolicyKeys()
    /// The tokens that stand for what is no text.
    public var placeholders: Placeholders
    /// How the positions of a picture's tokens count.
    public var positions = PicturePositions.grid
    /// The frame of the coordinates in answers.
    public var answerFrame: AnswerFrame
    /// The class that transformers loads such a policy with.
    public var architecture: String
    /// `eos_token_id` of the configuration: each id once; ``GenerationConfiguration`` may know more.
    public var eosTokenIDs: [Int]
    /// The token that pads, where the configuration has one; as in transformers, it gets no gradient as a
    /// word.
    public var padTokenID: Int?

    /// Options from their parts.
    public init(
        text: TextOptions, vision: VisionOptions, placeholders: Placeholders,
        answerFrame: AnswerFrame, architecture: String, eosTokenIDs: [Int], padTokenID: Int? = nil
    ) {
        self.text = text
        self.vision = vision
        self.placeholders = placeholders
        self.answerFrame = answerFrame
        self.architecture = architecture
        self.eosTokenIDs = eosTokenIDs
        self.padTokenID = padTokenID
    }

    /// The placeholders of pictures and videos, which a policy must not write: sorted, each once.
    ///
    /// Another pass over a completion would take them for pictures.
    public var placeholderTokenIDs: [Int] {
        Set([placeholders.picture] + [placeholders.video].compactMap(\.self)).sorted()
    }
}

/// The model's own keys of the parts of a policy; a family's key map translates those of files.
public struct PolicyKeys: Sendable, Hashable {
    /// In front of `embed_tokens`, `layers` and `norm`.
    public var text = "model"
    /// In front of `weight` of the head.
    public var head = "lm_head"
    /// In front of the vision tower's keys, and of what stands between it and the language model.
    public var vision = ["visual"]

    /// The names of Qwen's and many others' checkpoints.
    public init() {}

    /// The token embedding.
    public var embedding: String { "\(text).embed_tokens.weight" }
    /// The matrix that makes logits.
    public var headWeight: String { "\(head).weight" }

    /// Whether a key is the vision tower's.
    public func isVision(_ key: String) -> Bool {
        vision.contains { key.hasPrefix($0 + ".") }
    }
}

/// The tokens that stand for what is no text.
public struct Placeholders: Sendable, Hashable {
    /// The placeholder that a picture's embeddings replace.
    public var picture: Int
    /// The placeholder of videos, which are not taken; nil without one.
    public var video: Int?
    /// The tokens before a picture's.
    public var before: [Int] = []
    /// The tokens after a picture's.
    public var after: [Int] = []

    /// Placeholders from their parts.
    public init(picture: Int, video: Int? = nil, before: [Int] = [], after: [Int] = []) {
        self.picture = picture
        self.video = video
        self.before = before
        self.after = after
    }
}

/// The frame of the coordinates in a policy's answers.
public enum AnswerFrame: Sendable, Hashable {
    /// Pixels of the picture that was given, whatever the processor resizes it to.
    case givenPixels
    /// Pixels of the picture that the processor makes of it.
    case resizedPixels
    /// Thousandths of the picture's width and height.
    case thousandths

    /// The frame of answers about a picture.
    ///
    /// - Parameters:
    ///   - given: the size of the picture that was given
    ///   - resized: the size that the processor made it
    /// - Returns: the frame
    public func frame(given: ImageFrame, resized: ImageFrame) -> ImageFrame {
        switch self {
        case .givenPixels: given
        case .resizedPixels: resized
        case .thousandths: ImageFrame(width: 1000, height: 1000)
        }
    }
}

/// What a vision tower is made of, as far as the program needs to know.
public struct VisionOptions: Sendable {
    /// How many blocks there are.
    public var depth: Int
    /// The residual stream's width.
    public var hiddenSize: Int
    /// The MLP's inner width.
    public var intermediateSize: Int
    /// The side of a patch in pixels.
    public var patchSize: Int
    /// Numbers in one patch.
    public var patchElements: Int
    /// The side, in patches, of the block that becomes one token.
    public var mergeSize: Int
    /// What the tower computes over pictures of these grids, by the keys of its parameters.
    public var work: @Sendable ([VisionGrid]) -> TowerWork

    /// Options from their parts.
    public init(
        depth: Int, hiddenSize: Int, intermediateSize: Int, patchSize: Int, patchElements: Int,
        mergeSize: Int, work: @escaping @Sendable ([VisionGrid]) -> TowerWork
    ) {
        self.depth = depth
        self.hiddenSize = hiddenSize
        self.intermediateSize = intermediateSize
        self.patchSize = patchSize
        self.patchElements = patchElements
        self.mergeSize = mergeSize
        self.work = work
    }
}
