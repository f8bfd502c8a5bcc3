import Datasets
import Foundation
import Imaging
public import NN
public import PromptedMasks
public import SAM2
import Segmentation
public import Torch

/// How a segmenter learns.
public struct SegmenterTrainingOptions: Sendable {
    /// Where all randomness starts.
    public var seed: UInt64 = 42
    /// Prompts per picture and step.
    public var promptsPerPicture = 8
    /// How often each kind of prompt is asked, in relation to the others.
    public var promptShares: [PromptKind: Double] = [.boxTwoPoints: 1]
    /// Standard deviations of the boxes' edges as shares of the box's sides; each prompt takes one.
    public var boxJitter = [0.01, 0.03, 0.06]
    /// How much each loss counts.
    public var weights = SegmenterLossWeights()
    /// AdamW's hyper-parameters, with the learning rate's peak.
    public var optimizer = AdamWOptions(learningRate: 1e-3)
    /// How the learning rate changes, and for how many steps.
    public var schedule = LearningRateSchedule(kind: .cosine, warmupSteps: 0, totalSteps: 1)
    /// The norm that gradients are clipped to.
    public var maxGradientNorm = 1.0
    /// How much finer than the decoder's the grid is in which masks are compared with the truth; logits
    /// are interpolated to it.
    public var maskRefinement = 1

    /// The defaults.
    public init() {}
}

/// The numbers of one step.
public struct SegmenterStep: Sendable {
    /// The step, from 1.
    public let step: Int
    /// Names and numbers, in a fixed order.
    public let entries: [(name: String, value: Double)]

    /// The number of a name.
    public subscript(_ name: String) -> Double? { entries.first { $0.name == name }?.value }
}

/// A loss that is not a number.
public struct SegmenterDivergence: Error, Sendable, CustomStringConvertible {
    /// The step, from 1.
    public let step: Int

    /// What happened, and what to do.
    public var description: String {
        "step \(step): the loss is not finite; resume from a checkpoint with a lower "
            + "training.learning_rate"
    }
}

/// Trains a segmenter's parameters in place, a step at a time.
///
/// All that is random in a step is a function of the seed and the step's number.
public final class SegmenterTrainer {
    /// The model.
    public let model: SAM2Model
    /// How it learns.
    public let options: SegmenterTrainingOptions
    /// The optimizer of all parameters that learn, those of the auxiliary head last.
    public let optimizer: AdamW
    /// Steps done.
    public private(set) var stepCount: Int
    private let head: SegmenterAuxiliaryHead?
    private let processor: PromptedImageProcessor
    private let parameters: [Parameter]

    /// A trainer.
    ///
    /// - Parameters:
    ///   - model: the model
    ///   - processor: how pictures become the model's input
    ///   - options: how it learns
    ///   - trains: whether the parameter of a key learns
    ///   - stepCount: steps done before
    /// - Throws: `TorchError`
    public init(
        model: SAM2Model, processor: PromptedImageProcessor, options: SegmenterTrainingOptions,
        trains: (String) -> Bool = { _ in true }, stepCount: Int = 0
    ) throws {
        self.model = model
        self.processor = processor
        self.options = options
        self.stepCount = stepCount
        head =
            options.weights.auxiliary > 0
            ? try SegmenterAuxiliaryHead(
                channels: model.configuration.vision.fpnHiddenSize, seed: options.seed,
                dtype: model.dtype, device: model.device) : nil
        let own = model.trainableParameters.filter { trains($0.key) }
        parameters = own + (head?.parameters ?? [])
        for parameter in parameters { try parameter.tensor.setRequiresGradient(true) }
        optimizer = try AdamW(parameters: parameters, options: options.optimizer)
    }

    /// Rows and columns of the grid in which masks are compared with the truth.
    public var maskSide: Int { model.configuration.lowResolutionSide * options.maskRefinement }

    /// How many numbers learn, without those of the auxiliary head.
    public var trainedCount: Int {
        parameters.reduce(-(head?.parameters ?? []).reduce(0) { $0 + $1.tensor.count }) {
            $0 + $1.tensor.count
        }
    }

    /// Takes one step.
    ///
    /// - Parameter samples: the pictures, whose grids are ``maskSide`` and the model's `embeddingSide`
    /// - Returns: the step's numbers
    /// - Throws: ``SegmenterDivergence`` if the loss is not finite, `TorchError`
    public func step(_ samples: [SegmenterSample]) throws -> SegmenterStep {
        let progress = Double(stepCount) / Double(max(1, options.schedule.totalSteps))
        let rate = options.optimizer.learningRate * options.schedule.factor(step: stepCount)
        try parameters.clearGradients()
        var parts = try losses(samples, progress: progress)
        guard parts.total.isFinite else { throw SegmenterDivergence(step: stepCount + 1) }
        let norm = try parameters.gradientNorm()
        guard norm.isFinite else { throw SegmenterDivergence(step: stepCount + 1) }
        try parameters.clipGradients(maxNorm: options.maxGradientNorm, norm: norm)
        try optimizer.step(learningRate: rate)
        stepCount += 1
        parts.entries.append(("grad_norm", norm))
        parts.entries.append(("learning_rate", rate))
        return SegmenterStep(step: stepCount, entries: parts.entries)
    }

