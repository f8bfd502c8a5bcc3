import Foundation
import PromptedMasks
public import SAM2

/// Small models of the real architectures with random weights, for trying everything without any
/// download.
public enum EmbeddedModels {
    /// Writes a SAM2.1 of 0.5 M parameters that sees 256 × 256 pixels, in the hub's layout.
    ///
    /// - Parameters:
    ///   - folder: the folder, made if need be
    ///   - seed: decides about the weights
    /// - Throws: the error of the file that cannot be written
    public static func writeSegmenter(to folder: String, seed: UInt64) throws {
        try SAM2Model.random(configuration: segmenterConfiguration, seed: seed)
            .save(directory: folder)
    }

    /// The sizes of a SAM2.1 of 0.5 M parameters that sees 256 × 256 pixels.
    public static var segmenterConfiguration: SAM2Configuration { segmenter(width: 16) }

    /// The sizes of the small segmenter with a width of its own.
    ///
    /// - Parameter width: channels of the encoder's first stage, a multiple of 8; each stage doubles them,
    ///   and prompts and decoder have four times as many
    /// - Returns: the sizes
    package static func segmenter(width: Int) -> SAM2Configuration {
        var configuration = SAM2Configuration()
        let side = 256
        let widths = [width, 2 * width, 4 * width, 8 * width]
        configuration.vision.backbone.imageSize = 256
        configuration.vision.backbone.embedDimensions = widths
        configuration.vision.backbone.hiddenSize = width
        configuration.vision.backbone.blocks = [1, 1, 2, 1]
        configuration.vision.backbone.heads = [1, 2, 4, 8]
        configuration.vision.backbone.windows = [8, 4, 8, 4]
        configuration.vision.backbone.globalBlocks = [3]
        configuration.vision.backboneChannels = widths.reversed()
        configuration.vision.featureSizes = [4, 8, 16].map { [side / $0, side / $0] }
        configuration.vision.fpnHiddenSize = 4 * width
        configuration.promptEncoder.hiddenSize = 4 * width
        configuration.promptEncoder.imageSize = side
        configuration.maskDecoder.hiddenSize = 4 * width
        configuration.maskDecoder.mlpSize = 8 * width
        configuration.maskDecoder.heads = 4
        configuration.maskDecoder.iouHeadHiddenSize = 4 * width
        return configuration
    }
}
