public import Imaging
public import NN
public import Torch

/// How completions are drawn from a policy.
public struct SamplingParameters: Hashable, Sendable {
    /// Divides the logits; 0 means greedy.
    public var temperature: Double
    /// Draws among this many most likely tokens only; 0 means all.
    public var topK: Int
    /// Draws among the most likely tokens that together have at least this probability; 1 means all.
    public var topP: Double
    /// The most tokens a completion may have.
    public var maxCompletionLength: Int

    /// Parameters with TRL's defaults.
    public init(
        temperature: Double = 1, topK: Int = 0, topP: Double = 1, maxCompletionLength: Int
    ) {
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
        self.maxCompletionLength = maxCompletionLength
    }
}

/// Why a completion ended.
public enum StopReason: String, Hashable, Sendable, Codable {
    /// The policy said that it is done.
    case endOfSequence = "eos"
    /// The completion reached the longest length allowed.
    case length
}

/// What a policy answered to a prompt.
public struct Completion: Sendable {
    /// The sampled tokens, with the one that ended the completion.
    public var tokenIDs: [Int]
    /// The sampler's log-probability of each token.
    public var logProbabilities: [Float]
    /// The tokens as text, without special tokens.
    public var text: String
    /// Why it ended.
    public var stopReason: StopReason

    /// A completion from its parts.
    public init(
        tokenIDs: [Int], logProbabilities: [Float], text: String, stopReason: StopReason
    ) {
        self.tokenIDs = tokenIDs
        self.logProbabilities = logProbabilities
        self.text = text
        self.stopReason = stopReason
    }
}

/// A prompt that a policy has made ready: image and question, in the policy's own form.
public protocol PolicyPrompt {
    /// How many tokens the prompt has, those of the image included.
    var tokenCount: Int { get }
    /// The frame of the coordinates that the policy writes.
    var frame: ImageFrame { get }
}

/// What a policy thinks of given completions.
///
/// Legend: G completions, L tokens of the longest.
public struct TokenScores {
    /// The log-probability of each token, float32 [G, L]; what stands past a completion's end is
    /// finite and means nothing.
    public var logProbabilities: Tensor
    /// The entropy of the distribution that each token was drawn from, float32 [G, L], without
    /// gradient; nil unless asked for.
    public var entropies: Tensor?

    /// Scores from their parts.
    public init(logProbabilities: Tensor, entropies: Tensor? = nil) {
        self.logProbabilities = logProbabilities
        self.entropies = entropies
    }
}

/// A prompt with the seeds of the completions that are wanted.
public struct RolloutRequest<Prompt> {
    /// The prompt.
    public var prompt: Prompt
    /// One per completion.
    public var seeds: [UInt64]

    /// A request from its parts.
    public init(prompt: Prompt, seeds: [UInt64]) {
        self.prompt = prompt
        self.seeds = seeds
    }
}

/// A prompt with completions whose scores are wanted.
public struct ScoreRequest<Prompt> {
    /// The prompt.
    public var prompt: Prompt
    /// Token ids, none empty.
    public var completions: [[Int]]

    /// A request from its parts.
    public init(prompt: Prompt, completions: [[Int]]) {
        self.prompt = prompt
        self.completions = completions
    }
}

/// A model that answers questions about images, and can be trained.
///
/// One thread at a time uses a policy; several use one each, made by ``sharingParameters()``.
public protocol Policy: AnyObject {
    /// What ``prompt(image:question:)`` makes.
    associatedtype Prompt: PolicyPrompt

    /// All parameters, by checkpoint key.
    var parameters: [Parameter] { get }

    /// Makes a prompt ready; it can be answered and scored many times.
    func prompt(image: RGBImage, question: String) throws -> Prompt

    /// Draws `seeds.count` completions; each depends on its seed only. Records no gradients.
    func rollout(
        _ prompt: Prompt, sampling: SamplingParameters, seeds: [UInt64]
    ) throws -> [Completion]

    /// Scores completions under the current parameters, logits divided by `temperature`; records
    /// gradients if they are enabled. Entropies are needed only `withEntropies`.
    func score(
        _ prompt: Prompt, completions: [[Int]], temperature: Double, withEntropies: Bool
    ) throws -> TokenScores

    /// Draws completions of several prompts, as if one after the other up to rounding.
    func rollout(
        _ requests: [RolloutRequest<Prompt>], sampling: SamplingParameters
    ) throws -> [[Completion]]

    /// Scores completions of several prompts, as if one after the other up to rounding.
    func score(
        _ requests: [ScoreRequest<Prompt>], temperature: Double, withEntropies: Bool
    ) throws -> [TokenScores]

    /// Decides which inputs a policy with dropout leaves out of what follows; nil: none. The trainer sets a
    /// seed for the time from the scores of an update to their gradient, and for nothing else.
    func setDropout(seed: UInt64?)

    /// The same policy over the memory of this one's parameters, with gradients of its own, for another
    /// thread: steps of this one's parameters show in both.
    ///
    /// - Returns: a policy whose parameters have the same keys, and require gradients where this one's do
    /// - Throws: what making it throws
    func sharingParameters() throws -> Self

    /// Writes the policy to an existing folder, in a layout that it can be loaded from.
    func save(to folder: String) throws
}

extension Policy {
    /// Nothing: a policy without dropout.
    public func setDropout(seed: UInt64?) {}

    /// One prompt after the other.
    public func rollout(
        _ requests: [RolloutRequest<Prompt>], sampling: SamplingParameters
    ) throws -> [[Completion]] {
        try requests.map { try rollout($0.prompt, sampling: sampling, seeds: $0.seeds) }
    }

    /// One prompt after the other.
    public func score(
        _ requests: [ScoreRequest<Prompt>], temperature: Double, withEntropies: Bool
    ) throws -> [TokenScores] {
        try requests.map {
            try score(
                $0.prompt, completions: $0.completions, temperature: temperature,
                withEntropies: withEntropies)
        }
    }

    /// Scores completions of one prompt, with entropies.
    public func score(
        _ prompt: Prompt, completions: [[Int]], temperature: Double
    ) throws -> TokenScores {
        try score(
            prompt, completions: completions, temperature: temperature, withEntropies: true)
    }
}
