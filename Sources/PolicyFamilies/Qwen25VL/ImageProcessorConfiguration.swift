// Reference: transformers, models/qwen2_vl/image_processing_pil_qwen2_vl.py
package import Foundation
import Tokenizers
import VisionLanguage

/// How pictures are resized, normalised and cut into patches, as `preprocessor_config.json` says.
public struct ImageProcessorConfiguration: Decodable, Sendable, Equatable {
    /// The fewest pixels of a resized picture.
    public var minPixels: Int
    /// The most pixels of a resized picture.
    public var maxPixels: Int
    /// The side of a patch in pixels.
    public var patchSize: Int
    /// How often a still picture is repeated in a patch.
    public var temporalPatchSize: Int
    /// The side, in patches, of the block that becomes one token.
    public var mergeSize: Int
    /// What is subtracted from the channels.
    public var mean: [Double]
    /// What the channels are divided by afterwards.
    public var deviation: [Double]
    /// What bytes are multiplied by first.
    public var rescaleFactor: Double

    /// The sides of resized pictures are multiples of this.
    public var factor: Int { patchSize * mergeSize }

    /// Reads the file's contents: `min_pixels` and `max_pixels`, or `size` with `shortest_edge` and
    /// `longest_edge`, which mean the same.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyKey.self)
        let fields = ConfigurationFields([container])
        let size = try fields.nested("size")
        func pixels(_ key: String, _ edge: String) throws -> Int {
            if try fields.optional(key, as: Int.self) != nil { return try fields.size(key) }
            return try size?.size(edge) ?? fields.size(key)
        }
        minPixels = try pixels("min_pixels", "shortest_edge")
        maxPixels = try pixels("max_pixels", "longest_edge")
        guard minPixels <= maxPixels else {
            throw fields.invalid(
                "min_pixels", "is \(minPixels), more than max_pixels = \(maxPixels)")
        }
        patchSize = try fields.size("patch_size")
        temporalPatchSize = try fields.size("temporal_patch_size")
        mergeSize = try fields.size("merge_size")
        mean = try Self.channels(fields, "image_mean")
        deviation = try Self.channels(fields, "image_std")
        guard deviation.allSatisfy({ $0 > 0 }) else {
            throw fields.invalid("image_std", "is \(deviation), which are not all positive")
        }
        rescaleFactor = try fields.positive("rescale_factor", default: 1.0 / 255)
        for step in ["do_resize", "do_rescale", "do_normalize"] {
            guard try fields.optional(step, as: Bool.self) ?? true else {
                throw fields.invalid(step, "is false; pictures are always prepared in full")
            }
        }
        // 3 is Pillow's number for bicubic.
        let filter = try fields.optional("resample", as: Int.self) ?? 3
        guard filter == 3 else {
            throw fields.invalid("resample", "is \(filter); only 3 (bicubic) is supported")
        }
    }

    private static func channels(_ fields: ConfigurationFields, _ key: String) throws -> [Double] {
        let values = try fields.required(key, as: [Double].self)
        guard values.count == 3 else {
            throw fields.invalid(key, "has \(values.count) numbers, not one for each of R, G, B")
        }
        return values
    }

    /// Reads what a checkpoint folder says of pictures, from the file that `ProcessorFiles` finds.
    ///
    /// - Parameters:
    ///   - directory: the folder
    ///   - vision: the sizes that the file must agree with
    /// - Returns: the configuration
    /// - Throws: `PolicyConfigurationError` with the file and the key
    public static func load(
        directory: String, vision: Qwen25VLConfiguration.Vision
    ) throws -> ImageProcessorConfiguration {
        try ProcessorFiles(directory: directory).load(vision: vision)
    }

    /// Fails where sizes differ from those of a vision tower.
    func require(_ vision: Qwen25VLConfiguration.Vision, path: String) throws {
        let pairs = [
            ("patch_size", patchSize, vision.patchSize),
            ("temporal_patch_size", temporalPatchSize, vision.temporalPatchSize),
            ("merge_size", mergeSize, vision.mergeSize),
        ]
        for (key, value, needed) in pairs where value != needed {
            throw PolicyConfigurationError(
                path: path, key: key,
                problem: "is \(value), but vision_config of config.json needs \(needed)")
        }
    }

    /// The values in which another configuration differs: key, value here, value there.
    package func differences(from other: ImageProcessorConfiguration) -> [(
        key: String, String, String
    )] {
        let pairs = [
            ("min_pixels", "\(minPixels)", "\(other.minPixels)"),
            ("max_pixels", "\(maxPixels)", "\(other.maxPixels)"),
            ("patch_size", "\(patchSize)", "\(other.patchSize)"),
            ("temporal_patch_size", "\(temporalPatchSize)", "\(other.temporalPatchSize)"),
            ("merge_size", "\(mergeSize)", "\(other.mergeSize)"),
            ("image_mean", "\(mean)", "\(other.mean)"),
            ("image_std", "\(deviation)", "\(other.deviation)"),
            ("rescale_factor", "\(rescaleFactor)", "\(other.rescaleFactor)"),
        ]
        return pairs.filter { $0.1 != $0.2 }.map { ($0.0, $0.1, $0.2) }
    }
}

