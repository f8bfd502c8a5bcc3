import Datasets
import Evaluation
import Imaging
import Pictures
import Policies
import RLTrainer
import Rewards
import Segmentation

/// The answers about one sample, and what they took: a line of `predictions.jsonl.partial`.
package struct EvaluatedSample: Sendable, Codable {
    /// The sample's place in its source.
    var index: Int
    /// One answer per question that was asked.
    var answers: [EvaluatedAnswer]
    /// Seconds in the policy.
    var generation: Double
    /// Seconds in the segmenter.
    var segmentation: Double
    /// Seconds that the evaluation had taken, in all sessions, when this was done.
    var elapsed = 0.0
}

/// Answers questions about held-out samples, one at a time; may be used from several threads.
///
/// Unchecked, because neither model is changed by answering: their parameters are only read, and
/// whether gradients are recorded is a setting of each thread.
final class Evaluator: @unchecked Sendable {
    private let policy: VisionLanguagePolicy
    private let segmenter: any Segmenter
    private let source: any SampleSource
    private let settings: EvaluateRecipe.Settings
    private let parser: AnswerParser
    private let strictParser: AnswerParser
    private let lenientParser: AnswerParser

    init(
        policy: VisionLanguagePolicy, segmenter: any Segmenter, source: any SampleSource,
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
        lenientParser = AnswerParser(grammar: grammar, acceptance: .lenient)
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
    func answers(at index: Int) throws -> EvaluatedSample {
        let sample = try source.sample(at: index)
        let square = try squareSample(sample, side: settings.imageSize)
        let picture = EncodedOnce(segmenter, square.image)
        var result = EvaluatedSample(index: index, answers: [], generation: 0, segmentation: 0)
        for place in questions(of: sample) {
            let start = ContinuousClock.now
            let prompt = try policy.prompt(image: square.image, question: sample.questions[place])
            let completion = try complete(prompt, sample.id)
            let middle = ContinuousClock.now
            result.answers.append(
                try read(
                    completion, sample, question: place, frame: prompt.frame, square: square,
                    picture: picture))
            result.generation += (middle - start) / .seconds(1)
            result.segmentation += (ContinuousClock.now - middle) / .seconds(1)
        }
        return result
    }

    private func complete(_ prompt: VisionLanguagePolicy.Prompt, _ id: String) throws -> Completion
    {
        let completion = try policy.greedyAnswer(prompt, maxLength: settings.maxCompletionLength)
        guard completion.logProbabilities.allSatisfy(\.isFinite) else {
            throw EvaluationError(
                place: "sample '\(id)'",
                message: "the policy's probabilities are not numbers: its weights are damaged, or "
                    + "the dtype is too narrow for them")
        }
        return completion
    }

    /// What the protocols make of a completion.
    func read(
        _ completion: Completion, _ sample: SegmentationSample, question place: Int,
        frame: ImageFrame, square: SquareSample, picture: EncodedOnce
    ) throws -> EvaluatedAnswer {
        let parse = parser.parse(completion.text)
        let prompts = (try? parse.get())?.prompts ?? []
        var paper = settings.readsAsPaper ? paperReading(completion.text, square.truth) : nil
        var mask = BinaryMask(width: sample.frame.width, height: sample.frame.height)
        var isShared = false
        if !prompts.isEmpty {
            isShared = paper.map { $0.wantsMask && $0.prompts == prompts } ?? false
            let unions = try picture.unions(
                prompts, in: frame, outputs: [sample.frame] + (isShared ? [square.truth.frame] : [])
            )
            mask = unions[0]
            if isShared { paper = paper?.with(unions[1], truth: square.truth) }
        }
        if let reading = paper, reading.wantsMask, !isShared {
            let unions = try picture.unions(
                reading.prompts, in: frame, outputs: [square.truth.frame])
            paper = reading.with(unions[0], truth: square.truth)
        }
        return EvaluatedAnswer(
            outcome: outcome(sample, place, completion, parse, mask: mask),
            question: sample.questions[place], completion: completion.text,
            stopReason: completion.stopReason, parseError: parse.failure?.description,
            policyFrame: frame, prompts: prompts,
            mask: parse.failure == nil ? MaskRuns(mask) : nil,
            questionCount: sample.questions.count, truth: sample.mask.count, paper: paper)
    }

    /// The published protocol's reading of a completion, without its mask.
    private func paperReading(_ text: String, _ truth: BinaryMask) -> PaperReading {
        PaperReading(lenientParser.published(text), frame: truth.frame, truth: truth.count)
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
            overlap: MaskOverlap(
                prediction: mask, truth: sample.mask, ignored: sample.ignored),
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

/// A picture that goes through the segmenter's encoder when a mask is asked for, and only once.
final class EncodedOnce {
    private let segmenter: any Segmenter
    private let picture: RGBImage
    private var encoded: (any SegmenterImage)?

    init(_ segmenter: any Segmenter, _ picture: RGBImage) {
        self.segmenter = segmenter
        self.picture = picture
    }

    /// The union of the masks of prompts, in each of several frames.
    func unions(
        _ prompts: [SegmentationPrompt], in frame: ImageFrame, outputs: [ImageFrame]
    ) throws -> [BinaryMask] {
        let image = try encoded ?? segmenter.encode(picture)
        encoded = image
        let objects = try image.masks(for: prompts, in: frame, outputs: outputs)
        return try zip(objects, outputs).map { objects, output in
            try SegmenterAnswerError.check(objects, of: prompts, frame: output)
            var union = BinaryMask(width: output.width, height: output.height)
            for object in objects { union.formUnion(object.mask) }
            return union
        }
    }
}

extension Result {
    /// What went wrong, if something did.
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { failure } else { nil }
    }
}
