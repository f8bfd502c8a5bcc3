public import Datasets
import Foundation
public import NN
public import RLTrainer
public import Segmentation

extension LossType: ConfigurationValue {}
extension RewardScale: ConfigurationValue {}
extension AdvantageEstimator: ConfigurationValue {}
extension ImportanceSamplingLevel: ConfigurationValue {}
extension LearningRateSchedule.Kind: ConfigurationValue {}
extension QuestionSelector: ConfigurationValue {}
extension AnswerAcceptance: ConfigurationValue {}

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
public struct RunConfiguration: Sendable, Hashable, RunPlacement {
    /// The policy that is trained.
    public struct PolicySection: Sendable, Hashable {
        /// The folder of a Qwen2.5-VL checkpoint.
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
    }

    /// What the policy is asked.
    public struct DataSection: Sendable, Hashable {
        /// The shards to train on.
        public var train: [String] = []
        /// S: the side of the square that images and masks are stretched to.
        public var imageSize = 840
        /// Which of a sample's questions is asked.
        public var question = QuestionSelector.random
        /// Samples decoded ahead of the training thread.
        public var prefetch = 4
    }

    /// How the policy is asked and how its answers are read.
    public struct PromptSection: Sendable, Hashable {
        /// The name of template and grammar.
        public var variant = "box_2points"
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
    }

    /// What a run leaves behind.
    public struct LoggingSection: Sendable, Hashable, CheckpointSettings {
        /// Optimizer steps between checkpoints; only the last one if 0.
        public var saveSteps = 100
        /// Checkpoints that are kept; all if nil.
        public var saveTotalLimit: Int?
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
    /// The policy that is trained.
    public var policy = PolicySection()
    /// The frozen segmenter.
    public var segmenter = SegmenterSection()
    /// What the policy is asked.
    public var data = DataSection()
    /// How it is asked, and how its answers are read.
    public var prompt = PromptSection()
    /// The weight of each reward term.
    public var rewards = NamedWeights([
        ("mask_iou", 2), ("sam_json_format", 1), ("think_answer_format", 1),
    ])
    /// The algorithm.
    public var grpo = GRPOConfiguration()
    /// How long and how fast the policy learns.
    public var training = TrainingSection()
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
    /// - Returns: the configuration, complete and checked
    /// - Throws: ``ConfigurationError`` with every problem that there is
    public static func load(file: String?, overrides: [String] = []) throws -> RunConfiguration {
        try loadConfiguration(
            RunConfiguration(), keys: keys, file: file, overrides: overrides
        ) { $0.check(&$1) }
    }

    /// The configuration with every key, as a file that reads back equal.
    public func resolved(comments: Bool = false) -> String {
        resolvedYAML(self, keys: Self.keys, comments: comments)
    }
}

/// Reads a configuration of any kind: its defaults, a file, overrides, then what no single key can tell.
///
/// - Throws: ``ConfigurationError`` with every problem that there is
func loadConfiguration<Root>(
    _ defaults: Root, keys: [ConfigurationKey<Root>], file: String?, overrides: [String],
    listing: String = "think2seg config show",
    check: (Root, inout ConfigurationReader<Root>) -> Void
) throws -> Root {
    var configuration = defaults
    var reader = ConfigurationReader(keys: keys, listing: listing)
    if let file {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw MissingInputError(path: file, what: "configuration file")
        }
        guard let text = String(bytes: data, encoding: .utf8) else {
            throw ConfigurationError(problems: [
                ConfigurationProblem(location: file, key: "", message: "not UTF-8 text")
            ])
        }
        reader.read(text, file: file, into: &configuration)
    }
    if !reader.problems.isEmpty, reader.locations.isEmpty {
        // The file is not a configuration at all: what it lacks is beside the point.
        throw ConfigurationError(problems: reader.problems)
    }
    for assignment in overrides { reader.override(assignment, into: &configuration) }
    check(configuration, &reader)
    if reader.problems.isEmpty { return configuration }
    throw ConfigurationError(problems: reader.problems)
}

/// A file or folder that is named but not there.
public struct MissingInputError: Error, Sendable, CustomStringConvertible {
    /// Where it should be.
    public let path: String
    /// What it should be.
    public let what: String

    /// Path and what is missing.
    public var description: String { "\(path): no such \(what)" }
}
