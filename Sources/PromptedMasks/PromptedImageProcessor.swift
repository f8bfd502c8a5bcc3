// Reference: sam2, utils/transforms.py (SAM2Transforms)
import Foundation
public import Imaging
public import Torch

/// Mean and standard deviation of the channels of pictures, whose values reach from 0 to 1.
public struct ChannelStatistics: Hashable, Sendable {
    /// One number per channel.
    public let mean: [Double]
    /// One number per channel.
    public let deviation: [Double]

    /// Statistics from their parts, three numbers each.
    public init(mean: [Double], deviation: [Double]) {
        (self.mean, self.deviation) = (mean, deviation)
    }

    /// Those of the pictures of ImageNet.
    public static let imageNet = ChannelStatistics(
        mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
}

/// Turns pictures into the model's input: stretched to its square, and normalised.
public struct PromptedImageProcessor: Hashable, Sendable {
    /// In which numbers pictures are resized; the results differ by up to one grey level.
    public enum Resizing: Hashable, Sendable {
        /// As the official predictor does it: in floating point.
        case floats
        /// As transformers' processor does it: bytes become bytes.
        case bytes
    }

    /// The side of the model's square, in pixels.
    public var imageSize: Int
    /// In which numbers pictures are resized.
    public var resizing: Resizing
    /// Subtracted from each channel, whose values reach from 0 to 1.
    public var mean: [Double]
    /// Each channel is divided by it.
    public var deviation: [Double]
    /// Mean and deviation where files say nothing.
    let released: ChannelStatistics

    /// The processing of released models.
    ///
    /// - Parameters:
    ///   - imageSize: the side of the model's square, in pixels
    ///   - resizing: in which numbers pictures are resized
    ///   - statistics: the channels' mean and deviation
    public init(
        imageSize: Int, resizing: Resizing = .floats, statistics: ChannelStatistics = .imageNet
    ) {
        self.imageSize = imageSize
        self.resizing = resizing
        (mean, deviation) = (statistics.mean, statistics.deviation)
        released = statistics
    }

    /// Stretches and normalises a picture.
    ///
    /// - Parameters:
    ///   - image: of any size
    ///   - device: where the result shall live
    /// - Returns: [1, 3, imageSize, imageSize], float32
    /// - Throws: `TorchError`
    public func callAsFunction(_ image: RGBImage, device: Device = .cpu) throws -> Tensor {
        let bytes = try Tensor.of(image.pixels, shape: [1, image.height, image.width, 3])
            .permuted(0, 3, 1, 2).contiguous()  // [1, 3, height, width]
        switch resizing {
        case .floats:
            return try normalized(resized(bytes.to(device).to(.float32) / 255.0), scale: 1)
        case .bytes:
            // Only the CPU resizes bytes.
            return try normalized(resized(bytes).to(device).to(.float32), scale: 255)
        }
    }

    /// [1, 3, height, width] to [1, 3, imageSize, imageSize].
    private func resized(_ x: Tensor) throws -> Tensor {
        if x.size(2) == imageSize && x.size(3) == imageSize { return x }
        return try x.interpolated(height: imageSize, width: imageSize, mode: .bilinearAntialias)
    }

    /// x [1, 3, height, width], whose values reach from 0 to `scale`.
    private func normalized(_ x: Tensor, scale: Float) throws -> Tensor {
        let shape = [1, 3, 1, 1]
        let mean = try Tensor.of(mean.map { Float($0) * scale }, shape: shape).to(x.device)
        let deviation = try Tensor.of(deviation.map { Float($0) * scale }, shape: shape)
        return try (x - mean) / deviation.to(x.device)
    }
}
