public import Imaging
import Inference
public import Segmentation

/// A completion as the published protocol reads it: `paper` in a line of `predictions.jsonl`.
///
/// Everything is in the square frame that pictures and truths are stretched to.
public struct PaperReading: Sendable, Hashable, Codable {
    /// The square frame.
    public var frame: ImageFrame
    /// Why the lenient parser could not read the answer; nil if it could.
    public var parseError: String?
    /// Why the published call of the segmenter raises although its parser reads the answer: there is no
    /// mask then; nil if it does not raise.
    public var segmenterError: String?
    /// What the answer asks of the segmenter, in the policy's frame.
    ///
    /// Coordinates may be NaN or infinite. None where the call raises.
    public var prompts: [SegmentationPrompt]
    /// Pixels of the truth.
    public var truth: Int
    /// Pixels in both masks; 0 where nothing was segmented.
    public var intersection: Int
    /// Pixels in at least one mask; those of the truth where nothing was segmented.
    public var union: Int
    /// The predicted mask; nil where nothing was segmented: an answer that cannot be read or names
    /// nothing, and any answer about a picture without a target.
    public var mask: MaskRuns?

    package enum CodingKeys: String, CodingKey {
        case frame, prompts, truth, intersection, union, mask
        case parseError = "parse_error"
        case segmenterError = "segmenter_error"
    }

    /// A reading whose objects are not segmented.
    init(_ answer: Result<PublishedAnswer, ParseFailure>, frame: ImageFrame, truth: Int) {
        self.frame = frame
        self.truth = truth
        switch answer {
        case .success(let answer):
            segmenterError = answer.callFailure?.description
            prompts = answer.prompts
        case .failure(let failure):
            parseError = failure.description
            prompts = []
        }
        (intersection, union) = (0, truth)
    }

    /// Whether the objects are to be segmented.
    var wantsMask: Bool { truth > 0 && !prompts.isEmpty }

    /// The reading with its mask.
    package func with(_ mask: BinaryMask, truth: BinaryMask) -> PaperReading {
        var result = self
        result.mask = MaskRuns(mask)
        result.intersection = mask.intersectionCount(truth)
        result.union = mask.unionCount(truth)
        return result
    }

    /// Writes every key, those without a value as null.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode([frame.width, frame.height], forKey: .frame)
        try fields.encode(parseError, forKey: .parseError)
        try fields.encode(segmenterError, forKey: .segmenterError)
        try fields.encode(prompts.map(Prediction.Prompt.init), forKey: .prompts)
        try fields.encode(truth, forKey: .truth)
        try fields.encode(intersection, forKey: .intersection)
        try fields.encode(union, forKey: .union)
        try fields.encode(mask, forKey: .mask)
    }

    /// Reads what the encoder writes.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let sides = try fields.decode([Int].self, forKey: .frame)
        guard sides.count == 2, sides.allSatisfy({ $0 > 0 }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .frame, in: fields, debugDescription: "a frame has two sides")
        }
        frame = ImageFrame(width: sides[0], height: sides[1])
        parseError = try fields.decodeIfPresent(String.self, forKey: .parseError)
        segmenterError = try fields.decodeIfPresent(String.self, forKey: .segmenterError)
        prompts = try fields.decode([StoredPrompt].self, forKey: .prompts).map(\.prompt)
        truth = try fields.decode(Int.self, forKey: .truth)
        intersection = try fields.decode(Int.self, forKey: .intersection)
        union = try fields.decode(Int.self, forKey: .union)
        mask = try fields.decodeIfPresent(MaskRuns.self, forKey: .mask)
    }
}
