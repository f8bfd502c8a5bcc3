public import Evaluation
package import Foundation
public import Imaging
import Inference
public import RLTrainer
public import Segmentation

/// One answer of an evaluation: a line of `predictions.jsonl`.
public struct EvaluatedAnswer: Sendable, Hashable, Codable {
    /// What the metrics are computed from.
    public var outcome: SampleOutcome
    /// What was asked.
    public var question: String
    /// What the policy wrote.
    public var completion: String
    /// Why the completion ended.
    public var stopReason: StopReason
    /// Why the answer could not be read; nil if it could.
    public var parseError: String?
    /// The frame of the prompts' coordinates.
    public var policyFrame: ImageFrame
    /// What the answer asks of the segmenter, in ``policyFrame``.
    public var prompts: [SegmentationPrompt]
    /// The predicted mask at the size of the sample's picture; nil if the answer could not be read.
    public var mask: MaskRuns?
    /// How many questions the sample has; nil in what was written before it was known.
    public var questionCount: Int?
    /// Pixels of the truth at the size of the sample's picture; nil in what was written before it was
    /// known.
    public var truth: Int?
    /// What the published protocol makes of the completion; nil where it was not asked for.
    public var paper: PaperReading?

    package enum CodingKeys: String, CodingKey {
        case id, question, completion, length, prompts, iou, intersection, union, mask, truth, paper
        case ignored
        case questionCount = "question_count"
        case questionIndex = "question_index"
        case stopReason = "stop_reason"
        case parseError = "parse_error"
        case policyFrame = "policy_frame"
        case isEmptyTarget = "empty_target"
        case hasValidFormat = "format_valid"
        case hasValidTags = "tags_valid"
        case targetClass = "target_class"
        case thoughtNamesTarget = "thought_names_target"
    }

    /// An answer from its parts.
    public init(
        outcome: SampleOutcome, question: String, completion: String, stopReason: StopReason,
        parseError: String?, policyFrame: ImageFrame, prompts: [SegmentationPrompt],
        mask: MaskRuns?, questionCount: Int? = nil, truth: Int? = nil, paper: PaperReading? = nil
    ) {
        self.outcome = outcome
        self.question = question
        self.completion = completion
        self.stopReason = stopReason
        self.parseError = parseError
        self.policyFrame = policyFrame
        self.prompts = prompts
        self.mask = mask
        self.questionCount = questionCount
        self.truth = truth
        self.paper = paper
    }

    /// What the published protocol computes its metrics from; nil where it was not asked for.
    public var paperOutcome: PaperOutcome? {
        guard let paper, let questionCount else { return nil }
        return PaperOutcome(
            id: outcome.id, questionIndex: outcome.questionIndex, questionCount: questionCount,
            isReadable: paper.parseError == nil, callRaises: paper.segmenterError != nil,
            objectCount: paper.prompts.count,
            truth: paper.truth, intersection: paper.intersection, union: paper.union,
            targetClass: outcome.targetClass, hasIgnored: outcome.overlap.ignored != nil)
    }

