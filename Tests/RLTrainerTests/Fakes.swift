import Datasets
import Foundation
import Imaging
import NN
import RLTrainer
import Rewards
import Segmentation
import Torch

/// A policy that is a table of four logits, one per answer it knows, and always ends after it.
final class TablePolicy: Policy {
    struct Prompt: PolicyPrompt {
        let tokenCount = 3
        let frame = ImageFrame.square(32)
    }

    let table: Tensor
    let parameters: [Parameter]
    private(set) var rolloutCount = 0
    /// What ``score(_:completions:temperature:)`` adds to the log-probabilities.
    var corruption = 0.0
    /// How many tokens follow the first one, by answer.
    var tail: (_ answer: Int) -> Int = { _ in 1 }
    /// Which answers end because they reached the longest length.
    var isCut: (_ answer: Int) -> Bool = { _ in false }
    /// The entropy of a place of an answer.
    var entropy: (_ answer: Int, _ place: Int) -> Float = { _, _ in 0.5 }
    /// Whether ``score(_:completions:temperature:)`` adds 0 with a gradient of NaN.
    var hasBrokenGradient = false
    /// Whether policies that share the parameters have a broken gradient, and this one has not.
    var breaksOthers = false
    /// What ``rollout(_:sampling:seeds:)`` adds to the log-probabilities.
    var rolloutCorruption: Float = 0
    /// How often completions were scored.
    private(set) var scoreCount = 0

    /// Boxes 8 pixels wide at x = 0, 8, 16, 24; the last answer cannot be parsed.
    static let answers =
        [0, 8, 16].map { x in
            "<think>t</think><answer>```json[{\"bbox_2d\": [\(x),0,\(x + 8),32], "
                + "\"positive_points\": [[\(x + 2),2],[\(x + 4),4]]}]```</answer>"
        } + ["no answer"]

    convenience init(
        logits: [Float] = [0, 0, 0, 0], trainable: Bool = true, dtype: DType = .float32
    ) throws {
        try self.init(table: Tensor.of(logits).to(dtype))
        try table.setRequiresGradient(trainable)
    }

    private init(table: Tensor) throws {
        self.table = table
        parameters = [Parameter(key: "table", tensor: table)]
    }

    /// How often a prompt was made here.
    private(set) var promptCount = 0

    func prompt(image: RGBImage, question: String) -> Prompt {
        promptCount += 1
        return Prompt()
    }

    func rollout(
        _ prompt: Prompt, sampling: SamplingParameters, seeds: [UInt64]
    ) throws -> [Completion] {
        rolloutCount += 1
        let log = try withoutGradients {
            try (table.to(.float32) / max(sampling.temperature, 1e-6)).logSoftmax(0).floats
        }
        return seeds.map { seed in
            var random = SeededGenerator(seed: seed)
            var left = random.uniformUnit()
            var choice = 0
            while choice < 3, left >= Double(exp(log[choice])) {
                left -= Double(exp(log[choice]))
                choice += 1
            }
            let isLong = sampling.maxCompletionLength > 1
            return Completion(
                tokenIDs: [choice] + [Int](repeating: 9, count: isLong ? tail(choice) : 0),
                logProbabilities: [log[choice] + rolloutCorruption]
                    + [Float](repeating: 0, count: isLong ? tail(choice) : 0),
                text: Self.answers[choice],
                stopReason: isLong && !isCut(choice) ? .endOfSequence : .length)
        }
    }

    func score(
        _ prompt: Prompt, completions: [[Int]], temperature: Double, withEntropies: Bool
    ) throws -> TokenScores {
        scoreCount += 1
        let log = try (table.to(.float32) / temperature).logSoftmax(0)
        let first = try log.indexed(0, Tensor.of(completions.map { $0[0] })).unsqueezed(1)
        let length = completions.map(\.count).max() ?? 0
        let rest = try Tensor.zeros([completions.count, length - 1])
        var scores = try Tensor.concatenate([first, rest], dim: 1) + corruption
        // The slope of a square root at 0 is infinite, and infinity - infinity is NaN.
        if hasBrokenGradient { scores = try scores + (table - table).sqrt().sum() }
        let entropies = completions.flatMap { tokens in
            (0..<length).map { entropy(tokens[0], $0) }
        }
        return TokenScores(
            logProbabilities: scores,
            entropies: try Tensor.of(entropies, shape: [completions.count, length]))
    }

    /// A policy over the same table, with the same answers and counts of its own.
    func sharingParameters() throws -> TablePolicy {
        let other = try TablePolicy(table: table.detached())
        try other.table.setRequiresGradient(table.requiresGradient)
        other.corruption = corruption
        (other.tail, other.isCut, other.entropy) = (tail, isCut, entropy)
        other.hasBrokenGradient = hasBrokenGradient || breaksOthers
        return other
    }