extension ImageProcessorConfiguration {
    /// A `preprocessor_config.json` with these values; all else in it stays.
    package func restated(_ file: Data) -> Data {
        let values = [
            ("min_pixels", "\(minPixels)"), ("max_pixels", "\(maxPixels)"),
            ("patch_size", "\(patchSize)"), ("temporal_patch_size", "\(temporalPatchSize)"),
            ("merge_size", "\(mergeSize)"), ("image_mean", "\(mean)"),
            ("image_std", "\(deviation)"), ("rescale_factor", "\(rescaleFactor)"),
        ]
        let fresh = Data(#"{"image_processor_type": "Qwen2VLImageProcessor"}"#.utf8)
        let name = ProcessorFiles.single
        guard let text = (try? JSONText(file, file: name)) ?? (try? JSONText(fresh, file: name))
        else { return file }
        let added = values.filter { text.value($0.0) == nil }.map { (key: $0.0, value: $0.1) }
        return text.edited(adding: added) { path, _ in
            // transformers 4 reads the pixels; later versions take them for this as well.
            if path == ["size"] { return .remove }
            return values.first { path == [$0.0] }.map { .replace($0.1) } ?? .keep
        }
    }
}

extension ImageProcessorConfiguration: PictureConfiguration {}

extension ProcessorFiles {
    /// How pictures are prepared, by the file that counts.
    ///
    /// - Parameter vision: the sizes that the file must agree with
    /// - Returns: the configuration
    /// - Throws: ``PolicyConfigurationError`` with the file and the key
    func load(vision: Qwen25VLConfiguration.Vision) throws -> ImageProcessorConfiguration {
        let (result, path) = try load(ImageProcessorConfiguration.self)
        try result.require(vision, path: path)
        return result
    }
}

extension ImageProcessorConfiguration {
    /// The `preprocessor_config.json` of the released models, for a tower of any size.
    package static func releasedJSON(for vision: Qwen25VLConfiguration.Vision) -> String {
        """
        {"image_processor_type": "Qwen2VLImageProcessor", "min_pixels": 3136,
         "max_pixels": 12845056, "patch_size": \(vision.patchSize),
         "temporal_patch_size": \(vision.temporalPatchSize), "merge_size": \(vision.mergeSize),
         "image_mean": [0.48145466, 0.4578275, 0.40821073],
         "image_std": [0.26862954, 0.26130258, 0.27577711], "do_rescale": true,
         "rescale_factor": 0.00392156862745098, "do_normalize": true, "do_resize": true,
         "do_convert_rgb": true, "resample": 3}

        """
    }
}
