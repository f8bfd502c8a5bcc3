import Datasets
import Imaging
import NN
import NewModels
import Policies
import RLTrainer
import Segmentation
import Supervised
import Torch
import VisionLanguage

/// A policy that does all the work of a real policy on prompts of a given length, and then says
/// something of its own: as many objects as wanted, at places that a seed decides.
///
/// Random weights never write an answer that can be read; with this one reward and advantages have
/// their usual work too.
final class BenchmarkPolicy: Policy {
    /// A prompt of random tokens around a picture.
    struct Prompt: PolicyPrompt {
        let input: VisionLanguageInput
        let tokenCount: Int
        let frame: ImageFrame
        let tokens = PictureTokens()
    }

    let model: VisionLanguageModel
    private let shapes: StepBenchmark.Shapes
    private let processor: any PictureProcessor
    private let vision: VisionIdentity
    /// Whether this is the reference of a policy whose vision tower is not trained.
    private let isReferenceOfKeptVision: Bool

    /// A policy whose completions all have the longest length: no token ends one.
    init(model: VisionLanguageModel, shapes: StepBenchmark.Shapes) throws {
        self.model = model
        self.shapes = shapes
        processor = try model.family.releasedProcessor()
        vision = VisionIdentity()
        isReferenceOfKeptVision = false
    }

    private init(
        _ other: BenchmarkPolicy, model: VisionLanguageModel, vision: VisionIdentity,
        keepsVision: Bool
    ) {
        self.model = model
        shapes = other.shapes
        processor = other.processor
        self.vision = vision
        isReferenceOfKeptVision = keepsVision
    }

    /// This policy as the reference of another one, as training has it: where that one's vision tower is not
    /// trained, a picture's tokens serve both.
    func sharingPictures(with trained: BenchmarkPolicy) -> BenchmarkPolicy {
        guard trained.model.keepsVision else { return self }
        return BenchmarkPolicy(self, model: model, vision: trained.vision, keepsVision: true)
    }

    var parameters: [Parameter] { model.parameters }

    func prompt(image: RGBImage, question: String) throws -> Prompt {
        let picture = try processor.process(image)
        let around = model.options.placeholders
        let whole = around.before.count + picture.tokenCount + around.after.count
        let text = shapes.promptTokens - whole
        guard text >= 2 else {
            throw BenchmarkError(
                "--prompt-tokens is \(shapes.promptTokens), but the picture alone has "
                    + "\(whole): give at least \(whole + 2)")
        }
        var hash = StableHash()
        hash.combine(question)
        var random = SeededGenerator(seed: hash.value)
        let ordinary = model.ordinaryTokens
        func words(_ count: Int) -> [Int] {
            (0..<count).map { _ in ordinary[random.uniform(below: ordinary.count)] }
        }
        let ids =
            words(text / 4) + around.before
            + [Int](repeating: around.picture, count: picture.tokenCount) + around.after
        let rest = shapes.promptTokens - ids.count
        return Prompt(
            input: try VisionLanguageInput(tokenIDs: ids + words(rest), images: [picture]),
            tokenCount: shapes.promptTokens, frame: picture.frame)
    }

    func rollout(
        _ prompt: Prompt, sampling: SamplingParameters, seeds: [UInt64]
    ) throws -> [Completion] {
        try rollout([RolloutRequest(prompt: prompt, seeds: seeds)], sampling: sampling)[0]
    }

    func rollout(
        _ requests: [RolloutRequest<Prompt>], sampling: SamplingParameters
    ) throws -> [[Completion]] {
        let prefixes = try model.prefill(requests.map { try input(of: $0.prompt) })
        let answers = try model.generate(
            prefixes, parameters: GenerationParameters(sampling), seeds: requests.map(\.seeds))
        return zip(requests, answers).map { request, generated in
            zip(request.seeds, generated).map { seed, generated in
                Completion(
                    tokenIDs: generated.tokenIDs, logProbabilities: generated.logProbabilities,
                    text: answer(seed: seed, frame: request.prompt.frame), stopReason: .length)
            }
        }
    }

