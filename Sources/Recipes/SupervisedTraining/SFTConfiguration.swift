public import Configuration
import Foundation
public import Policies
import PolicyFamilies
import Segmentation
public import SharedSettings
import Torch

/// Everything that supervised training of a policy depends on; `SFTConfiguration()` holds the defaults.
public struct SFTConfiguration: Sendable, Hashable, RunPlacement, KeyedConfiguration {
    /// The command `sft`.
    public static let command = "sft"

    /// Where the policy comes from.
    public enum Start: String, Sendable, CaseIterable, ConfigurationValue {
        /// A checkpoint's folder.
        case checkpoint
        /// Random weights in the small architecture with a vocabulary of its own.
        case embedded
    }

    /// What is trained.
    public struct PolicySection: Sendable, Hashable, PolicySettings {
        /// Where the policy comes from.
        public var start = Start.checkpoint
        /// The folder of a policy's checkpoint; empty with random weights.
        public var path = ""
        /// The element type of weights and computations.
        public var dtype = ModelDType.float32
        /// Keys of parameters that stay as they are, `*` standing for anything.
        public var freeze: [String] = []
        /// What is trained instead of the weights.
        public var adapter = AdapterSection()
        /// The element type of the finished weights.
        public var storedType = StoredType.float32
    }

    /// What is learned.
    public struct DataSection: Sendable, Hashable {
        /// The shards to learn from.
        public var train: [String] = []
        /// A file of written answers, which are learned instead of what the truth would give.
        public var answers = ""
        /// Held-out shards.
        public var validation: [String] = []
        /// S: the side of the square that images and masks are stretched to.
        public var imageSize = 840
        /// How many of a sample's own questions are asked in a pass.
        public var ownQuestions = 1
        /// How many classes are asked for by explicit questions.
        public var namedQuestions = 0
        /// The share of explicit questions that ask for an absent class.
        public var absentShare = 0.15
        /// Whether own questions without a target are taken to ask for some absent class.
        public var guessesAbsentClass = false
        /// Samples made ready ahead of the training thread.
        public var prefetch = 8
    }

    /// How answers are written.
    public struct PromptSection: Sendable, Hashable, PromptSettings {
        /// The name of template and grammar.
        public var variant = "box_2points"
        /// The instructions above the conversation; without a system's turn if empty.
        public var system = PromptTemplate.methodSystem
        /// Which chat template makes it one text.
        public var chatTemplate = ChatTemplateChoice.builtin
        /// What coordinates are multiples of, in pixels.
        public var coordinateStep = 1
    }

    /// Training-only heads on the pictures' tokens.
    public struct HeadSection: Sendable, Hashable {
        /// The weight of their loss; none if 0.
        public var weight = 0.0
        /// The layer of the language model that the late heads read, from 0.
        public var layer = 1
    }

    /// The folder that the run writes to.
    public var outputDirectory = "runs/sft"
    /// Where all randomness starts.
    public var seed = 42
    /// "cpu", "cuda" or "cuda:N".
    public var device = "cpu"
    /// Threads of an operation; one per core if 0.
    public var threads = 0
    /// What is trained.
    public var policy = PolicySection()
    /// What is learned.
    public var data = DataSection()
    /// How answers are written.
    public var prompt = PromptSection()
    /// Training-only heads.
    public var heads = HeadSection()
    /// How long and how fast.
    public var training = StageTraining(
        picturesPerStep: 8, weightDecay: 0, adamBeta2: 0.999)
    /// Whether layers are computed again for the gradient.
    public var gradientCheckpointing = GradientCheckpointing.auto
    /// What the run leaves behind.
    public var logging = StageLogging(evalSamples: 200)

    /// The defaults, which name no policy and no data.
    public init() {}
}

extension SFTConfiguration {
    /// Reads a configuration file and overrides; see `RunConfiguration/load(file:overrides:requiresInputs:)`.
    public static func load(
        file: String?, overrides: [String] = [], requiresInputs: Bool = false,
        onNote: (String) -> Void = { _ in }
    ) throws -> SFTConfiguration {
        try load(
            file: file, overrides: overrides, requiresInputs: requiresInputs, resumes: false,
            onNote: onNote)
    }

    /// Reads the configuration of a run that begins or goes on.
    ///
    /// - Parameters:
    ///   - file: the YAML file; nil for the defaults
    ///   - overrides: `key=value` each, the later one wins
    ///   - requiresInputs: whether files that are named and not there are problems, and a device that is not
    ///   - resumes: whether what nobody set, and the policy's record decides, is as the run in `output_dir`
    ///     has it
    ///   - onNote: is told what people should know of values that nobody set
    /// - Returns: the configuration, complete and checked
    /// - Throws: `ConfigurationError` with every problem that there is
    public static func load(
        file: String?, overrides: [String], requiresInputs: Bool, resumes: Bool,
        onNote: (String) -> Void
    ) throws -> SFTConfiguration {
        try loadConfiguration(
            file: file, overrides: overrides, foreign: .trainers, onNote: onNote
        ) { configuration, reader in
            if resumes { configuration.completeFromRun(&reader) }
            configuration.completeFromStart(&reader)
            configuration.check(&reader)
            if requiresInputs {
                reader.requireMachine(configuration)
                reader.requirePrograms("logging.trackers", configuration.logging.trackers)
            }
        }
    }

