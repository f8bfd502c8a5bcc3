public import Configuration
import SharedSettings
import Supervised
import Torch

extension SegmenterConfiguration {
    /// Every key, in the order of the resolved file.
    public static var keys: [ConfigurationKey<SegmenterConfiguration>] {
        runKeys + dataKeys + lossKeys + trainingKeys
    }

    private typealias Key = ConfigurationKey<SegmenterConfiguration>

    private static var runKeys: [ConfigurationKey<SegmenterConfiguration>] {
        Key.placement + [
            Key(
                "segmenter.path", path: \.segmenter.path,
                "The folder of a SAM2.1 checkpoint, or an official .pt file; \"\": a new segmenter"),
            Key(
                "segmenter.architecture", \.segmenter.architecture,
                "The sizes of a new segmenter"),
            Key("segmenter.init", \.segmenter.initialization, "How a new segmenter starts"),
            Key(
                "segmenter.freeze", \.segmenter.freeze,
                "Keys of parameters that stay as they are, * standing for anything: "
                    + "vision_encoder.*"),
            Key(
                "segmenter.stored_dtype", \.segmenter.storedType,
                "The type of the finished weights; training is in float32"),
        ]
    }

    private static var dataKeys: [ConfigurationKey<SegmenterConfiguration>] {
        [
            Key("data.train", path: \.data.train, "The shards to learn from; they need instances"),
            Key("data.validation", path: \.data.validation, "Held-out shards; they need instances"),
            Key("data.turns", \.data.turns, "Whether pictures are turned and mirrored"),
            Key(
                "data.prefetch", \.data.prefetch,
                "Pictures made ready ahead of the training thread",
                in: 1...1024),
            Key(
                "prompts.per_picture", \.prompts.perPicture, "Prompts per picture and step",
                in: 1...1024),
            Key(
                "prompts.kinds", \.prompts.kinds,
                "How often each kind is asked, in relation to the others",
                rule: .names(PromptKind.allCases.map(\.rawValue)).needingOne("kind")
                    .numbers(atLeast: 0)),
            Key(
                "prompts.box_jitter", \.prompts.boxJitter,
                "Standard deviations of the boxes' edges as shares of the boxes' sides; each prompt "
                    + "takes one", rule: .from(0, to: 1).needingOne("number")),
        ]
    }

    private static var lossKeys: [ConfigurationKey<SegmenterConfiguration>] {
        [
            Key("loss.dice", \.loss.dice, "The weight of the dice loss", in: 0...1000),
            Key(
                "loss.cross_entropy", \.loss.crossEntropy, "The weight of the cross-entropy",
                in: 0...1000),
            Key(
                "loss.positive_weight", \.loss.positiveWeight,
                "How much more the object's cells count in it at the start", in: 1...1000),
            Key(
                "loss.positive_weight_share", \.loss.positiveWeightShare,
                "The share of the run over which that sinks to 1", in: 0...1),
            Key("loss.focal", \.loss.focal, "The weight of the focal loss", in: 0...1000),
            Key(
                "loss.focal_alpha", \.loss.focalAlpha, "The weight of the object's cells in it",
                in: 0...1),
            Key(
                "loss.focal_gamma", \.loss.focalGamma, "How little certain cells count in it",
                in: 0...10),
            Key(
                "loss.predicted_iou", \.loss.predictedIoU,
                "The weight of the squared error of the predicted IoU", in: 0...1000),
            Key(
                "loss.alternatives", \.loss.alternatives,
                "The weight of the best alternative mask; 0: alternatives are never handed out",
                in: 0...1000),
            Key(
                "loss.auxiliary", \.loss.auxiliary,
                "The weight of a head for training only, which reads objects from the embedding",
                in: 0...1000),
            Key(
                "loss.mask_refinement", \.maskRefinement,
                "How much finer than the decoder's the grid of the masks' losses is", in: 1...8),
        ]
    }

    private static var trainingKeys: [ConfigurationKey<SegmenterConfiguration>] {
        Key.stageTraining(
            \.training,
            length: [
                Key(
                    "training.max_steps", \.training.maxSteps, "Optimizer steps",
                    in: 1...100_000_000),
                Key(
                    "training.pictures_per_step", \.training.picturesPerStep,
                    "Pictures per optimizer step", in: 1...65536),
            ])
            + Key.stageLogging(
                \.logging,
                evaluations:
                    "Optimizer steps between evaluations on held-out shards; 0: only the last",
                samples:
                    "Held-out pictures of the evaluations before the last one, which takes all")
    }

    /// What no single key can tell.
    package func check(_ reader: inout ConfigurationReader<SegmenterConfiguration>) {
        reader.requireShards(train: data.train, validation: data.validation)
        if !prompts.kinds.entries.contains(where: { $0.weight > 0 }) {
            reader.report("prompts.kinds", "needs a kind above 0")
        }
        if loss.dice == 0, loss.crossEntropy == 0, loss.focal == 0 {
            reader.report(
                "loss.dice",
                "is 0 as loss.cross_entropy and loss.focal are: masks would learn nothing")
        }
        if training.warmupSteps > training.maxSteps {
            reader.report(
                "training.warmup_steps",
                "is \(training.warmupSteps), more than training.max_steps, \(training.maxSteps)")
        }
    }
}
