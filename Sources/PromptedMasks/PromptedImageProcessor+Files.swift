// Reference: transformers, image_processing_base.py (get_image_processor_dict)
import Foundation
import Imaging
import SystemErrors
import TextFiles
import Torch

// MARK: - preprocessor_config.json, processor_config.json

extension PromptedImageProcessor {
    private static let single = "preprocessor_config.json"
    package static let combined = "processor_config.json"

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
    /// As in transformers 5, `image_processor` of `processor_config.json` counts where it is there, and
    /// else `preprocessor_config.json`.
    ///
    /// - Parameters:
    ///   - path: the folder
    ///   - imageSize: the side of the model's square, in pixels
    ///   - resizing: in which numbers pictures are resized
    /// - Returns: the processing
    /// - Throws: `CheckpointError` that names the file and the key
    public static func load(
        path: String, imageSize: Int, resizing: Resizing = .floats
    ) throws -> PromptedImageProcessor {
        try PromptedImageProcessor(imageSize: imageSize, resizing: resizing).described(by: path)
    }

    /// The processing that a checkpoint's folder describes, or this where it says nothing.
    ///
    /// - Parameter folder: the folder
    /// - Returns: the processing
    /// - Throws: `CheckpointError` that names the file and the key
    public func described(by folder: String) throws -> PromptedImageProcessor {
        try reading(Self.combined, of: folder) ?? reading(Self.single, of: folder) ?? self
    }

    /// The name of the file of a folder that ``load(path:imageSize:resizing:)`` takes; nil if there is none.
    static func file(of path: String) -> String? {
        let released = PromptedImageProcessor(imageSize: 0)
        // One that cannot be read is the one that counts, too.
        func isThere(_ name: String) -> Bool {
            do { return try released.reading(name, of: path) != nil } catch { return true }
        }
        return [combined, single].first(where: isThere)
    }

    /// That the file which does not count says something else, with the values of both.
    ///
    /// - Parameter path: the folder that this was loaded from
    /// - Returns: a sentence for people; nil if both say the same, or one is there only
    public func warning(path: String) -> String? {
        guard let mine = try? reading(Self.combined, of: path) else { return nil }
        let begin =
            "\(path): \(Self.combined) decides how pictures are prepared, as in transformers, "
            + "and not \(Self.single) beside it"
        do {
            guard let other = try reading(Self.single, of: path) else { return nil }
            let values = [
                ("image_mean", mine.mean, other.mean),
                ("image_std", mine.deviation, other.deviation),
            ].filter { $0.1 != $0.2 }.map {
                "\($0.0) is \($0.1) in the first and \($0.2) in the second"
            }
            if values.isEmpty { return nil }
            return "\(begin): \(values.joined(separator: ", ")); remove the one that is old"
        } catch {
            return "\(begin), which cannot be used; remove the one that is old"
        }
    }

    /// The processing with the values of a file of a folder; nil if the file is not there or has no part
    /// about pictures.
    private func reading(_ name: String, of folder: String) throws -> PromptedImageProcessor? {
        let file = folder + "/" + name
        guard let data = FileManager.default.contents(atPath: file) else { return nil }
        var processor = PromptedImageProcessor(
            imageSize: imageSize, resizing: resizing, statistics: released)
        do {
            let values =
                name == Self.single
                ? try JSONDecoder().decode(Values.self, file: data)
                : try JSONDecoder().decode(Sections.self, file: data).values
            guard let values else { return nil }
            try processor.take(values.mean, into: \.mean, "image_mean", file)
            try processor.take(values.deviation, into: \.deviation, "image_std", file)
        } catch let error as DecodingError {
            throw CheckpointError(path: file, problem: error.keyAndProblem)
        }
        return processor
    }

    private mutating func take(
        _ values: [Double]?, into path: WritableKeyPath<PromptedImageProcessor, [Double]>,
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
    ///
    /// - Parameters:
    ///   - path: the file
    ///   - type: the name of transformers' class
    ///   - side: the side of the decoder's masks
    /// - Throws: `CheckpointError` if it cannot be written
    package func save(path: String, type: String, maskSide side: Int) throws {
        let object: [String: Any] = [
            "image_processor_type": type, "do_convert_rgb": true,
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
