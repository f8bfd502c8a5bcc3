public import Configuration
public import Embeddings
public import Evaluation
import Foundation
public import Policies
public import RLTrainer
public import SharedSettings

/// Everything that a training run depends on.
///
/// `RunConfiguration()` holds the defaults.
public struct RunConfiguration: Sendable, Hashable, RunPlacement, KeyedConfiguration {
    /// The command `train`.
    public static let command = "train"

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
    /// Every key of a run's configuration, in the order of the resolved file: those of the run, then
    /// those of each section.
    public static var keys: [ConfigurationKey<RunConfiguration>] {
        let tables: [[Key]] = [
            runKeys, Key.policy(\.policy), Key.segmenter(\.segmenter), Key.data(\.data),
            Key.prompt(\.prompt), [Key.rewards(\.rewards)], Key.grpo(\.grpo),
            Key.training(\.training), Key.evaluation(\.evaluation), Key.logging(\.logging),
        ]
        return tables.flatMap(\.self)
    }

    private typealias Key = ConfigurationKey<RunConfiguration>

    private static var runKeys: [ConfigurationKey<RunConfiguration>] {
        Key.placement + [
            Key(
                "workers", \.workers,
                "Threads that groups are given to in turn, each with one thread per operation, for "
                    + "small models on the CPU; 0: with threads 0, as sizes and prompts of a step "
                    + "say; 1: none but the training thread", in: 0...1024),
            Key(
                "products", \.products,
                "Who computes float32 products with weights on the CPU; auto: oneDNN where libtorch "
                    + "has it. Results differ by rounding"),
            Key(
                "strict", \.strict,
                "Whether the run stops at what otherwise costs one sample, one reward or one step: a "
                    + "sample or reward that fails, a loss or gradient that is not finite"),
        ]
    }
}

extension RunConfiguration {
    /// Reads a configuration file and overrides.
    ///
    /// - Parameters:
    ///   - file: the YAML file; nil for the defaults
    ///   - overrides: `key=value` each, the later one wins
    ///   - requiresInputs: whether files that are named and not there are problems, and a device that is not
    ///   - onNote: is told what people should know of values that nobody set
    /// - Returns: the configuration, complete and checked
    /// - Throws: `ConfigurationError` with every problem that there is
    public static func load(
        file: String?, overrides: [String] = [], requiresInputs: Bool = false,
        onNote: (String) -> Void = { _ in }
    ) throws -> RunConfiguration {
        try loadConfiguration(
            file: file, overrides: overrides, foreign: .trainers, onNote: onNote
        ) { configuration, reader in
            reader.completeFromRecord(of: configuration.policy.path, into: &configuration)
            configuration.check(&reader)
            if requiresInputs {
                reader.requireMachine(configuration)
                reader.requirePrograms(configuration)
            }
        }
    }

    /// How the policy is asked.
    public var promptChoice: PromptChoice { prompt.choice }

    /// How the policy is asked, and how long its answers may be.
    public var asking: AskingSettings {
        AskingSettings(
            imageSize: data.imageSize, prompt: promptChoice,
            maxCompletionLength: grpo.sampling.maxCompletionLength)
    }
}
