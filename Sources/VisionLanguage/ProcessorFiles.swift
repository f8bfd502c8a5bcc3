// Reference: transformers, image_processing_base.py (get_image_processor_dict)
package import Foundation

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

    private struct Combined<Image: Decodable>: Decodable {
        let image: Image?
        enum CodingKeys: String, CodingKey { case image = "image_processor" }
    }

    /// Looks into the files of a folder.
    ///
    /// - Throws: ``PolicyConfigurationError`` if `processor_config.json` is no JSON object
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
    /// - Parameter type: the family's configuration of pictures
    /// - Returns: the configuration, and the file that it was read from
    /// - Throws: ``PolicyConfigurationError`` with the file and the key
    package func load<Image: PictureConfiguration>(
        _ type: Image.Type
    ) throws -> (configuration: Image, path: String) {
        let path = directory + "/" + name
        if name == Self.single { return (try decodeFile(path, as: type), path) }
        guard let image = try decodeFile(path, as: Combined<Image>.self).image else {
            throw PolicyConfigurationError(
                path: path, key: "image_processor",
                problem: "is missing, and so is \(Self.single) beside the file")
        }
        return (image, path)
    }

    /// That the file which does not count says something else, with a value of both.
    ///
    /// - Parameter configuration: what ``load(_:)`` gave
    /// - Returns: a sentence for people; nil if both say the same, or one is there only
    package func warning<Image: PictureConfiguration>(_ configuration: Image) -> String? {
        guard hasBoth else { return nil }
        let begin =
            "\(directory): \(Self.combined) decides how pictures are prepared, as in "
            + "transformers 5, and not \(Self.single) beside it, which transformers 4 reads"
        guard
            let other = try? decodeFile(
                directory + "/" + Self.single, as: Image.self)
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
    ///   - configuration: what ``load(_:)`` gave
    /// - Returns: the files; as they were where both say the same, or one is there only
    package func reconciled(
        _ files: [CompanionFile], _ configuration: some PictureConfiguration
    ) -> [CompanionFile] {
        if warning(configuration) == nil { return files }
        return files.map { file in
            file.name == Self.single
                ? CompanionFile(name: file.name, data: configuration.restated(file.data)) : file
        }
    }
}

/// How a family's files say that pictures are prepared.
package protocol PictureConfiguration: Decodable, Sendable {
    /// The values in which another configuration differs: key, value here, value there.
    func differences(from other: Self) -> [(key: String, String, String)]
    /// A `preprocessor_config.json` with these values; all else in it stays.
    func restated(_ file: Data) -> Data
}
