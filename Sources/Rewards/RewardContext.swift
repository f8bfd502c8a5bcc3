public import Imaging
public import Segmentation
import Synchronization

/// A completion, and what is known of how it came about.
public struct ScoredCompletion: Hashable, Sendable {
    /// What the policy wrote.
    public var text: String
    /// Its tokens, the one that ended it included; nil where nobody counted.
    public var tokenCount: Int?
    /// Whether it was cut off at the most tokens that it may have; nil where nobody knows.
    public var isTruncated: Bool?

    /// A completion from its parts.
    public init(_ text: String, tokenCount: Int? = nil, isTruncated: Bool? = nil) {
        self.text = text
        self.tokenCount = tokenCount
        self.isTruncated = isTruncated
    }
}

/// What completions are about.
public struct RewardSubject: Hashable, Sendable {
    /// The sample's id.
    public var id: String
    /// What was asked.
    public var question: String

    /// A subject from its parts.
    public init(id: String = "", question: String = "") {
        self.id = id
        self.question = question
    }
}

/// Everything about one completion that a term may look at.
public struct RewardContext: Sendable {
    /// The sample and the question; empty where nobody knows.
    public let subject: RewardSubject
    /// What the policy wrote.
    public let completion: String
    /// Its tokens, the one that ended it included; nil where nobody counted.
    public let tokenCount: Int?
    /// Whether it was cut off at the most tokens that it may have; nil where nobody knows.
    public let isTruncated: Bool?
    /// What the scorer's parser made of it.
    public let parse: Result<ParsedAnswer, ParseFailure>
    /// What the strict parser of the same grammar makes of it.
    public let strictParse: Result<ParsedAnswer, ParseFailure>
    /// The union of the masks of the answer's prompts, in the policy's frame, without ``ignored``
    /// pixels: empty when the policy says that there is no target, nil when the answer could not be
    /// read or the segmenter was not asked, as where there is no target.
    public let mask: BinaryMask?
    /// IoU of ``mask`` and ``truth`` by the rules of ``Scorer``, 0...1.
    public let iou: Double
    private let shapes: TruthShapes

    /// A context from its parts.
    public init(
        completion: ScoredCompletion, subject: RewardSubject = RewardSubject(),
        parse: Result<ParsedAnswer, ParseFailure>,
        strictParse: Result<ParsedAnswer, ParseFailure>? = nil, mask: BinaryMask?,
        truth: BinaryMask, ignored: BinaryMask? = nil, iou: Double
    ) {
        self.init(
            completion, subject, parse, strictParse ?? parse, mask?.subtracting(ignored),
            TruthShapes(truth, ignored: ignored), iou)
    }

    init(
        _ completion: ScoredCompletion, _ subject: RewardSubject,
        _ parse: Result<ParsedAnswer, ParseFailure>,
        _ strictParse: Result<ParsedAnswer, ParseFailure>, _ mask: BinaryMask?,
        _ shapes: TruthShapes, _ iou: Double
    ) {
        self.subject = subject
        self.completion = completion.text
        tokenCount = completion.tokenCount
        isTruncated = completion.isTruncated
        self.parse = parse
        self.strictParse = strictParse
        self.mask = mask
        self.shapes = shapes
        self.iou = iou
    }

    /// The pixels of the targets, in the policy's frame; none of them is ignored.
    public var truth: BinaryMask { shapes.truth }

    /// The pixels of which nobody knows whether they are target, in the policy's frame; nil where
    /// there are none.
    ///
    /// They count neither for an answer nor against it. ``mask`` and ``truth`` are without them, so
    /// that what is counted of these two needs no look at it.
    public var ignored: BinaryMask? { shapes.ignored }

    /// The connected parts of ``truth``, the largest first; diagonal neighbours are connected.
    ///
    /// Found once for all completions of a group.
    public var targets: [MaskComponent] { shapes.components }

    /// The prompts of the answer, in the policy's frame; nil when it could not be read.
    public var prompts: [SegmentationPrompt]? { try? parse.get().prompts }

    /// Where ignored pixels are, for boxes and points; nil where there are none.
    var ignoredArea: IgnoredArea? { shapes.ignoredArea }

    /// The prompts that are not on ignored pixels alone: their box, or without a box all of their
    /// positive points.
    var countedPrompts: [SegmentationPrompt] {
        let prompts = prompts ?? []
        guard let ignoredArea else { return prompts }
        return prompts.filter { !ignoredArea.holds($0) }
    }

    /// The pixels of ``truth`` that are no farther than a distance from its edge.
    func truthBoundary(distance: Int) -> BinaryMask { shapes.boundary(distance: distance) }

    /// What most terms are worth where there are no two masks to compare; nil where there are.
    ///
    /// | truth | answer | value |
    /// |---|---|---|
    /// | any | cannot be read | 0 |
    /// | no target | `[]` | 1 |
    /// | no target | prompts | 0 |
    /// | targets | `[]` | 0 |
    public var valueWithoutMasks: Double? {
        guard let prompts else { return 0 }
        if truth.isEmpty { return prompts.isEmpty ? 1 : 0 }
        return prompts.isEmpty ? 0 : nil
    }
}

/// What is found out about a truth, once for all completions about it.
final class TruthShapes: Sendable {
    let truth: BinaryMask
    let ignored: BinaryMask?
    let ignoredArea: IgnoredArea?
    private let found = Mutex((components: [MaskComponent]?.none, boundaries: [Int: BinaryMask]()))

    init(_ truth: BinaryMask, ignored: BinaryMask? = nil) {
        self.truth = truth
        self.ignored = ignored.flatMap { $0.isEmpty ? nil : $0 }
        ignoredArea = self.ignored.map(IgnoredArea.init)
    }

    var components: [MaskComponent] {
        found.withLock { found in
            if let known = found.components { return known }
            let components = truth.components(.eight).enumerated()
                .sorted { ($1.element.pixelCount, $0.offset) < ($0.element.pixelCount, $1.offset) }
                .map(\.element)
            found.components = components
            return components
        }
    }

    func boundary(distance: Int) -> BinaryMask {
        found.withLock { found in
            if let known = found.boundaries[distance] { return known }
            let boundary = truth.boundary(distance: distance)
            found.boundaries[distance] = boundary
            return boundary
        }
    }
}
