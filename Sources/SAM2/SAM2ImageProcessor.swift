// Reference: sam2, utils/transforms.py (SAM2Transforms)
import Foundation
public import Imaging
public import Torch

/// Turns pictures into the model's input: stretched to its square, and normalised.
public struct SAM2ImageProcessor: Hashable, Sendable {
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
    public var mean: [Double] = [0.485, 0.456, 0.406]
    /// Each channel is divided by it.
    public var deviation: [Double] = [0.229, 0.224, 0.225]

    /// The processing of the released models.
    public init(imageSize: Int, resizing: Resizing = .floats) {
        self.imageSize = imageSize
        self.resizing = resizing
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

// MARK: - preprocessor_config.json

extension SAM2ImageProcessor {
    /// What is read of `preprocessor_config.json`.
    private struct Values: Decodable {
        enum CodingKeys: String, CodingKey {
            case mean = "image_mean"
            case deviation = "image_std"
        }
        let mean: [Double]?
        let deviation: [Double]?
    }

    /// What is read of `processor_config.json`.
    private struct Sections: Decodable {
        enum CodingKeys: String, CodingKey { case values = "image_processor" }
        let values: Values?
    }

    /// The processing that a checkpoint's folder describes, or the released models' where it says
    /// nothing.
    ///
    /// - Parameters:
    ///   - path: the folder
    ///   - imageSize: the side of the model's square, in pixels
    ///   - resizing: in which numbers pictures are resized
    /// - Returns: the processing
    /// - Throws: `CheckpointError` that names the file and the key
    public static func load(
        path: String, imageSize: Int, resizing: Resizing = .floats
    ) throws -> SAM2ImageProcessor {
        var processor = SAM2ImageProcessor(imageSize: imageSize, resizing: resizing)
        for name in ["preprocessor_config.json", "processor_config.json"] {
            let file = path + "/" + name
            guard let data = FileManager.default.contents(atPath: file) else { continue }
            do {
                let values =
                    name == "preprocessor_config.json"
                    ? try JSONDecoder().decode(Values.self, from: data)
                    : try JSONDecoder().decode(Sections.self, from: data).values
                try processor.take(values?.mean, into: \.mean, "image_mean", file)
                try processor.take(values?.deviation, into: \.deviation, "image_std", file)
            } catch let error as DecodingError {
                throw CheckpointError(path: file, problem: error.keyAndProblem)
            }
            break
        }
        return processor
    }

    private mutating func take(
        _ values: [Double]?, into path: WritableKeyPath<SAM2ImageProcessor, [Double]>,
        _ key: String, _ file: String
    ) throws {
        guard let values else { return }
        guard values.count == 3, path == \.mean || values.allSatisfy({ $0 > 0 }) else {
            throw CheckpointError(
                path: file, problem: "\(key): \(values) are not three numbers, one per channel")
        }
        self[keyPath: path] = values
    }

    /// Writes `preprocessor_config.json` for transformers.
    func save(path: String, configuration: SAM2Configuration) throws {
        let side = configuration.lowResolutionSide
        let object: [String: Any] = [
            "image_processor_type": "Sam2ImageProcessor", "do_convert_rgb": true,
            "do_normalize": true, "do_rescale": true, "do_resize": true, "resample": 2,
            "rescale_factor": 1.0 / 255, "image_mean": mean, "image_std": deviation,
            "size": ["height": imageSize, "width": imageSize],
            "mask_size": ["height": side, "width": side],
        ]
        do {
            try JSONSerialization.data(
                withJSONObject: object, options: [.prettyPrinted, .sortedKeys]
            ).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw CheckpointError(
                path: path, problem: "cannot write: \(systemReason(error))", isWriteFailure: true)
        }
    }
}
