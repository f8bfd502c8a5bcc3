import Datasets
public import NN
public import Torch
public import VisionLanguage

/// What one step of supervised training did.
public struct SupervisedStep: Sendable, Hashable {
    /// The step, counted from 1.
    public var step = 0
    /// The mean cross entropy of the answers' tokens.
    public var loss = 0.0
    /// The mean loss of the training-only heads over the pictures; 0 without them.
    public var headLoss = 0.0
    /// The share of the answers' tokens that are the policy's likeliest.
    public var tokenAccuracy = 0.0
    /// The norm of the gradient before clipping.
    public var gradientNorm = 0.0
    /// The learning rate of the step.
    public var learningRate = 0.0
    /// Answers' tokens learned.
    public var taughtTokens = 0
    /// Tokens that went through the policy.
    public var tokens = 0
}

/// What decides about ``SupervisedTrainer`` besides model and examples.
public struct SupervisedOptions: Sendable, Hashable {
    /// The optimizer; its learning rate is the schedule's peak.
    public var optimizer: AdamWOptions
    /// How the learning rate changes.
    public var schedule: LearningRateSchedule
    /// The norm that gradients are clipped to.
    public var maxGradientNorm = 1.0
    /// The weight of the training-only heads' loss.
    public var headWeight = 0.0
    /// The layer of the language model, from 0, that the late heads read.
    public var headLayer = 1
    /// What dropout in an adapter depends on, with step and picture.
    public var seed: UInt64 = 0

    /// Options with the defaults.
    public init(optimizer: AdamWOptions, schedule: LearningRateSchedule) {
        self.optimizer = optimizer
        self.schedule = schedule
    }
}

/// Next-token training on written answers: the loss counts the answers' tokens only.
///
/// A step takes any number of pictures, each of which goes through the model once with all its
/// questions. The caller owns the loop, the files and the terminal.
public final class SupervisedTrainer {
    /// Optimizer steps done.
    public private(set) var stepCount = 0
    /// The optimizer of the trainable parameters and the heads'.
    public let optimizer: AdamW
    private let model: VisionLanguageModel
    private let heads: PictureHeads?
    private let options: SupervisedOptions
    private let trainable: [Parameter]

    /// A trainer of the model's parameters that require gradients.
    ///
    /// - Parameters:
    ///   - model: what learns
    ///   - heads: training-only heads, or nil
    ///   - options: the hyper-parameters
    ///   - stepCount: how many steps were done before
    /// - Throws: `TorchError`
    public init(
        model: VisionLanguageModel, heads: PictureHeads?, options: SupervisedOptions,
        stepCount: Int = 0
    ) throws {
        self.model = model
        self.heads = heads
        self.options = options
        self.stepCount = stepCount
        for parameter in heads?.parameters ?? [] {
            try parameter.tensor.setRequiresGradient(true)
        }
        trainable =
            model.parameters.filter { $0.tensor.requiresGradient } + (heads?.parameters ?? [])
        optimizer = try AdamW(parameters: trainable, options: options.optimizer)
    }

    /// Makes one optimizer step.
    ///
    /// - Parameter examples: the pictures of the step
    /// - Returns: what it did
    /// - Throws: ``LessonError`` if the loss or the gradient is not finite; nothing is changed then
    public func step(_ examples: [PackedExample]) throws -> SupervisedStep {
        var result = SupervisedStep(step: stepCount + 1)
        result.taughtTokens = examples.reduce(0) { $0 + $1.taughtCount }
        result.tokens = examples.reduce(0) { $0 + $1.tokenCount }
        try trainable.clearGradients()
        var hits = 0
        defer { model.dropout.seed = nil }
        for (index, example) in examples.enumerated() {
            model.dropout.seed = StableHash.seed(
                runSeed: options.seed, step: stepCount, sampleID: "dropout \(example.id)",
                index: index)
            hits += try accumulate(
                example, share: 1 / Double(examples.count), total: result.taughtTokens, &result)
        }
        result.tokenAccuracy = Double(hits) / Double(result.taughtTokens)
        result.gradientNorm = try trainable.gradientNorm()
        guard result.loss.isFinite, result.gradientNorm.isFinite else {
            try trainable.clearGradients()
            throw LessonError(
                description: "step \(result.step): the loss is \(result.loss), the norm of its "
                    + "gradient \(result.gradientNorm) (samples "
                    + examples.map(\.id).joined(separator: ", ")
                    + "); the parameters are as before the step. Try a smaller learning_rate")
        }
        try trainable.clipGradients(maxNorm: options.maxGradientNorm, norm: result.gradientNorm)
        result.learningRate =
            options.optimizer.learningRate * options.schedule.factor(step: stepCount)
        try optimizer.step(learningRate: result.learningRate)
        try trainable.clearGradients()
        stepCount += 1
        return result
    }

    /// Adds one picture's gradient; returns how many tokens were the likeliest.
    private func accumulate(
        _ example: PackedExample, share: Double, total: Int, _ result: inout SupervisedStep
    ) throws -> Int {
        try withGradients(enabled: true) {
            let scores = try model.teach(
                example.lessons, after: example.input, layer: heads == nil ? nil : options.headLayer
            )
            let answers = try -scores.logProbabilities.sum() / Double(total)
            var loss = answers
            if let heads {
                let side = model.options.vision.patchSize * model.options.vision.mergeSize
                let blocks = PictureBlocks(
                    example.objects, classNames: heads.classNames, side: side,
                    frame: example.input.frames[0], ignored: example.ignored)
                let extra = try heads.loss(
                    LessonTokens(early: scores.pictures, late: scores.layer), blocks)
                loss = try loss + extra * (options.headWeight * share)
                result.headLoss += try extra.item() * share
            }
            result.loss += try answers.item()
            try loss.backward()
            return scores.hits
        }
    }

    /// The mean cross entropy of answers' tokens, and the share of those that are the likeliest.
    public func evaluate(_ examples: [PackedExample]) throws -> (loss: Double, accuracy: Double) {
        try withoutGradients {
            var (sum, hits, count) = (0.0, 0, 0)
            for example in examples {
                let scores = try model.teach(example.lessons, after: example.input)
                sum -= try scores.logProbabilities.sum().item()
                hits += scores.hits
                count += example.taughtCount
            }
            return (sum / Double(max(1, count)), Double(hits) / Double(max(1, count)))
        }
    }
}