    /// The losses' values; their gradients are in the parameters.
    private func losses(
        _ samples: [SegmenterSample], progress: Double
    ) throws -> (total: Double, entries: [(name: String, value: Double)]) {
        let pixels = try Tensor.concatenate(
            samples.map { try processor($0.image, device: model.device) }, dim: 0)
        let features = try model.encode(pixels)
        var sums = SegmenterLossSums()
        for (index, sample) in samples.enumerated() where !sample.objects.isEmpty {
            try sums.add(
                answer(sample, features.picture(index), index: index), options.weights,
                progress: progress)
        }
        var total = try sums.total()
        var auxiliary: Tensor?
        if let head {
            let side = model.configuration.embeddingSide
            let loss = try head.loss(
                features.embedding,
                samples.map { SegmenterAuxiliaryHead.Targets($0, side: side) })
            let weighted = try loss * options.weights.auxiliary
            total = try total.map { try $0 + weighted } ?? weighted
            auxiliary = loss
        }
        guard let total else { return (0, try sums.entries(0)) }
        try total.backward()
        let value = try total.item()
        var entries = try sums.entries(value)
        if let auxiliary { entries.append(("loss/auxiliary", try auxiliary.item())) }
        return (value, entries)
    }

    /// The decoder's answers to prompts of one kind about a sample's objects, with the truth.
    private func answer(
        _ sample: SegmenterSample, _ features: ImageFeatures, index: Int
    ) throws -> SegmenterAnswer {
        var random = SeededGenerator(
            seed: StableHash.seed(
                runSeed: options.seed, step: stepCount, sampleID: sample.id, index: index))
        let kind = Self.kind(of: options.promptShares, using: &random)
        let order = random.permutation(count: sample.objects.count)
        let chosen = (0..<options.promptsPerPicture).map {
            sample.objects[order[$0 % order.count]]
        }
        let prompts = chosen.map { object in
            let share = options.boxJitter[random.uniform(below: options.boxJitter.count)]
            return object.target.prompt(kind, noise: .share(share), using: &random)
        }
        let output = try model.decode(
            features,
            points: PromptPoints(
                prompts, in: sample.image.frame, imageSize: model.configuration.imageSize,
                device: model.device))
        let side = maskSide
        let targets = try Tensor.of(
            chosen.flatMap(\.coverage), shape: [chosen.count, 1, side, side]
        ).to(model.device)
        var logits = try output.logits.to(.float32)
        if options.weights.alternatives == 0 { logits = try logits.sliced(1, to: 1) }
        if options.maskRefinement > 1 {
            logits = try logits.interpolated(height: side, width: side, mode: .bilinear)
        }
        let counted = try sample.counted.map {
            try Tensor.of($0, shape: [1, 1, side, side]).to(model.device)
        }
        return SegmenterAnswer(
            output: output, logits: logits, targets: targets, counted: counted)
    }

    /// A kind drawn by its share.
    private static func kind(
        of shares: [PromptKind: Double], using random: inout SeededGenerator
    ) -> PromptKind {
        let present = PromptKind.allCases.filter { shares[$0, default: 0] > 0 }
        var rest = random.uniformUnit() * present.reduce(0) { $0 + shares[$1, default: 0] }
        for kind in present {
            rest -= shares[kind, default: 0]
            if rest < 0 { return kind }
        }
        return present[present.count - 1]
    }
}

/// What a decoder answers to the prompts about a picture, with the truth.
private struct SegmenterAnswer {
    let output: MaskDecoderOutput
    /// [P, M, h, w].
    let logits: Tensor
    /// [P, 1, h, w].
    let targets: Tensor
    /// [1, 1, h, w], the share of each cell that counts; nil where all does.
    let counted: Tensor?
}

/// The losses of several pictures' prompts.
private struct SegmenterLossSums {
    private var pictures = 0
    private var masks: [Tensor] = []
    private var alternatives: [Tensor] = []
    private var predicted: [Tensor] = []
    private var overlaps: [Tensor] = []
    private var weights = SegmenterLossWeights()

    /// Adds one picture's answers.
    mutating func add(
        _ answer: SegmenterAnswer, _ weights: SegmenterLossWeights, progress: Double
    ) throws {
        self.weights = weights
        pictures += 1
        let (logits, shape) = (answer.logits, answer.logits.shape)
        let targets = try answer.targets.expanded(shape)
        let counted = try answer.counted?.expanded(shape)
        let losses = try weights.masks(
            logits, targets, counted: counted, progress: progress)  // [P, M]
        masks.append(try losses.sliced(1, to: 1).mean())
        if weights.alternatives > 0, shape[1] > 1 {
            // As SAM does: only the best alternative learns, so that they come to differ.
            alternatives.append(try losses.sliced(1, from: 1).min(1).mean())
        }
        let overlap = try MaskLoss.overlap(
            logits.detached(), targets, counted: counted)  // [P, M]
        overlaps.append(try overlap.sliced(1, to: 1).mean())
        if weights.predictedIoU > 0 {
            let scores = try answer.output.predictedIoU.to(.float32).sliced(1, to: shape[1])
            predicted.append(try (scores - overlap).squared().mean())
        }
    }

    /// The weighted sum, a mean over pictures; nil without pictures.
    func total() throws -> Tensor? {
        guard var sum = try mean(masks) else { return nil }
        if let part = try mean(alternatives) { sum = try sum + part * weights.alternatives }
        if let part = try mean(predicted) { sum = try sum + part * weights.predictedIoU }
        return sum
    }

    /// The parts' values, unweighted.
    func entries(_ total: Double) throws -> [(name: String, value: Double)] {
        let parts = [
            ("loss/masks", masks), ("loss/alternatives", alternatives),
            ("loss/predicted_iou", predicted), ("iou", overlaps),
        ]
        return [("loss", total)]
            + (try parts.compactMap { name, values in
                try mean(values).map { (name, try $0.item()) }
            })
    }

    private func mean(_ values: [Tensor]) throws -> Tensor? {
        values.isEmpty ? nil : try Tensor.stack(values).mean()
    }
}
