// Reference: sam2, utils/transforms.py (SAM2Transforms)
import Foundation
public import Imaging
public import Torch

/// Turns pictures into the model's input.
///
/// The picture is stretched to the model's square in floating point, as the official predictor does
/// it; transformers' processor rounds to bytes after resizing, which differs by up to half a grey
/// level.
public struct SAM2ImageProcessor: Hashable, Sendable {
    /// The side of the model's square, in pixels.
    public var imageSize: Int
    /// Subtracted from each channel, whose values reach from 0 to 1.
    public var mean: [Double] = [0.485, 0.456, 0.406]
    /// Each channel is divided by it.
    public var deviation: [Double] = [0.229, 0.224, 0.225]

    /// The processing of the released models.
    public init(imageSize: Int) { self.imageSize = imageSize }

    /// Stretches and normalises a picture.
    ///
    /// - Parameters:
    ///   - image: of any size
    ///   - device: where the result shall live
    /// - Returns: [1, 3, imageSize, imageSize], float32
    /// - Throws: ``TorchError``
    public func callAsFunction(_ image: RGBImage, device: Device = .cpu) throws -> Tensor {
        var x =
            try Tensor.of(image.pixels, shape: [1, image.height, image.width, 3]).to(device)
            .permuted(0, 3, 1, 2).contiguous()  // [1, 3, height, width]
            .to(.float32) / 255.0
        if image.width != imageSize || image.height != imageSize {
            x = try x.interpolated(height: imageSize, width: imageSize, mode: .bilinearAntialias)
        }
        let channel = [1, 3, 1, 1]
        let mean = try Tensor.of(mean.map(Float.init), shape: channel).to(device)
        let deviation = try Tensor.of(deviation.map(Float.init), shape: channel).to(device)
        return try (x - mean) / deviation
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
    /// - Returns: the processing
    /// - Throws: ``CheckpointError`` that names the file and the key
    public static func load(path: String, imageSize: Int) throws -> SAM2ImageProcessor {
        var processor = SAM2ImageProcessor(imageSize: imageSize)
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
            throw CheckpointError(path: path, problem: "cannot write: \(error)")
        }
    }
}
