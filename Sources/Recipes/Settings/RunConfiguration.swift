public import Configuration
public import Datasets
public import Embeddings
public import Evaluation
import Foundation
public import NN
public import Policies
public import RLTrainer
public import Segmentation
import TextFiles

extension LossType: ConfigurationValue {}
extension RewardScale: ConfigurationValue {}
extension AdvantageEstimator: ConfigurationValue {}
extension ImportanceSamplingLevel: ConfigurationValue {}
extension LearningRateSchedule.Kind: ConfigurationValue {}
extension QuestionSelector: ConfigurationValue {}
extension AnswerAcceptance: ConfigurationValue {}
extension EvaluatedQuestions: ConfigurationValue {}
extension Metric: ConfigurationValue {}
extension ProductLibrary: ConfigurationValue {}

/// The element type of a model's weights and computations.
public enum ModelDType: String, Sendable, CaseIterable, ConfigurationValue {
    /// 32-bit floating point.
    case float32
    /// 16-bit floating point with the range of float32.
    case bfloat16
}

/// Everything that a training run depends on.
///
/// `RunConfiguration()` holds the defaults.
public struct RunConfiguration: Sendable, Hashable, RunPlacement, KeyedConfiguration {
    /// The command `train`.
    public static let command = "train"

    /// The policy that is trained.
    public struct PolicySection: Sendable, Hashable {
        /// The folder of a policy's checkpoint.
        public var path = ""
        /// The element type of weights and computations.
        public var dtype = ModelDType.float32
        /// Whether logits are computed in float32 whatever `dtype` is.
        public var castsHeadToFloat32 = false
        /// Keys of parameters that stay as they are, `*` standing for anything.
        public var freeze: [String] = []
    }

    /// The frozen segmenter.
    public struct SegmenterSection: Sendable, Hashable {
        /// The folder of a SAM2.1 checkpoint, or an official `.pt` file.
        public var path = ""
        /// The element type of weights and computations.
        public var dtype = ModelDType.float32
        /// How much of what its image encoder computed is kept.
        public var embeddingCache = EmbeddingCacheSettings()
    }

    /// What the policy is asked.
    public struct DataSection: Sendable, Hashable {
        /// The shards to train on.
        public var train: [String] = []
        /// Held-out shards.
        public var validation: [String] = []
        /// S: the side of the square that images and masks are stretched to.
        public var imageSize = 840
        /// Which of a sample's questions is asked.
        public var question = QuestionSelector.random
        /// Samples made ready ahead of the training thread; at least those of a batch of rollouts.
        public var prefetch = 4
        /// Threads that make them ready.
        public var workers = 1
    }

    /// How the policy is asked and how its answers are read.
    public struct PromptSection: Sendable, Hashable {
        /// The name of template and grammar.
        public var variant = "box_2points"
        /// The instructions above the conversation; without a system's turn if empty.
        public var system = PromptTemplate.methodSystem
        /// Which chat template makes it one text.
        public var chatTemplate = ChatTemplateChoice.builtin
        /// Which answers are read.
        public var parser = AnswerAcceptance.strict
    }

    /// How long and how fast the policy learns.
    public struct TrainingSection: Sendable, Hashable, OptimizerSettings {
        /// Optimizer steps; all epochs if nil.
        public var maxSteps: Int?
        /// Passes over the data.
        public var numTrainEpochs = 1.0
        /// Minutes of training, in all sessions together, after which the run ends; no bound if nil.
        public var maxMinutes: Double?
        /// The learning rate's peak.
        public var learningRate = 1e-6
        /// How the learning rate changes.
        public var schedule = LearningRateSchedule.Kind.linear
        /// Steps over which the learning rate rises; from `warmupRatio` if nil.
        public var warmupSteps: Int?
        /// The share of steps over which the learning rate rises.
        public var warmupRatio = 0.0
        /// Decoupled weight decay.
        public var weightDecay = 0.0
        /// Decay of the mean of gradients.
        public var adamBeta1 = 0.9
        /// Decay of the mean of squared gradients.
        public var adamBeta2 = 0.999
        /// Added to AdamW's denominator.
        public var adamEpsilon = 1e-8
        /// The norm that gradients are clipped to.
        public var maxGradientNorm = 1.0
        /// Steps in a row that may be skipped because their loss or gradient is not finite.
        public var maxSkippedSteps = 5
    }

