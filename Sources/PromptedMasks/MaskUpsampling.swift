// Reference: sam2, utils/transforms.py (postprocess_masks)
//
// Legend: M masks, h × w the grid of the low-resolution masks.
public import Imaging
public import Torch

/// Brings the decoder's masks to the frame in which they are wanted.
public struct MaskUpsampling {
    /// The frame in which they are wanted.
    public let output: ImageFrame

    /// An upsampling to a frame.
    public init(output: ImageFrame) {
        self.output = output
    }

    /// How many logits exist at a time: 64 MB.
    private static let limit = 1 << 24

    /// [M, h, w] to [M, height, width], float32: linear between the grid's cells, also where it
    /// shrinks.
    func logits(_ low: Tensor) throws -> Tensor {
        try low.to(.float32).unsqueezed(0)
            .interpolated(height: output.height, width: output.width, mode: .bilinear)
            .selected(0, 0)
    }

    /// Where logits [M, height, width] are above 0.
    func thresholded(_ logits: Tensor) throws -> [BinaryMask] {
        try (0..<logits.size(0)).map { index in
            try BinaryMask(
                width: output.width, height: output.height,
                values: logits.selected(0, index).floats, above: 0)
        }
    }

    /// The masks of logits, a few at a time.
    ///
    /// - Parameter low: the decoder's logits, [M, h, w]
    /// - Returns: M masks: where the logits in `output` are above 0
    /// - Throws: `TorchError`
    public func masks(_ low: Tensor) throws -> [BinaryMask] {
        let count = low.size(0)
        let step = max(1, Self.limit / output.area)
        return try stride(from: 0, to: count, by: step).flatMap { start in
            try thresholded(logits(low.sliced(0, from: start, to: min(start + step, count))))
        }
    }
}
