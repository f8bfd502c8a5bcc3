import Datasets
import Evaluation
import Imaging
import RLTrainer
import Rewards
import SAM2
import Segmentation

/// One question of an evaluation.
struct EvaluationQuestion: Sendable {
    /// The sample's place in its source.
    let sample: Int
    /// The question's place among the sample's.
    let question: Int
}

/// Answers questions about held-out samples, one at a time; may be used from several threads.
///
/// Unchecked, because neither model is changed by answering: their parameters are only read, and
/// whether gradients are recorded is a setting of each thread.
final class Evaluator: @unchecked Sendable {
    private let policy: QwenPolicy
    private let segmenter: SAM2Segmenter
    private let source: any SampleSource
    private let settings: EvaluateRecipe.Settings
    private let parser: AnswerParser
    private let strictParser: AnswerParser

    init(
        policy: QwenPolicy, segmenter: SAM2Segmenter, source: any SampleSource,
        settings: EvaluateRecipe.Settings
    ) {
        self.policy = policy
        self.segmenter = segmenter
        self.source = source
        self.settings = settings
        // The grammar comes with the template that asks for it, so that they cannot drift apart.
        let grammar = policy.template.variant.grammar
        parser = AnswerParser(grammar: grammar, acceptance: settings.parser)
        strictParser = AnswerParser(grammar: grammar, acceptance: .strict)
    }

    /// The places of the questions to ask about a sample.
    func questions(of sample: SegmentationSample) -> Range<Int> {
        let count = sample.questions.count
        switch settings.questions {
        case .first: return 0..<1
        case .all: return 0..<count
        case .random:
            let place = QuestionSelector.random.index(
                count: count, seed: settings.seed, epoch: 0, sampleID: sample.id)
            return place..<place + 1
        }
    }

    /// The answers to the questions about the sample at `index`.
    func answers(at index: Int) throws -> [EvaluatedAnswer] {
        let sample = try source.sample(at: index)
        let square = try squareSample(sample, side: settings.imageSize)
        var encoded: (any SegmenterImage)?
        func image() throws -> any SegmenterImage {
            if let encoded { return encoded }
            let image = try segmenter.encode(square.image)
            encoded = image
            return image
        }
        return try questions(of: sample).map { place in
            try answer(sample, question: place, picture: square.image, encoded: image)
        }
    }

    private func answer(
        _ sample: SegmentationSample, question place: Int, picture: RGBImage,
        encoded: () throws -> any SegmenterImage
    ) throws -> EvaluatedAnswer {
        let prompt = try policy.prompt(image: picture, question: sample.questions[place])
        let completion = try policy.greedyAnswer(prompt, maxLength: settings.maxCompletionLength)
        guard completion.logProbabilities.allSatisfy(\.isFinite) else {
            throw EvaluationError(
                place: "sample '\(sample.id)'",
                message: "the policy's probabilities are not numbers: its weights are damaged, or "
                    + "the dtype is too narrow for them")
        }
        let parse = parser.parse(completion.text)
        var mask = BinaryMask(width: sample.frame.width, height: sample.frame.height)
        let prompts = (try? parse.get())?.prompts ?? []
        if !prompts.isEmpty {
            let objects = try encoded().masks(
                for: prompts, in: prompt.frame, output: sample.frame)
            try SegmenterAnswerError.check(objects, of: prompts, frame: sample.frame)
            for object in objects { mask.formUnion(object.mask) }
        }
        return EvaluatedAnswer(
            outcome: outcome(sample, place, completion, parse, mask: mask),
            question: sample.questions[place], completion: completion.text,
            stopReason: completion.stopReason, parseError: parse.failure?.description,
            policyFrame: prompt.frame, prompts: prompts,
            mask: parse.failure == nil ? MaskRuns(mask) : nil)
    }

    private func outcome(
        _ sample: SegmentationSample, _ question: Int, _ completion: Completion,
        _ parse: Result<ParsedAnswer, ParseFailure>, mask: BinaryMask
    ) -> SampleOutcome {
        let strict =
            settings.parser == .strict ? parse : strictParser.parse(completion.text)
        let targetClass = sample.instances?.first(where: \.isTarget)?.className
        return SampleOutcome(
            id: sample.id, questionIndex: question,
            overlap: MaskOverlap(prediction: mask, truth: sample.mask),
            isReadable: parse.failure == nil,
            objectCount: (try? parse.get())?.prompts.count ?? 0,
            hasValidFormat: strict.failure == nil,
            hasValidTags: ThinkAnswerFormat.matches(completion.text),
            length: completion.tokenIDs.count, targetClass: targetClass,
            thoughtNamesTarget: targetClass.map { name in
                thought(of: completion.text).map { names($0, className: name) } ?? false
            })
    }
}

extension Result {
    /// What went wrong, if something did.
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