    func save(to folder: String) throws {}
}

private func exp(_ x: Float) -> Float {
    // Enough terms for the log-probabilities of a table of four.
    var (term, sum) = (Float(1), Float(1))
    let small = x / 64
    for k in 1...12 {
        term *= small / Float(k)
        sum += term
    }
    return (0..<6).reduce(sum) { value, _ in value * value }
}

/// A segmenter whose mask is the box.
final class BoxSegmenter: Segmenter {
    final class Image: SegmenterImage {
        let owner: BoxSegmenter
        init(_ owner: BoxSegmenter) { self.owner = owner }

        func masks(
            for prompts: [SegmentationPrompt], in frame: ImageFrame, output: ImageFrame
        ) throws -> [ObjectMask] {
            if let failure = owner.failure { throw failure }
            return prompts.map { prompt in
                var mask = BinaryMask(width: output.width, height: output.height)
                if let box = prompt.box.map({ frame.convert($0, to: output) }) {
                    for y in Int(box.y1)..<Int(box.y2) {
                        for x in Int(box.x1)..<Int(box.x2) { mask[x, y] = true }
                    }
                }
                return ObjectMask(mask: mask, predictedIoU: 1, objectScore: 1)
            }
        }
    }

    struct Failure: Error {}
    var failure: Failure?
    var encodeCount: Int { lock.withLock { count } }
    private let lock = NSLock()
    private var count = 0

    func encode(_ image: RGBImage) throws -> any SegmenterImage {
        lock.withLock { count += 1 }
        return Image(self)
    }
}

/// The same picture again and again, under ids that count up; the target is where answer 1 points.
final class CountingSource: ExampleSource {
    let epochLength = 4
    private var order = EpochSampler(count: 4, seed: 0)

    var cursor: EpochSampler.Cursor { order.cursor }
    var count: Int { 4 * cursor.epoch + cursor.position }

    func resume(from cursor: EpochSampler.Cursor) throws { try order.resume(from: cursor) }

    func next() -> TrainingExample {
        let count = count
        _ = order.next()
        var truth = BinaryMask(width: 32, height: 32)
        for y in 0..<32 { for x in 8..<16 { truth[x, y] = true } }
        return TrainingExample(
            id: "sample-\(count % 4)", epoch: count / 4, question: "where?",
            image: RGBImage(width: 32, height: 32, fill: (0, 0, 0)), truth: truth)
    }
}

/// A ``CountingSource`` that makes prompts ready.
final class PromptingSource: ExampleSource {
    private let source = CountingSource()
    var epochLength: Int { source.epochLength }
    var cursor: EpochSampler.Cursor { source.cursor }

    func resume(from cursor: EpochSampler.Cursor) throws { try source.resume(from: cursor) }

    func next() -> TrainingExample {
        var example = source.next()
        example.prompt = TablePolicy.Prompt()
        return example
    }
}

/// A ``CountingSource`` some of whose samples cannot be used.
final class FaultySource: ExampleSource {
    let bad: Set<String>
    /// What ``next()`` throws, whatever the sample.
    var failure: (any Error)?
    private let source = CountingSource()

    init(bad: Set<String>) { self.bad = bad }

    var epochLength: Int { source.epochLength }
    var cursor: EpochSampler.Cursor { source.cursor }

    func resume(from cursor: EpochSampler.Cursor) throws { try source.resume(from: cursor) }

    func next() throws -> TrainingExample {
        if let failure { throw failure }
        let example = source.next()
        if bad.contains(example.id) {
            throw BadSampleError(sampleID: example.id, reason: "the picture is torn")
        }
        return example
    }
}

extension RolloutGroup {
    /// The advantages of a group in which no completion's terms all abstained.
    var everyAdvantage: [Double] { advantages.map { $0 ?? .nan } }
}

/// A term whose value a test decides about.
struct AnyReward: RewardTermFunction {
    let body: @Sendable (RewardContext) throws -> Double?
    var term: RewardTerm { RewardTerm(rawValue: "any") }

    func value(_ context: RewardContext) throws -> Double? { try body(context) }

    /// A scorer of the mask's IoU and this term, half as much.
    static func scorer(
        _ body: @escaping @Sendable (RewardContext) throws -> Double?
    ) throws -> Scorer {
        var registry = RewardRegistry()
        registry.register(AnyReward(body: body))
        return try Scorer(
            weights: RewardWeights([
                RewardWeight(term: .maskIoU, weight: 1),
                RewardWeight(term: RewardTerm(rawValue: "any"), weight: 0.5),
            ]), registry: registry)
    }
}

/// What a term of a test throws.
struct RewardRefusal: Error, CustomStringConvertible {
    let description = "the service said no"
}
