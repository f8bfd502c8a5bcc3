import Costs
import Embeddings
import Foundation
import Policies
import PolicyFamilies
package import PromptedMasks
import RLTrainer
import Runs
import Segmenters
public import Settings
public import Torch
package import VisionLanguage

/// What a command computes, as far as it decides how many threads pay.
public struct Workload: Sendable {
    /// The largest matrix product of a layer that the policy has; nil without a policy.
    package var policy: Product?
    /// The largest product of the segmenter's image encoder; nil without a segmenter.
    package var segmenter: Product?
    /// Prompts or samples that can be worked on side by side.
    package var pieces = 1
    /// Whether more workers than pieces divide evenly into would wait for each other.
    package var divides = true
    /// Whether models compute on the CPU.
    package var isOnCPU = true

    /// A product of a matrix of `rows` × `inputs` with one of `inputs` × `outputs`.
    package typealias Product = ImageEncoderCost.Product

    /// Rows of a policy's product that decide: those of a short prompt, more than decoding has.
    private static let policyRows = 256

    /// Work on models that may not be there.
    ///
    /// A model whose configuration cannot be read counts as none: whoever loads it says what is wrong.
    ///
    /// - Parameters:
    ///   - policy: the folder of a policy; nil without one
    ///   - segmenter: a segmenter's folder or file; nil without one
    ///   - pieces: what can be worked on side by side
    ///   - device: where models compute
    public init(policy: String? = nil, segmenter: String? = nil, pieces: Int = 1, device: Device) {
        self.pieces = pieces
        isOnCPU = device == .cpu
        self.policy = policy.flatMap { try? PolicyRegistry.family(directory: $0).options }
            .map(Self.product)
        self.segmenter = segmenter.flatMap { try? SegmenterRegistry.standard.outline(path: $0) }
            .map { Self.product($0.sizes) }
    }

    /// Work on a segmenter of these sizes.
    package init(segmenter: any SegmenterSizes, device: Device) {
        isOnCPU = device == .cpu
        self.segmenter = Self.product(segmenter)
    }

    /// Work on a policy of these sizes.
    package init(policy: PolicyOptions, device: Device) {
        isOnCPU = device == .cpu
        self.policy = Self.product(policy)
    }

    /// The wider of the language model's and the vision tower's.
    package static func product(_ policy: PolicyOptions) -> Product {
        let (text, vision) = (policy.text, policy.vision)
        let candidates = [
            Product(
                rows: policyRows, inputs: text.hiddenSize, outputs: text.intermediateSize),
            Product(
                rows: policyRows, inputs: vision.hiddenSize, outputs: vision.intermediateSize),
        ]
        return candidates.max { $0.work < $1.work } ?? candidates[0]
    }

    /// The widest of the image encoder's, for one picture.
    package static func product(_ segmenter: any SegmenterSizes) -> Product {
        segmenter.encoderCost.widestProduct
    }
}

extension RunConfiguration {
    /// How many threads a training run computes with.
    ///
    /// - Parameters:
    ///   - device: where its models compute
    ///   - cores: how many cores the run may take; all if nil
    /// - Returns: threads, workers and the reason
    public func threadPlan(device: Device, cores: Int? = nil) -> ThreadPlan {
        threadPlan(device: device, recorded: .init(), cores: cores)
    }

    package func threadPlan(
        device: Device, recorded: ThreadPlan.Recorded, cores: Int? = nil
    ) -> ThreadPlan {
        let work = Workload(
            policy: policy.path, segmenter: segmenter.path, pieces: grpo.promptsPerStep,
            device: device)
        return ThreadPlan(
            work, threads: threads, workers: workers, recorded: recorded,
            cores: cores ?? ProcessInfo.processInfo.activeProcessorCount)
    }
}

extension RunConfiguration {
    /// Sets what is left open about threads as it is best for a part of the cores.
    package mutating func choosesThreads(cores: Int) {
        if threads > 0 { return }
        let plan = threadPlan(device: Device(device) ?? .cpu, cores: cores)
        (threads, workers) = (plan.threads, plan.workers)
    }
}

extension ImageEncoderCost.Product {
    /// For people.
    var words: String { "\(inputs) x \(outputs)" }
}
