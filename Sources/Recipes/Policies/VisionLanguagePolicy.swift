import Adapters
import ChatTemplates
import Files
import Foundation
public import Imaging
public import NN
import PolicyFamilies
public import RLTrainer
public import Segmentation
public import Tokenizers
public import Torch
public import VisionLanguage

extension GenerationParameters {
    /// How the trainer draws.
    package init(_ sampling: SamplingParameters) {
        self.init(
            temperature: sampling.temperature, topK: sampling.topK, topP: sampling.topP,
            maxNewTokens: sampling.maxCompletionLength)
    }
}

/// A vision-language model as a trainable policy: chat template, picture processor, tokenizer and model together.
public final class VisionLanguagePolicy: Policy {
    /// A prompt in the model's form.
    public struct Prompt: PolicyPrompt, Sendable {
        /// Token ids and patches.
        public let input: VisionLanguageInput
        /// How many tokens the prompt has, those of the picture included.
        public var tokenCount: Int { input.tokenIDs.count }
        /// The frame of the coordinates in answers.
        public let frame: ImageFrame
        /// The size of the picture before the processor resized it.
        public let image: ImageFrame
        /// The picture's tokens, where a policy may keep them.
        package let tokens = PictureTokens()

        /// A prompt from its parts; `image` is `frame` if nil.
        init(input: VisionLanguageInput, frame: ImageFrame, image: ImageFrame? = nil) {
            self.input = input
            self.frame = frame
            self.image = image ?? frame
        }
    }

    /// The model.
    public private(set) var model: VisionLanguageModel
    /// Whether of each layer only the input is kept for the gradient; see
    /// `VisionLanguageModel.checkpointsLayers`.
    package var checkpointsLayers: Bool {
        get { model.checkpointsLayers }
        set { model.checkpointsLayers = newValue }
    }
    /// The vocabulary.
    public let tokenizer: Tokenizer
    /// How questions are put.
    public let template: PromptTemplate
    package let processor: any PictureProcessor
    /// Makes prompts ready without the model, on any thread.
    public var prompts: VisionLanguagePrompts {
        VisionLanguagePrompts(
            tokenizer: tokenizer, template: template, processor: processor,
            answerFrame: model.options.answerFrame)
    }
    /// The folder of the base, where the policy is an adapter of one.
    package private(set) var base: String?
    /// Tells policies whose vision towers have one memory from all others.
    private let vision: VisionIdentity
    /// Whether the vision tower is one that another policy has, which is trained without it.
    private let isReferenceOfKeptVision: Bool

    /// A policy from its parts.
    public convenience init(
        model: VisionLanguageModel, tokenizer: Tokenizer, processor: any PictureProcessor,
        template: PromptTemplate
    ) {
        self.init(
            model: model, tokenizer: tokenizer, processor: processor, template: template,
            vision: VisionIdentity())
    }

    private init(
        model: VisionLanguageModel, tokenizer: Tokenizer, processor: any PictureProcessor,
        template: PromptTemplate, vision: VisionIdentity, keepsVision: Bool = false
    ) {
        isReferenceOfKeptVision = keepsVision
        self.model = model
        self.tokenizer = tokenizer
        self.processor = processor
        self.template = template
        self.vision = vision
    }

    /// Reads a checkpoint folder in the hub's layout.
    ///
    /// - Parameters:
    ///   - path: the folder
    ///   - dtype: the element type to compute in
    ///   - device: where to compute
    ///   - template: how questions are put
    ///   - castsHeadToFloat32: whether logits are computed in float32 whatever `dtype` is
    /// - Returns: the policy, no parameter of which requires gradients
    /// - Throws: an error that names the file that is missing or damaged
    public static func load(
        path: String, dtype: DType, device: Device, template: PromptTemplate,
        castsHeadToFloat32: Bool = false
    ) throws -> VisionLanguagePolicy {
        try load(
            PolicySource.find(path), dtype: dtype, device: device, template: template,
            castsHeadToFloat32: castsHeadToFloat32)
    }

