import Foundation
import NN
import PromptedMasks
import Torch

/// A family that no release has: one plane of patches, and finer levels made of it.
enum ToyFamily: SegmenterFamily {
    static let name = "Toy"
    static let modelTypes = ["toy_masks"]
    /// How its official files begin; the seed of their weights follows.
    static let officialStart = "toy weights "

    static func claims(officialFile file: String) -> Bool { seed(of: file) != nil }

    static func sizes(configuration file: String) throws -> ToySizes {
        let sizes = try ConfigurationFile.read(ToySizes.self, file, family: name)
        if let fault = ConfigurationFault(
            promptEncoder: sizes.promptEncoder, maskDecoder: sizes.maskDecoder)
        {
            throw fault.error(file)
        }
        return sizes
    }

    static func open(_ location: SegmenterLocation) throws -> SegmenterCheckpoint<ToySizes> {
        switch location {
        case .hub(let folder):
            return SegmenterCheckpoint(sizes: try sizes(configuration: folder + "/config.json")) {
                try HubCheckpoint(
                    folder: folder, unusedPrefixes: ["memory."],
                    rename: { $0.hasPrefix("toy.") ? String($0.dropFirst(4)) : $0 })
            }
        case .official(let file):
            return SegmenterCheckpoint(sizes: ToySizes()) {
                SeededCheckpoint(seed: seed(of: file) ?? 0)
            }
        }
    }

    private static func seed(of file: String) -> UInt64? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8),
            text.hasPrefix(officialStart)
        else { return nil }
        return UInt64(text.dropFirst(officialStart.count))
    }
}

/// The sizes of a model that sees 64 × 64 pixels.
struct ToySizes: SegmenterSizes, Codable, Hashable {
    enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case promptEncoder = "prompt_encoder_config"
        case maskDecoder = "mask_decoder_config"
    }
    private var modelType = "toy_masks"
    var promptEncoder = PromptEncoderConfiguration()
    var maskDecoder = MaskDecoderConfiguration()

    init() {
        promptEncoder.hiddenSize = 32
        promptEncoder.imageSize = 64
        maskDecoder.hiddenSize = 32
        maskDecoder.mlpSize = 64
        maskDecoder.iouHeadHiddenSize = 32
    }

    var releasedProcessor: PromptedImageProcessor {
        PromptedImageProcessor(
            imageSize: imageSize, resizing: .bytes,
            statistics: ChannelStatistics(
                mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5]))
    }
    var processorType: String { "ToyImageProcessor" }

    var encoderCost: ImageEncoderCost {
        let cells = embeddingSide * embeddingSide
        let product = ImageEncoderCost.Product(
            rows: cells, inputs: 3 * promptEncoder.patchSize * promptEncoder.patchSize,
            outputs: maskDecoder.hiddenSize)
        return ImageEncoderCost(
            flops: 2 * Double(product.work), widestProduct: product,
            numbersHeld: cells * maskDecoder.hiddenSize)
    }

    func encoder(_ scope: ParameterScope) throws -> ToyEncoder { try ToyEncoder(scope, self) }

    func save(path: String) throws { try ConfigurationFile.write(self, path, fractions: []) }
}

/// [B, 3, size, size] to patches, and by transposed convolutions to levels twice and four times as fine.
struct ToyEncoder: PyramidEncoder {
    private let patches: Conv2d
    private let twice: ConvTranspose2d
    private let again: ConvTranspose2d

    init(_ scope: ParameterScope, _ sizes: ToySizes) throws {
        let (channels, patch) = (sizes.maskDecoder.hiddenSize, sizes.promptEncoder.patchSize)
        patches = try Conv2d(scope / "patches", 3, channels, kernel: patch, stride: patch)
        twice = try ConvTranspose2d(scope / "twice", channels, channels, kernel: 2)
        again = try ConvTranspose2d(scope / "again", channels, channels, kernel: 2)
    }

    func callAsFunction(_ pixels: Tensor) throws -> [Tensor] {
        let coarse = try patches(pixels)
        let middle = try twice(coarse.gelu())
        return [try again(middle.gelu()), middle, coarse]
    }
}

/// The checkpoint that a seed stands for.
final class SeededCheckpoint: ModelCheckpoint {
    let warnings: [String] = []
    private let weights: RandomWeights

    init(seed: UInt64) { weights = RandomWeights(seed: seed) }

    func contains(_ key: String) -> Bool { true }
    func require(_ key: String, shape: [Int]) throws {}
    func finish() throws {}
    func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        try weights.tensor(key, shape: shape, initializer: initializer)
    }
}