    /// The policy, the shards and the answers.
    public var inputs: [ConfigurationInput] {
        ConfigurationInput.policy("policy.path", [policy.path])
            + ConfigurationInput.shards("data.train", data.train)
            + ConfigurationInput.of("data.answers", [data.answers])
            + ConfigurationInput.shards("data.validation", data.validation)
            + ConfigurationInput.of("prompt.chat_template", [prompt.chatTemplate.path ?? ""])
    }

    /// What keeps programs that it names from being started here and now, a line each, with the keys.
    public var programProblems: [String] { logging.trackers.programProblems }

    /// What is allowed, but most likely not meant; a sentence each, with the keys.
    public var warnings: [String] {
        [pictureSideWarning(data.imageSize, name: "data.image_size", policy: policy.path)]
            .compactMap(\.self)
            + PolicyRecord.warnings(policy: policy.path, asked: asking) + logging.warnings
            + training.learningRateWarnings
            + training.schedule.warnings(
                warmupSteps: training.warmupSteps, maxSteps: training.maxSteps)
    }

    /// Every key, in the order of the resolved file.
    public static var keys: [ConfigurationKey<SFTConfiguration>] {
        runKeys + dataKeys + trainingKeys
    }

    private typealias Key = ConfigurationKey<SFTConfiguration>

    private static var runKeys: [ConfigurationKey<SFTConfiguration>] {
        Key.placement + [
            Key(
                "policy.start", \.policy.start,
                "checkpoint: policy.path; embedded: random weights, small, its own vocabulary")
        ] + Key.policyCheckpoint(\.policy) + [
            Key.policyFreeze(\.policy),
            Key(
                "policy.stored_dtype", \.policy.storedType,
                "The type of the finished weights; checkpoints have that of training"),
        ] + Key.adapter(\.policy.adapter)
    }

    private static var dataKeys: [ConfigurationKey<SFTConfiguration>] {
        [
            Key("data.train", path: \.data.train, "Shards to learn from"),
            Key(
                "data.answers", path: \.data.answers,
                "JSON lines of id, question and completion: learned instead of what the truth gives"
            ),
            Key("data.validation", path: \.data.validation, "Held-out shards"),
            Key(
                "data.image_size", \.data.imageSize,
                "The side of the square that images are stretched to", in: 28...4096),
            Key(
                "data.own_questions", \.data.ownQuestions,
                "How many of a sample's own questions are asked in a pass", in: 0...100),
            Key(
                "data.named_questions", \.data.namedQuestions,
                "How many explicit questions are asked of a sample; needs shards that know their objects",
                in: 0...100),
            Key(
                "data.absent_share", \.data.absentShare,
                "The share of explicit questions that ask for an absent class", in: 0...1),
            Key(
                "data.guess_absent_class", \.data.guessesAbsentClass,
                "Whether own questions without a target are taken to ask for some absent class"),
            Key("data.prefetch", \.data.prefetch, "Samples made ready ahead", in: 1...1024),
        ] + Key.conversation(\.prompt, variant: "The name of template and grammar") + [
            Key(
                "prompt.coordinate_step", \.prompt.coordinateStep,
                "What coordinates of answers are multiples of, in pixels", in: 1...64),
            Key(
                "heads.weight", \.heads.weight,
                "The weight of training-only heads on the picture's tokens; 0: none", in: 0...100),
            Key(
                "heads.layer", \.heads.layer,
                "The layer of the language model that they read, from 0", in: 0...1000),
        ]
    }

    private static var trainingKeys: [ConfigurationKey<SFTConfiguration>] {
        Key.stageTraining(
            \.training,
            length: [
                Key("training.max_steps", \.training.maxSteps, "Optimizer steps", in: 1...),
                Key(
                    "training.images_per_step", \.training.picturesPerStep, "Pictures per step",
                    in: 1...4096),
            ])
            + [Key.checkpointing(\.gradientCheckpointing)]
            + Key.stageLogging(
                \.logging,
                evaluations: "Steps between evaluations on held-out shards; 0: only the last",
                samples: "How many held-out samples are evaluated")
    }

    /// What no single key can tell.
    private func check(_ reader: inout ConfigurationReader<SFTConfiguration>) {
        if policy.start == .checkpoint, policy.path.isEmpty {
            reader.report("policy.path", "is needed: the folder of a checkpoint")
        }
        if policy.start == .embedded, !policy.path.isEmpty {
            reader.report("policy.path", "does nothing with policy.start embedded")
        }
        if policy.start == .embedded, policy.adapter.isUsed {
            reader.report(
                "policy.adapter.target_modules",
                "an adapter needs a base to come back to: policy.start checkpoint with policy.path")
        }
        reader.report(policy.adapter)
        reader.requireShards(train: data.train, validation: data.validation)
        if data.answers.isEmpty, data.ownQuestions + data.namedQuestions == 0 {
            reader.report(
                "data.own_questions", "is 0, and so is data.named_questions: nothing to ask")
        }
    }
}

extension SFTConfiguration {
    /// How the policy is asked.
    package var promptChoice: PromptChoice { prompt.choice }

    /// How the policy is asked, as far as this command decides it.
    public var asking: AskingSettings {
        AskingSettings(
            imageSize: data.imageSize, prompt: promptChoice, maxCompletionLength: nil)
    }
}