    /// Reads a base in the hub's layout, and an adapter of it.
    ///
    /// - Parameters:
    ///   - source: where both are
    ///   - dtype: the element type to compute in
    ///   - device: where to compute
    ///   - template: how questions are put
    ///   - castsHeadToFloat32: whether logits are computed in float32 whatever `dtype` is
    /// - Returns: the policy, no parameter of which requires gradients
    /// - Throws: an error that names the file that is missing or damaged
    package static func load(
        _ source: PolicySource, dtype: DType, device: Device, template: PromptTemplate,
        castsHeadToFloat32: Bool = false
    ) throws -> VisionLanguagePolicy {
        let policy = try load(path: source.base, template: template) { endToken in
            var model = try VisionLanguageModel.load(
                directory: source.base, adapter: source.adapter, dtype: dtype, device: device,
                endToken: endToken)
            model.castsHeadToFloat32 = castsHeadToFloat32
            return model
        }
        policy.base = source.adapter == nil ? nil : source.base
        return policy
    }

    /// Reads the policy that this one is held to, which has this one's values where this one is not
    /// trained: their memory serves both, and so do pictures' tokens if the vision tower is not trained.
    ///
    /// - Parameter path: the folder of the checkpoint that this policy's training began with
    /// - Returns: the reference; it is not trained
    /// - Throws: what ``load(path:dtype:device:template:castsHeadToFloat32:)`` throws
    public func reference(path: String) throws -> VisionLanguagePolicy {
        let frozen = parameters.filter { !$0.tensor.requiresGradient }
        let loaded = try Self.load(path: path, template: template) { endToken in
            var model = try VisionLanguageModel.load(
                directory: path, dtype: model.dtype, device: model.device, reusing: frozen,
                endToken: endToken)
            model.castsHeadToFloat32 = self.model.castsHeadToFloat32
            return model
        }
        return VisionLanguagePolicy(
            model: loaded.model, tokenizer: tokenizer, processor: processor, template: template,
            vision: model.keepsVision ? vision : VisionIdentity(), keepsVision: model.keepsVision)
    }

    /// What an adapter is held to, over the memory of this policy's base.
    ///
    /// - Parameter start: the folder of the adapter that training began with; nil: the base alone
    /// - Returns: the reference; it is not trained
    /// - Throws: an error of the adapter's files
    package func adapterReference(start: String?) throws -> VisionLanguagePolicy {
        var reference = try model.withoutAdapter()
        if let start, let base {
            reference = try VisionLanguageModel.load(
                directory: base, adapter: .stored(folder: start), dtype: model.dtype,
                device: model.device, reusing: reference.parameters, endToken: tokenizer.endToken)
            reference.castsHeadToFloat32 = model.castsHeadToFloat32
        }
        let adaptsVision = model.parameters.contains { $0.isAdapter && model.isVision($0) }
        let keeps = model.keepsVision && !adaptsVision
        return VisionLanguagePolicy(
            model: reference, tokenizer: tokenizer, processor: processor, template: template,
            vision: keeps ? vision : VisionIdentity(), keepsVision: keeps)
    }

    /// Reads all of a checkpoint folder but the weights: a policy that can tell its parameters, their
    /// shapes and the size of prompts, and cannot answer.
    ///
    /// - Parameters:
    ///   - path: the folder
    ///   - dtype: the element type that would be computed in
    ///   - template: how questions are put
    /// - Returns: the policy
    /// - Throws: what ``load(path:dtype:device:template:castsHeadToFloat32:)`` throws, but for weights
    ///   that are wrong
    public static func outline(
        path: String, dtype: DType, template: PromptTemplate
    ) throws -> VisionLanguagePolicy {
        try outline(PolicySource.find(path), dtype: dtype, template: template)
    }

    /// The same of a base and an adapter of it.
    package static func outline(
        _ source: PolicySource, dtype: DType, template: PromptTemplate
    ) throws -> VisionLanguagePolicy {
        try load(path: source.base, template: template) {
            try VisionLanguageModel.outline(
                directory: source.base, adapter: source.adapter, dtype: dtype, endToken: $0)
        }
    }