    /// What is found out about the policy while it is trained; nothing without `data.validation`.
    public struct EvaluationSection: Sendable, Hashable {
        /// Optimizer steps between evaluations; only after the last one if 0.
        public var evalSteps = 100
        /// Whether the policy is evaluated before the first step.
        public var evalOnStart = false
        /// How many held-out samples are answered; all if nil.
        public var evalSamples: Int?
        /// Which of a sample's questions are asked.
        public var question = EvaluatedQuestions.first
        /// What tells the best checkpoint.
        public var metricForBestModel = Metric.gIoU
        /// Evaluations in a row that are no better, after which training ends; never if nil.
        public var earlyStoppingPatience: Int?
        /// By how much an evaluation must be better to count as such there.
        public var earlyStoppingThreshold = 0.0
    }

    /// What a run leaves behind.
    public struct LoggingSection: Sendable, Hashable, CheckpointSettings {
        /// Optimizer steps between checkpoints; only the last one if 0.
        public var saveSteps = 100
        /// Checkpoints that are kept; all if nil.
        public var saveTotalLimit: Int?
        /// Minutes that the session may take in all, loading included; no limit if nil.
        public var saveBeforeTimeLimit: Double?
        /// Optimizer steps between records of completions; none if 0.
        public var logCompletionsSteps = 1
        /// Whether the run's numbers are also written for TensorBoard.
        public var tensorboard = true
        /// Optimizer steps between pictures for TensorBoard; none if 0.
        public var logImagesSteps = 50
        /// Questions that are pictured at once, at most.
        public var numImages = 4
    }

    /// The folder that the run writes to.
    public var outputDirectory = "runs/think2seg"
    /// Where all randomness starts.
    public var seed = 42
    /// "cpu", "cuda" or "cuda:N".
    public var device = "cpu"
    /// Threads of an operation; one per core if 0.
    public var threads = 0
    /// Threads that groups are given to in turn, each with one thread per operation; none but the
    /// training thread if 0 or 1.
    public var workers = 0
    /// Who computes float32 products with weights on the CPU.
    public var products = ProductLibrary.auto
    /// Whether a bad sample, a reward that fails or a step without effect stops the run.
    public var strict = false
    /// The policy that is trained.
    public var policy = PolicySection()
    /// The frozen segmenter.
    public var segmenter = SegmenterSection()
    /// What the policy is asked.
    public var data = DataSection()
    /// How it is asked, and how its answers are read.
    public var prompt = PromptSection()
    /// The weight of each reward term.
    public var rewards = RewardTable([
        ("mask_iou", 2), ("sam_json_format", 1), ("think_answer_format", 1),
    ])
    /// The algorithm.
    public var grpo = GRPOConfiguration()
    /// How long and how fast the policy learns.
    public var training = TrainingSection()
    /// What is found out while it does.
    public var evaluation = EvaluationSection()
    /// What the run leaves behind.
    public var logging = LoggingSection()

    /// The defaults, which name no models and no data.
    public init() {}
}

extension RunConfiguration {
    /// Reads a configuration file and overrides.
    ///
    /// - Parameters:
    ///   - file: the YAML file; nil for the defaults
    ///   - overrides: `key=value` each, the later one wins
    ///   - requiresInputs: whether files that are named and not there are problems, and a device that is not
    /// - Returns: the configuration, complete and checked
    /// - Throws: ``ConfigurationError`` with every problem that there is
    public static func load(
        file: String?, overrides: [String] = [], requiresInputs: Bool = false
    ) throws -> RunConfiguration {
        try loadConfiguration(file: file, overrides: overrides) { configuration, reader in
            configuration.check(&reader)
            if requiresInputs { reader.requireMachine(configuration) }
        }
    }
}
