// Reference: transformers, models/qwen2_vl/image_processing_pil_qwen2_vl.py
public import Imaging
import Torch
public import VisionLanguage

// Legend: h × w blocks of m × m patches of p × p pixels, t repetitions, C channels, N patches.

/// Turns pictures into the patches that the vision tower takes.
public struct Qwen25VLProcessor: PictureProcessor {
    /// What it does to them.
    public var configuration: ImageProcessorConfiguration

    /// A processor from its configuration.
    public init(configuration: ImageProcessorConfiguration) {
        self.configuration = configuration
    }

    /// The size that a picture is resized to: sides that are multiples of a block's, a number of
    /// pixels within the limits, and the proportions kept as far as these allow.
    ///
    /// - Parameter frame: the picture's size
    /// - Returns: the frame that the policy sees
    /// - Throws: `PolicyInputError` if one side is more than 200 times the other
    public func resizedFrame(_ frame: ImageFrame) throws -> ImageFrame {
        let (width, height) = (Double(frame.width), Double(frame.height))
        guard max(width, height) / min(width, height) <= 200 else {
            throw PolicyInputError(
                "a picture of \(frame.width) × \(frame.height) is more than 200 times as long as wide",
                advice: "crop it first")
        }
        let factor = Double(configuration.factor)
        let (least, most) = (Double(configuration.minPixels), Double(configuration.maxPixels))
        var columns = (width / factor).rounded(.toNearestOrEven)
        var rows = (height / factor).rounded(.toNearestOrEven)
        let area = columns * rows * factor * factor
        if area > most {
            let scale = (height * width / most).squareRoot()
            rows = max(1, (height / scale / factor).rounded(.down))
            columns = max(1, (width / scale / factor).rounded(.down))
        } else if area < least {
            let scale = (least / (height * width)).squareRoot()
            rows = (height * scale / factor).rounded(.up)
            columns = (width * scale / factor).rounded(.up)
        }
        return ImageFrame(
            width: Int(columns) * configuration.factor, height: Int(rows) * configuration.factor)
    }

    /// Resizes a picture, normalises it and cuts it into patches.
    ///
    /// - Parameter image: the picture in its own frame
    /// - Returns: the patches on the CPU, and the frame that the picture was resized to
    /// - Throws: `PolicyInputError` if the picture is too narrow
    public func process(_ image: RGBImage) throws -> ProcessedImage {
        let frame = try resizedFrame(image.frame)
        let resized = image.frame == frame ? image : image.resized(to: frame, filter: .bicubic)
        let side = configuration.patchSize
        let grid = VisionGrid(rows: frame.height / side, columns: frame.width / side)
        return ProcessedImage(
            patches: try patches(resized, grid: grid), grid: grid, frame: frame,
            tokenCount: grid.tokenCount(mergeSize: configuration.mergeSize))
    }

    /// The patches, [N, C·t·p·p].
    private func patches(_ image: RGBImage, grid: VisionGrid) throws -> Tensor {
        let layout = PatchLayout(
            side: configuration.patchSize, merge: configuration.mergeSize,
            repetitions: configuration.temporalPatchSize)
        return try Tensor.filled([grid.patchCount, layout.patchElements], of: Float.self) {
            layout.write(image, table: normalized, to: $0)
        }
    }

    /// What each level of each channel becomes: rescaled in double precision and rounded once, as the
    /// reference does, then centred and divided in single precision.
    private var normalized: [Float] {
        zip(configuration.mean, configuration.deviation).flatMap { mean, deviation in
            (0..<256).map { level in
                (Float(Double(level) * configuration.rescaleFactor) - Float(mean))
                    / Float(deviation)
            }
        }
    }
}