    /// Why a path is no folder.
    private static func missing(_ path: String) -> any Error {
        guard FileManager.default.fileExists(atPath: path) else {
            return MissingInputError(path: path, what: "folder of a policy")
        }
        return CheckpointError(
            path: path, problem: "is a file, and a policy is a folder",
            advice: "give the folder that holds config.json and the weights", isMissing: true)
    }

    private static func load(
        path: String, template: PromptTemplate,
        model: (_ endToken: Tokenizer.EndToken?) throws -> VisionLanguageModel
    ) throws -> VisionLanguagePolicy {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
            isFolder.boolValue
        else { throw missing(path) }
        func requireFile(_ names: String...) throws {
            if names.allSatisfy({ !FileManager.default.fileExists(atPath: "\(path)/\($0)") }) {
                throw MissingInputError(path: "\(path)/\(names[0])", what: "file of the policy")
            }
        }
        try ModelFolder.requireReadable(path)
        try requireFile("config.json")
        let family = try PolicyRegistry.family(directory: path)
        try requireFile("tokenizer.json")
        try requireFile("preprocessor_config.json", "processor_config.json")
        let tokenizer = try Tokenizer.load(directory: URL(fileURLWithPath: path))
        var model = try model(tokenizer.endToken)
        let pictures = try family.processor(directory: path)
        model.warnings += [pictures.warning].compactMap(\.self)
        model.companions = pictures.reconciled(model.companions)
        var template = template
        if template.format == .builtin { template.format = model.chat.format }
        return VisionLanguagePolicy(
            model: model, tokenizer: tokenizer, processor: pictures.processor, template: template)
    }

    /// All parameters, by the hub's keys.
    public var parameters: [Parameter] { model.parameters }

    /// Makes all parameters trainable but those that a pattern names; of a policy with an adapter, all of
    /// the adapter's.
    ///
    /// - Parameter patterns: keys, `*` standing for anything
    /// - Returns: how many numbers stay as they are
    /// - Throws: `ConfigurationError` if a pattern names no parameter, or all are named
    @discardableResult
    public func setTrainable(freezing patterns: [String]) throws -> Int {
        try parameters.setTrainable(freezing: patterns)
    }

    /// The frame of the coordinates in answers about a square picture.
    ///
    /// - Parameter side: the square's
    /// - Returns: the frame; nil if it is the picture's
    /// - Throws: `PolicyInputError` if the processor does not take such a picture
    package func answerFrame(side: Int) throws -> ImageFrame? {
        let square = ImageFrame.square(side)
        let frame = model.options.answerFrame.frame(
            given: square, resized: try processor.resizedFrame(square))
        return frame == square ? nil : frame
    }

    /// Puts the question as the template says, after the picture.
    public func prompt(image: RGBImage, question: String) throws -> Prompt {
        try prompts.prompt(image: image, question: question)
    }

    /// Draws one completion per seed, none of which has a picture's placeholder; prompt and picture go
    /// through the model once.
    public func rollout(
        _ prompt: Prompt, sampling: SamplingParameters, seeds: [UInt64]
    ) throws -> [Completion] {
        try rollout([RolloutRequest(prompt: prompt, seeds: seeds)], sampling: sampling)[0]
    }

    /// Draws completions of several prompts; all go through the model together.
    public func rollout(
        _ requests: [RolloutRequest<Prompt>], sampling: SamplingParameters
    ) throws -> [[Completion]] {
        let prefixes = try model.prefill(requests.map { try input(of: $0.prompt) })
        return try model.generate(
            prefixes, parameters: GenerationParameters(sampling), seeds: requests.map(\.seeds)
        ).map { $0.map(completion) }
    }

    /// The model's likeliest token at each step, whichever that is: a picture's placeholder too, which
    /// is then text like any other token.
    ///
    /// - Parameters:
    ///   - prompt: the question
    ///   - maxLength: the most tokens that the answer may have
    /// - Returns: what transformers generates without sampling
    /// - Throws: `PolicyInputError` if the prompt is unusable
    public func greedyAnswer(_ prompt: Prompt, maxLength: Int) throws -> Completion {
        let parameters = GenerationParameters(temperature: 0, maxNewTokens: maxLength)
        return try completion(
            model.generate(prompt.input, parameters: parameters, seeds: [0], suppressing: [])[0])
    }

