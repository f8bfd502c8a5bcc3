import Datasets
import Foundation
import Imaging
public import RLTrainer

/// The whole loop on a machine that has no weights and no data: the `quickstart` command.
///
/// Scenes are drawn into shards, a small policy and a small segmenter of the real architectures get
/// random weights, and GRPO trains the policy for a few steps. With random weights there is nothing to
/// see yet but that every stage runs: hardly any answer can be read, so rewards stay near 0.
public struct QuickstartRecipe: Sendable {
    /// The folder that everything goes to.
    public var output: String
    /// Decides about scenes, weights and answers.
    public var seed: UInt64 = 42
    /// Optimizer steps.
    public var steps = 10
    /// Scenes to train on.
    public var sceneCount = 64

    /// A run with the defaults.
    public init(output: String) {
        self.output = output
    }

    /// What happens, while it does.
    public enum Event: Sendable {
        /// A stage begins.
        case stage(String)
        /// Training begins: what it works on, and for how many steps.
        case training(summary: [String], steps: Int)
        /// A step is done.
        case step(StepMetrics)
    }

    /// What is there in the end.
    public struct Result: Sendable {
        /// The configuration that was run.
        public let configuration: String
        /// The run's folder.
        public let run: String
        /// The trained policy.
        public let policy: String
        /// The segmenter.
        public let segmenter: String
        /// A held-out scene.
        public let picture: String
        /// The question about it.
        public let question: String
        /// The held-out scene with the policy's answer drawn over it.
        public let overlay: String
    }

    /// Draws, makes, trains and asks.
    public func run(onEvent: (Event) -> Void) throws -> Result {
        let policy = output + "/models/policy"
        let segmenter = output + "/models/segmenter"
        let contents = (try? FileManager.default.contentsOfDirectory(atPath: output)) ?? []
        if !contents.isEmpty {
            throw RunDirectoryError(
                path: output, message: "the folder is not empty; give another --output")
        }
        try makeFolder(output)
        onEvent(.stage("drawing \(sceneCount) scenes to train on and 8 to hold out"))
        var scenes = SynthesisRecipe(output: output + "/shards", count: sceneCount)
        scenes.validationCount = 8
        scenes.seed = seed
        _ = try scenes.run()
        onEvent(.stage("making a small policy and a small segmenter with random weights"))
        try EmbeddedModels.writePolicy(to: policy, seed: seed)
        try EmbeddedModels.writeSegmenter(to: segmenter, seed: seed)
        let file = output + "/config.yaml"
        let configuration = configuration(policy: policy, segmenter: segmenter)
        try RunDirectory.write(configuration.resolved(comments: true), to: file)
        let recipe = try TrainRecipe(configuration, command: ["think2seg", "train", file])
        onEvent(.training(summary: recipe.summary, steps: recipe.totalSteps))
        try recipe.run { onEvent(.step($0)) }
        onEvent(.stage("asking the trained policy about a held-out scene"))
        return try ask(recipe.finalPolicy, segmenter: segmenter, configuration: file)
    }

    private func configuration(policy: String, segmenter: String) -> RunConfiguration {
        var result = RunConfiguration()
        result.outputDirectory = output + "/run"
        result.seed = Int(seed)
        result.policy.path = policy
        result.segmenter.path = segmenter
        result.data.train = [output + "/shards/train.h5"]
        result.data.imageSize = 224
        result.grpo.numGenerations = 8
        result.grpo.promptsPerStep = 4
        result.grpo.sampling.maxCompletionLength = 64
        result.training.maxSteps = steps
        result.training.learningRate = 1e-4
        result.logging.saveSteps = 0
        return result
    }

    private func ask(
        _ policy: String, segmenter: String, configuration: String
    ) throws -> Result {
        let shard = try ShardReader(path: output + "/shards/val.h5")
        let sample = try shard.sample(at: 0)
        let picture = output + "/\(sample.id).png"
        try ImageCodec.write(sample.image, path: picture)
        var question = PredictRecipe(
            policy: policy, segmenter: segmenter, image: picture, question: sample.questions[0])
        question.imageSize = 224
        question.sampling = SamplingParameters(temperature: 0, maxCompletionLength: 64)
        _ = try question.run(output: output + "/answer")
        return Result(
            configuration: configuration, run: output + "/run", policy: policy,
            segmenter: segmenter, picture: picture, question: sample.questions[0],
            overlay: output + "/answer/overlay.png")
    }
}
