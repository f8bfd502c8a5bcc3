import Embeddings
import Pictures
import Policies
import PromptedMasks
import RLTrainer
import Rewards
import Segmentation
import Segmenters
import Settings
import SharedSettings
import Torch
import TrainingRuns

/// The models of a training run, loaded.
struct TrainedModels {
    /// The folder that the policy was read from.
    let folder: String
    /// How it is asked.
    let template: PromptTemplate
    /// What is trained.
    let policy: VisionLanguagePolicy
    /// How many of its numbers are not.
    let frozenCount: Int
    /// What it is held to; nil without beta.
    let reference: VisionLanguagePolicy?
    /// What makes masks, frozen.
    let segmenter: any FrozenSegmenter

    /// Loads the models where a run starts.
    ///
    /// - Throws: the error of the file that cannot be used
    init(_ configuration: RunConfiguration, _ start: RunStart, device: Device) throws {
        let source = try configuration.policy.source(
            checkpoint: start.checkpoint?.policy, seed: UInt64(configuration.seed))
        folder = source.asked
        template = try configuration.promptChoice.template(policy: folder)
        policy = try VisionLanguagePolicy.load(
            source, dtype: configuration.policy.dtype.dtype, device: device,
            template: template, castsHeadToFloat32: configuration.policy.castsHeadToFloat32)
        frozenCount = try policy.setTrainable(freezing: configuration.policy.freeze)
        reference =
            configuration.grpo.loss.beta == 0
            ? nil : try Self.reference(of: policy, configuration)
        segmenter = try SegmenterRegistry.standard.load(
            path: configuration.segmenter.path, dtype: configuration.segmenter.dtype.dtype,
            device: device)
    }

    /// What a policy is held to.
    private static func reference(
        of policy: VisionLanguagePolicy, _ configuration: RunConfiguration
    ) throws -> VisionLanguagePolicy {
        let adapter = configuration.policy.adapter
        if !adapter.isUsed { return try policy.reference(path: configuration.policy.path) }
        return try policy.adapterReference(start: adapter.heldTo == .start ? adapter.path : nil)
    }

    /// Decides whether layers are computed again for the gradient.
    func checkpointLayers(_ configuration: RunConfiguration, _ grpo: GRPOConfiguration) throws {
        try policy.checkpointLayers(
            configuration.training.gradientCheckpointing, side: configuration.data.imageSize,
            completionTokens: grpo.numGenerations * grpo.sampling.maxCompletionLength,
            groups: grpo.promptsPerStep, microBatchTokens: grpo.microBatchTokens)
    }

    /// What turns answers into rewards.
    func scorer(_ configuration: RunConfiguration, _ grpo: GRPOConfiguration) throws -> Scorer {
        try Scorer(
            parser: AnswerParser(
                grammar: template.variant.grammar, acceptance: configuration.prompt.parser),
            rewards: configuration.rewards.entries,
            maxCompletionLength: grpo.sampling.maxCompletionLength)
    }

    /// What is most likely not meant and shows only with the models, in lines for people.
    ///
    /// - Parameters:
    ///   - imageSize: the side of the pictures, in pixels
    ///   - completionLength: how many tokens an answer may have
    /// - Returns: sentences; mostly none
    /// - Throws: an error if pictures of that side cannot be asked about
    func warnings(imageSize: Int, completionLength: Int) throws -> [String] {
        let shortest = try policy.prompt(image: .black(side: imageSize), question: "")
        let ofReference = (reference?.fileWarnings ?? []).filter {
            !policy.fileWarnings.contains($0)
        }
        return try policy.warnings(
            shortest, completionLength: completionLength, sideIsKnown: true)
            + ChatTemplateComparison(template).warnings(policy: folder)
            + ofReference + segmenter.warnings
    }
}