    /// Writes every key, those without a value as null; `ignored` only where pixels do not count.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(outcome.id, forKey: .id)
        try fields.encode(outcome.questionIndex, forKey: .questionIndex)
        try fields.encode(question, forKey: .question)
        try fields.encode(completion, forKey: .completion)
        try fields.encode(stopReason, forKey: .stopReason)
        try fields.encode(outcome.length, forKey: .length)
        try fields.encode(parseError, forKey: .parseError)
        try fields.encode([policyFrame.width, policyFrame.height], forKey: .policyFrame)
        try fields.encode(prompts.map(Prediction.Prompt.init), forKey: .prompts)
        try fields.encode(outcome.iou, forKey: .iou)
        try fields.encode(outcome.overlap.intersection, forKey: .intersection)
        try fields.encode(outcome.overlap.union, forKey: .union)
        try fields.encode(outcome.overlap.isEmptyTarget, forKey: .isEmptyTarget)
        try fields.encodeIfPresent(outcome.overlap.ignored, forKey: .ignored)
        try fields.encode(outcome.hasValidFormat, forKey: .hasValidFormat)
        try fields.encode(outcome.hasValidTags, forKey: .hasValidTags)
        try fields.encode(outcome.targetClass, forKey: .targetClass)
        try fields.encode(outcome.thoughtNamesTarget, forKey: .thoughtNamesTarget)
        try fields.encode(mask, forKey: .mask)
        try fields.encode(questionCount, forKey: .questionCount)
        try fields.encode(truth, forKey: .truth)
        try fields.encode(paper, forKey: .paper)
    }

    /// Reads a line; the IoU follows from the rest and is not read.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let prompts = try fields.decode([StoredPrompt].self, forKey: .prompts)
        parseError = try fields.decodeIfPresent(String.self, forKey: .parseError)
        outcome = SampleOutcome(
            id: try fields.decode(String.self, forKey: .id),
            questionIndex: try fields.decode(Int.self, forKey: .questionIndex),
            overlap: MaskOverlap(
                intersection: try fields.decode(Int.self, forKey: .intersection),
                union: try fields.decode(Int.self, forKey: .union),
                isEmptyTarget: try fields.decode(Bool.self, forKey: .isEmptyTarget),
                ignored: try fields.decodeIfPresent(Int.self, forKey: .ignored)),
            isReadable: parseError == nil, objectCount: prompts.count,
            hasValidFormat: try fields.decode(Bool.self, forKey: .hasValidFormat),
            hasValidTags: try fields.decode(Bool.self, forKey: .hasValidTags),
            length: try fields.decode(Int.self, forKey: .length),
            targetClass: try fields.decodeIfPresent(String.self, forKey: .targetClass),
            thoughtNamesTarget: try fields.decodeIfPresent(Bool.self, forKey: .thoughtNamesTarget))
        question = try fields.decode(String.self, forKey: .question)
        completion = try fields.decode(String.self, forKey: .completion)
        stopReason = try fields.decode(StopReason.self, forKey: .stopReason)
        let sides = try fields.decode([Int].self, forKey: .policyFrame)
        guard sides.count == 2, sides.allSatisfy({ $0 > 0 }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .policyFrame, in: fields, debugDescription: "a frame has two sides")
        }
        policyFrame = ImageFrame(width: sides[0], height: sides[1])
        self.prompts = prompts.map(\.prompt)
        mask = try fields.decodeIfPresent(MaskRuns.self, forKey: .mask)
        questionCount = try fields.decodeIfPresent(Int.self, forKey: .questionCount)
        truth = try fields.decodeIfPresent(Int.self, forKey: .truth)
        paper = try fields.decodeIfPresent(PaperReading.self, forKey: .paper)
    }
}

extension JSONEncoder {
    /// Writes lines of `predictions.jsonl`; coordinates that are not finite are the texts `NaN`,
    /// `Infinity` and `-Infinity`.
    package static var answers: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return encoder
    }
}

extension JSONDecoder {
    /// Reads what the encoder of answers writes.
    package static var answers: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return decoder
    }
}

/// A prompt as `predictions.jsonl` and `rollouts/` spell it.
package struct StoredPrompt: Decodable, Sendable {
    /// What is asked of the segmenter, in the policy's frame.
    package let prompt: SegmentationPrompt

    enum CodingKeys: String, CodingKey {
        case box = "bbox_2d"
        case positivePoints = "positive_points"
        case negativePoints = "negative_points"
    }

    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        func points(_ key: CodingKeys) throws -> [Point] {
            try fields.decode([[Double]].self, forKey: key).map { numbers in
                guard numbers.count == 2 else { throw Self.wrong(key, fields) }
                return Point(x: numbers[0], y: numbers[1])
            }
        }
        let edges = try fields.decodeIfPresent([Double].self, forKey: .box)
        if let edges, edges.count != 4 { throw Self.wrong(.box, fields) }
        prompt = SegmentationPrompt(
            box: edges.map { Box(x1: $0[0], y1: $0[1], x2: $0[2], y2: $0[3]) },
            positivePoints: try points(.positivePoints),
            negativePoints: try points(.negativePoints))
    }

    private static func wrong(
        _ key: CodingKeys, _ fields: KeyedDecodingContainer<CodingKeys>
    ) -> DecodingError {
        .dataCorruptedError(
            forKey: key, in: fields, debugDescription: "a box has 4 numbers, a point 2")
    }
}
