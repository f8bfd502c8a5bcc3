import Foundation
import Imaging
import Segmentation

/// What a command is told about a completion.
struct ExternalRequest: Encodable {
    var id: String?
    var question: String?
    var completion: String
    var tokenCount: Int?
    /// Why the answer could not be read, if so.
    var failure: ParseFailure?
    /// None where the answer could not be read.
    var prompts: [SegmentationPrompt]
    var iou: Double
    var frame: ImageFrame
    /// The masks, if the command is to have them; the answer's may be missing, and what is ignored is
    /// in neither of the others.
    var masks: (answer: BinaryMask?, truth: BinaryMask, ignored: BinaryMask?)?

    /// One object on one line of UTF-8, with its line feed; its members in the order of their names.
    ///
    /// - Throws: `EncodingError` where a number is not finite.
    func line() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [0x0A]
    }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: MemberName.self)
        try object.encode(id, forKey: "id")
        try object.encode(question, forKey: "question")
        try object.encode(completion, forKey: "completion")
        try object.encode(tokenCount, forKey: "num_tokens")
        try object.encode(failure == nil, forKey: "parse_ok")
        try object.encode(failure?.description, forKey: "error")
        try object.encode(prompts.map(PromptMembers.init), forKey: "prompts")
        try object.encode(iou, forKey: "iou")
        try object.encode(frame.width, forKey: "width")
        try object.encode(frame.height, forKey: "height")
        guard let masks else { return }
        try object.encode(masks.answer.map(MaskRuns.init), forKey: "mask")
        try object.encode(MaskRuns(masks.truth), forKey: "truth")
        try object.encodeIfPresent(masks.ignored.map(MaskRuns.init), forKey: "ignored")
    }
}

extension ExternalRequest {
    /// What a command is told about a context, with its masks or without.
    init(_ context: RewardContext, sendsMasks: Bool) {
        id = context.subject.id.isEmpty ? nil : context.subject.id
        question = context.subject.question.isEmpty ? nil : context.subject.question
        completion = context.completion
        tokenCount = context.tokenCount
        iou = context.iou
        frame = context.truth.frame
        masks = sendsMasks ? (context.mask, context.truth, context.ignored) : nil
        switch context.parse {
        case .success(let answer): prompts = answer.prompts
        case .failure(let problem): (failure, prompts) = (problem, [])
        }
    }
}

/// A prompt as an answer spells it; what it does not have is null or an empty list.
private struct PromptMembers: Encodable {
    let prompt: SegmentationPrompt

    init(_ prompt: SegmentationPrompt) { self.prompt = prompt }

    func encode(to encoder: any Encoder) throws {
        var object = encoder.container(keyedBy: MemberName.self)
        let box = prompt.box.map { [$0.x1, $0.y1, $0.x2, $0.y2] }
        try object.encode(box, forKey: "bbox_2d")
        try object.encode(prompt.positivePoints.map { [$0.x, $0.y] }, forKey: "positive_points")
        try object.encode(prompt.negativePoints.map { [$0.x, $0.y] }, forKey: "negative_points")
    }
}

/// The name of a member of an object.
struct MemberName: CodingKey, ExpressibleByStringLiteral {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringLiteral name: String) { stringValue = name }
    init?(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