    /// An answer with the wanted number of boxes.
    private func answer(seed: UInt64, frame: ImageFrame) -> String {
        var random = SeededGenerator(seed: seed)
        let targets = (0..<shapes.instances).compactMap { _ in
            AnswerTarget(mask: randomBox(in: frame, &random))
        }
        return AnswerWriter(grammar: PromptVariant.box2Points.grammar).completion(
            thought: AnswerWriter.thought(count: targets.count), targets: targets)
    }

    func score(
        _ prompt: Prompt, completions: [[Int]], temperature: Double, withEntropies: Bool
    ) throws -> TokenScores {
        try score(
            [ScoreRequest(prompt: prompt, completions: completions)], temperature: temperature,
            withEntropies: withEntropies)[0]
    }

    func score(
        _ requests: [ScoreRequest<Prompt>], temperature: Double, withEntropies: Bool
    ) throws -> [TokenScores] {
        try model.score(
            requests.map {
                PromptCompletions(input: try input(of: $0.prompt), completions: $0.completions)
            }, temperature: temperature, withEntropies: withEntropies
        ).map { TokenScores(logProbabilities: $0.logProbabilities, entropies: $0.entropies) }
    }

    private func input(of prompt: Prompt) throws -> VisionLanguageInput {
        try model.input(
            prompt.input, keeping: prompt.tokens, for: vision,
            keepsVision: model.keepsVision || isReferenceOfKeptVision)
    }

    func sharingParameters() throws -> BenchmarkPolicy {
        BenchmarkPolicy(
            self, model: try model.sharingParameters(), vision: vision,
            keepsVision: isReferenceOfKeptVision)
    }

    func save(to folder: String) throws { try model.save(directory: folder) }
}

/// A rectangle of between an eighth and half of each side.
func randomBox(in frame: ImageFrame, _ random: inout SeededGenerator) -> BinaryMask {
    func span(_ side: Int) -> Range<Int> {
        let length = side / 8 + random.uniform(below: side * 3 / 8)
        let start = random.uniform(below: side - length)
        return start..<start + length
    }
    let (columns, rows) = (span(frame.width), span(frame.height))
    var mask = BinaryMask(width: frame.width, height: frame.height)
    for y in rows { for x in columns { mask[x, y] = true } }
    return mask
}

/// Questions about pictures of noise.
final class BenchmarkExamples: ExampleSource {
    let epochLength: Int
    private let side: Int
    private var order: EpochSampler

    /// `count` pictures of `side` × `side` pixels.
    init(count: Int, side: Int, seed: UInt64) {
        epochLength = count
        self.side = side
        order = EpochSampler(count: count, seed: seed)
    }

    var cursor: EpochSampler.Cursor { order.cursor }

    func next() throws -> TrainingExample {
        guard let request = order.next() else { preconditionFailure("the order is endless") }
        var random = SeededGenerator(seed: UInt64(request.index))
        let pixels = (0..<side * side * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        return TrainingExample(
            id: "picture-\(request.index)", epoch: request.epoch,
            question: "question \(request.index)",
            image: RGBImage(width: side, height: side, pixels: pixels),
            truth: randomBox(in: ImageFrame(width: side, height: side), &random))
    }

    func resume(from cursor: EpochSampler.Cursor) throws { try order.resume(from: cursor) }
}

extension VisionLanguageModel {
    /// Tokens that mean nothing special to the model.
    fileprivate var ordinaryTokens: [Int] {
        let special = Set(
            options.placeholderTokenIDs + generation.eosTokenIDs + [generation.padTokenID]
                + options.placeholders.before + options.placeholders.after)
        return (0..<options.text.vocabularySize).filter { !special.contains($0) }
    }
}
