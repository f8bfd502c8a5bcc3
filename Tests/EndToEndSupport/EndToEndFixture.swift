import Embeddings
import Evaluation
import Foundation
package import Imaging
import NewModels
package import Policies
package import RLTrainer
import Scenes
import Segmentation
package import Settings
import Testing
import Torch

/// The tiny end-to-end tier: real models with random weights, real files, a few steps.
///
/// One suite at a time, because runs set libtorch's thread count.
@Suite(.serialized) package enum EndToEnd {}

/// Models and shards that all tests share; made by the first one, removed with the process.
package struct EndToEndFixture: Sendable {
    package let policy: String
    package let segmenter: String
    package let shard: String
    /// A picture that is not square, 120 × 90.
    package let picture: String

    package static let root = NSTemporaryDirectory() + "think2seg-\(UUID().uuidString)"

    package static let shared = Result { try EndToEndFixture() }

    private init() throws {
        atexit { try? FileManager.default.removeItem(atPath: EndToEndFixture.root) }
        policy = Self.root + "/policy"
        segmenter = Self.root + "/segmenter"
        shard = Self.root + "/shards/train.h5"
        picture = Self.root + "/picture.png"
        try EmbeddedModels.writePolicy(to: policy, seed: 7)
        try EmbeddedModels.writeSegmenter(to: segmenter, seed: 8)
        var scenes = SynthesisRecipe(output: Self.root + "/shards", count: 4)
        scenes.scenes.side = 64
        _ = try scenes.run()
        let image = RGBImage(
            width: 120, height: 90,
            pixels: (0..<120 * 90).flatMap { place -> [UInt8] in
                let (x, y) = (place % 120, place / 120)
                return (30..<80).contains(x) && (20..<60).contains(y)
                    ? [220, 40, 40] : [UInt8(x), UInt8(2 * y), 90]
            })
        try ImageCodec.write(ImageCodec.encodePNG(image), path: picture)
    }

    /// Three steps on the shared models, into `output`.
    package func configuration(output: String) -> RunConfiguration {
        var result = RunConfiguration()
        result.outputDirectory = output
        result.threads = 2
        result.policy.path = policy
        result.segmenter.path = segmenter
        result.data.train = [shard]
        result.data.imageSize = 56
        result.grpo.numGenerations = 3
        result.grpo.promptsPerStep = 2
        result.grpo.sampling.maxCompletionLength = 12
        result.training.maxSteps = 3
        result.logging.saveSteps = 0
        return result
    }

    /// Three steps of few tokens that move the weights, although random policies earn nothing.
    package func cheapConfiguration(output: String) -> RunConfiguration {
        var result = configuration(output: output)
        // Two threads of an operation wait for each other where other processes are at work.
        result.threads = 1
        result.grpo.numGenerations = 2
        result.grpo.sampling.maxCompletionLength = 4
        result.training.learningRate = 1e-2
        result.training.weightDecay = 1
        return result
    }

    package func loadPolicy(_ path: String? = nil) throws -> VisionLanguagePolicy {
        try VisionLanguagePolicy.load(
            path: path ?? policy, dtype: .float32, device: .cpu, template: PromptTemplate())
    }
}

/// The greedy answer to a question about a picture in the policy's frame.
package func greedy(_ policy: VisionLanguagePolicy, _ image: RGBImage, _ question: String) throws
    -> Completion
{
    try policy.rollout(
        policy.prompt(image: image, question: question),
        sampling: SamplingParameters(temperature: 0, maxCompletionLength: 12), seeds: [0])[0]
}

/// A picture of smooth colours that `shift` decides about.
package func gradientPicture(side: Int, shift: Int) -> RGBImage {
    RGBImage(
        width: side, height: side,
        pixels: (0..<side * side).flatMap { place -> [UInt8] in
            let (x, y) = (place % side, place / side)
            return [
                UInt8((4 * x + shift) % 256), UInt8((3 * y + 2 * shift) % 256),
                UInt8((x + y) % 256),
            ]
        })
}