    /// A prompt's input, with its picture's tokens while training leaves the vision tower alone: they
    /// are made once for rollout, scores and updates.
    private func input(of prompt: Prompt) throws -> VisionLanguageInput {
        try model.input(
            prompt.input, keeping: prompt.tokens, for: vision,
            keepsVision: model.keepsVision || isReferenceOfKeptVision)
    }

    private func completion(_ generated: GeneratedCompletion) -> Completion {
        Completion(
            tokenIDs: generated.tokenIDs, logProbabilities: generated.logProbabilities,
            text: tokenizer.decode(generated.tokenIDs, skipSpecialTokens: true),
            stopReason: generated.stopReason == .length ? .length : .endOfSequence)
    }

    /// Scores completions; prompt and picture go through the model once.
    public func score(
        _ prompt: Prompt, completions: [[Int]], temperature: Double, withEntropies: Bool
    ) throws -> TokenScores {
        try score(
            [ScoreRequest(prompt: prompt, completions: completions)], temperature: temperature,
            withEntropies: withEntropies)[0]
    }

    /// Scores completions of several prompts; all go through the model together.
    public func score(
        _ requests: [ScoreRequest<Prompt>], temperature: Double, withEntropies: Bool
    ) throws -> [TokenScores] {
        try model.score(
            requests.map {
                PromptCompletions(input: try input(of: $0.prompt), completions: $0.completions)
            }, temperature: temperature, withEntropies: withEntropies
        ).map { TokenScores(logProbabilities: $0.logProbabilities, entropies: $0.entropies) }
    }

    /// Has the adapter's branches leave inputs out, or not.
    public func setDropout(seed: UInt64?) { model.dropout.seed = seed }

    /// A policy over the same memory, with gradients of its own.
    public func sharingParameters() throws -> VisionLanguagePolicy {
        let policy = VisionLanguagePolicy(
            model: try model.sharingParameters(), tokenizer: tokenizer, processor: processor,
            template: template, vision: vision, keepsVision: isReferenceOfKeptVision)
        policy.base = base
        return policy
    }

    /// Writes the policy in the hub's layout, with the chat template that it was asked with.
    public func save(to folder: String) throws { try save(to: folder, dtype: model.dtype) }

    /// What ``save(to:)`` writes, such that it stays as it is while training goes on.
    ///
    /// - Parameter copies: the optimizer's copies of trained parameters, which serve where they are of
    ///   the same type
    /// - Returns: the files; parameters that are not trained are shared, not copied
    /// - Throws: `TorchError`
    package func snapshot(copies: [AdamW.Slot]) throws -> VisionLanguageFiles {
        let masters = Dictionary(uniqueKeysWithValues: copies.map { ($0.key, $0.master) })
        func kept(_ parameter: Parameter) throws -> Tensor {
            let tensor = parameter.tensor
            if !tensor.requiresGradient { return try tensor.detached() }
            if let copy = masters[parameter.key], copy.dtype == tensor.dtype { return copy }
            return try tensor.detached().copiedToHost()
        }
        return try withoutGradients {
            let written = try files(kept)
            return try written.with(template)
        }
    }

    /// Writes the policy in the hub's layout, its weights in another element type; of a policy with an
    /// adapter, the adapter in PEFT's.
    public func save(to folder: String, dtype: DType) throws {
        let written = try withoutGradients {
            try files { parameter in
                let tensor = try parameter.tensor.detached()
                return parameter.isAdapter ? tensor : try tensor.to(dtype)
            }
        }
        try written.with(template).write(to: folder)
    }

    private func files(_ tensor: (Parameter) throws -> Tensor) throws -> VisionLanguageFiles {
        guard let base, let folder = try model.adapterFolder(base: base, tensor) else {
            return try model.files(tensor)
        }
        return folder
    }
}
