public import Configuration
import Foundation
import NewModels
public import SAM2
public import SharedSettings
public import Supervised
import Torch

extension SegmenterInitialization: ConfigurationValue {}

/// Everything that the training of a segmenter depends on.
///
/// `SegmenterConfiguration()` holds the defaults.
public struct SegmenterConfiguration: Sendable, Hashable, RunPlacement, KeyedConfiguration {
    /// The command `pretrain-segmenter`.
    public static let command = "pretrain-segmenter"

    /// The sizes that a new segmenter can have.
    public enum Architecture: String, Sendable, CaseIterable, ConfigurationValue {
        /// Half a million parameters, 256 × 256 pixels.
        case embedded
        /// The same with half its widths.
        case embeddedNarrow = "embedded_narrow"
        /// The same with twice its widths.
        case embeddedWide = "embedded_wide"
        /// SAM2.1 tiny.
        case tiny
        /// SAM2.1 small.
        case small
        /// SAM2.1 base plus.
        case basePlus = "base_plus"
        /// SAM2.1 large.
        case large

        /// The sizes.
        public var configuration: SAM2Configuration {
            switch self {
            case .embedded: EmbeddedModels.segmenterConfiguration
            case .embeddedNarrow: EmbeddedModels.segmenter(width: 8)
            case .embeddedWide: EmbeddedModels.segmenter(width: 32)
            case .tiny: .tiny
            case .small: .small
            case .basePlus: .basePlus
            case .large: .large
            }
        }
    }

    /// The segmenter that is trained.
    public struct ModelSection: Sendable, Hashable {
        /// The folder of a checkpoint, or an official `.pt` file; a new segmenter if empty.
        public var path = ""
        /// The sizes of a new segmenter.
        public var architecture = Architecture.embedded
        /// How a new segmenter's parameters start.
        public var initialization = SegmenterInitialization.matched
        /// Keys of parameters that stay as they are, `*` standing for anything.
        public var freeze: [String] = []
        /// The element type of the finished weights.
        public var storedType = StoredType.float32
    }

    /// What is learned.
    public struct DataSection: Sendable, Hashable {
        /// The shards to learn from.
        public var train: [String] = []
        /// Held-out shards.
        public var validation: [String] = []
        /// Whether pictures are turned and mirrored.
        public var turns = true
        /// Pictures made ready ahead of the training thread.
        public var prefetch = 16
    }

    /// How the segmenter is asked.
    public struct PromptSection: Sendable, Hashable {
        /// Prompts per picture and step.
        public var perPicture = 8
        /// How often each kind is asked, in relation to the others.
        public var kinds = NamedWeights([
            ("box", 2), ("one_point", 1), ("two_points", 1), ("three_points", 0.5),
            ("box_one_point", 1), ("box_two_points", 4), ("box_two_points_one_outside", 0.5),
        ])
        /// Standard deviations of the boxes' edges as shares of the boxes' sides.
        public var boxJitter = [0.01, 0.03, 0.06]
    }

    /// The folder that the run writes to.
    public var outputDirectory = "runs/segmenter"
    /// Where all randomness starts.
    public var seed = 42
    /// "cpu", "cuda" or "cuda:N".
    public var device = "cpu"
    /// Threads of an operation; one per core if 0.
    public var threads = 0
    /// The segmenter that is trained.
    public var segmenter = ModelSection()
    /// What is learned.
    public var data = DataSection()
    /// How the segmenter is asked.
    public var prompts = PromptSection()
    /// How much each loss counts.
    public var loss = SegmenterLossWeights()
    /// How much finer than the decoder's the grid of the masks' losses is.
    public var maskRefinement = 1
    /// How long and how fast.
    public var training = StageTraining(
        picturesPerStep: 4, weightDecay: 0.01, adamBeta2: 0.98)
    /// What the run leaves behind.
    public var logging = StageLogging(evalSamples: 100)

    /// The defaults, which name no data.
    public init() {}
}

extension SegmenterConfiguration {
    /// Reads a configuration file and overrides; see
    /// `RunConfiguration/load(file:overrides:requiresInputs:)`.
    public static func load(
        file: String?, overrides: [String] = [], requiresInputs: Bool = false,
        onNote: (String) -> Void = { _ in }
    ) throws -> SegmenterConfiguration {
        try loadConfiguration(
            file: file, overrides: overrides, foreign: .trainers, onNote: onNote
        ) { configuration, reader in
            configuration.check(&reader)
            if requiresInputs {
                reader.requireMachine(configuration)
                reader.requirePrograms("logging.trackers", configuration.logging.trackers)
            }
        }
    }

    /// The segmenter and the shards.
    public var inputs: [ConfigurationInput] {
        ConfigurationInput.segmenter("segmenter.path", [segmenter.path])
            + ConfigurationInput.shards("data.train", data.train)
            + ConfigurationInput.shards("data.validation", data.validation)
    }

    /// What keeps programs that it names from being started here and now, a line each, with the keys.
    public var programProblems: [String] { logging.trackers.programProblems }

    /// What is allowed, but most likely not meant; a sentence each, with the keys.
    public var warnings: [String] {
        logging.warnings
            + training.learningRateWarnings
            + training.schedule.warnings(warmupSteps: training.warmupSteps)
    }

    /// How the trainer shall learn.
    package var options: SegmenterTrainingOptions {
        var options = SegmenterTrainingOptions()
        options.seed = UInt64(seed)
        options.promptsPerPicture = prompts.perPicture
        options.promptShares = Dictionary(
            uniqueKeysWithValues: prompts.kinds.entries.compactMap { entry in
                PromptKind(rawValue: entry.name).map { ($0, entry.weight) }
            })
        options.boxJitter = prompts.boxJitter
        options.weights = loss
        options.maskRefinement = maskRefinement
        options.optimizer = training.adamW
        options.schedule = training.learningRates
        options.maxGradientNorm = training.maxGradientNorm
        return options
    }
}
