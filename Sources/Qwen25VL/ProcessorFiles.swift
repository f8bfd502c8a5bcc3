// Reference: transformers, image_processing_base.py (get_image_processor_dict)
import Foundation
import Tokenizers

/// The files of a folder that may say how pictures are prepared.
///
/// transformers 5 takes `image_processor` of `processor_config.json` where that has one, and else
/// `preprocessor_config.json`; so does this. transformers 4 reads the latter only. What is said of videos
/// counts nowhere.
public struct ProcessorFiles: Sendable {
    /// The file of the hub's checkpoints.
    public static let single = "preprocessor_config.json"
    /// The file that transformers 5 writes.
    public static let combined = "processor_config.json"

    /// The folder.
    public let directory: String
    /// The name of the file that counts.
    public let name: String
    private let hasBoth: Bool

    private struct Combined: Decodable {
        let image: ImageProcessorConfiguration?
        enum CodingKeys: String, CodingKey { case image = "image_processor" }
    }

    /// Looks into the files of a folder.
    ///
    /// - Throws: ``Qwen25VLConfigurationError`` if `processor_config.json` is no JSON object
    public init(directory: String) throws {
        self.directory = directory
        let files = FileManager.default
        let hasSingle = files.fileExists(atPath: directory + "/" + Self.single)
        let path = directory + "/" + Self.combined
        let hasSection = try files.fileExists(atPath: path) && Self.hasSection(path)
        name =
            hasSection || !hasSingle && files.fileExists(atPath: path) ? Self.combined : Self.single
        hasBoth = hasSection && hasSingle
    }

    private static func hasSection(_ path: String) throws -> Bool {
        struct Section: Decodable {
            let isThere: Bool
            init(from decoder: any Decoder) throws {
                let fields = try decoder.container(keyedBy: AnyKey.self)
                let key = AnyKey("image_processor")
                isThere = try fields.contains(key) && !fields.decodeNil(forKey: key)
            }
        }
        return try decodeFile(path, as: Section.self).isThere
    }

    /// How pictures are prepared, by the file that counts.
    ///
    /// - Parameter vision: the sizes that the file must agree with
    /// - Returns: the configuration
    /// - Throws: ``Qwen25VLConfigurationError`` with the file and the key
    func load(vision: Qwen25VLConfiguration.Vision) throws -> ImageProcessorConfiguration {
        let path = directory + "/" + name
        let result: ImageProcessorConfiguration
        if name == Self.single {
            result = try decodeFile(path, as: ImageProcessorConfiguration.self)
        } else {
            guard let image = try decodeFile(path, as: Combined.self).image else {
                throw Qwen25VLConfigurationError(
                    path: path, key: "image_processor",
                    problem: "is missing, and so is \(Self.single) beside the file")
            }
            result = image
        }
        try result.require(vision, path: path)
        return result
    }

    /// That the file which does not count says something else, with a value of both.
    ///
    /// - Parameter configuration: what ``load(vision:)`` gave
    /// - Returns: a sentence for people; nil if both say the same, or one is there only
    public func warning(_ configuration: ImageProcessorConfiguration) -> String? {
        guard hasBoth else { return nil }
        let begin =
            "\(directory): \(Self.combined) decides how pictures are prepared, as in "
            + "transformers 5, and not \(Self.single) beside it, which transformers 4 reads"
        guard
            let other = try? decodeFile(
                directory + "/" + Self.single, as: ImageProcessorConfiguration.self)
        else { return begin + " and which cannot be used; remove the one that is old" }
        let differences = configuration.differences(from: other).map {
            "\($0.key) is \($0.1) in the first and \($0.2) in the second"
        }
        if differences.isEmpty { return nil }
        return begin + ": " + differences.joined(separator: ", ") + "; remove the one that is old"
    }

    /// The files beside a model's weights, of which the one that does not count says what the other does:
    /// what is written is then read alike by transformers 4 and 5.
    ///
    /// - Parameters:
    ///   - files: those of the folder
    ///   - configuration: what ``load(vision:)`` gave
    /// - Returns: the files; as they were where both say the same, or one is there only
    public func reconciled(
        _ files: [CompanionFile], _ configuration: ImageProcessorConfiguration
    ) -> [CompanionFile] {
        if warning(configuration) == nil { return files }
        return files.map { file in
            file.name == Self.single
                ? CompanionFile(name: file.name, data: configuration.restated(file.data)) : file
        }
    }
}

extension ImageProcessorConfiguration {
    /// A `preprocessor_config.json` with these values; all else in it stays.
    func restated(_ file: Data) -> Data {
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
