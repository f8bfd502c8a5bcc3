import Foundation
public import PromptedMasks
import SAM2
public import Torch

extension SegmenterRegistry {
    /// All families that there are: the only place that names them.
    public static let standard = SegmenterRegistry(SAM2Family.self)
}

/// From a path to a segmenter: by the `model_type` of its `config.json`, or, of an official file without
/// one, by the names of its tensors.
public struct SegmenterRegistry: Sendable {
    private let first: any SegmenterFamily.Type
    private let others: [any SegmenterFamily.Type]

    /// A registry of families.
    ///
    /// - Parameters:
    ///   - first: gets what names no `model_type` and is claimed by no other, and says what is wrong with it
    ///   - others: all others
    public init(
        _ first: any SegmenterFamily.Type, _ others: any SegmenterFamily.Type...
    ) {
        self.first = first
        self.others = others
    }

    private var families: [any SegmenterFamily.Type] { [first] + others }

    /// What people call the segmenters that can be read, for messages.
    public var names: String { families.map { $0.name }.joined(separator: " or ") }

    /// Loads a checkpoint in the hub's layout, or an official file of `torch.save`.
    ///
    /// - Parameters:
    ///   - path: the folder with `config.json` and the weights; or the .pt file, or the folder that holds
    ///     nothing else
    ///   - dtype: the element type to compute in
    ///   - device: where to compute
    ///   - resizing: in which numbers pictures are resized; the released models' way if nil
    /// - Returns: the segmenter
    /// - Throws: `CheckpointError` that names the file and the key
    public func load(
        path: String, dtype: DType = .float32, device: Device = .cpu,
        resizing: PromptedImageProcessor.Resizing? = nil
    ) throws -> any FrozenSegmenter {
        let location = try location(path)
        return try family(location).load(
            location, dtype: dtype, device: device, resizing: resizing)
    }

    /// Reads all of a checkpoint but the weights: a segmenter that can tell its sizes, and nothing else.
    ///
    /// - Parameters:
    ///   - path: as ``load(path:dtype:device:resizing:)`` takes it
    ///   - dtype: the element type that would be computed in
    /// - Returns: the segmenter
    /// - Throws: `CheckpointError` that names the file and the key
    public func outline(path: String, dtype: DType = .float32) throws -> any FrozenSegmenter {
        let location = try location(path)
        return try family(location).outline(location, dtype: dtype)
    }

    /// The files that a checkpoint is read from.
    ///
    /// - Parameter path: as ``load(path:dtype:device:resizing:)`` takes it
    /// - Returns: their paths
    /// - Throws: `CheckpointError` if weights are missing
    public func files(path: String) throws -> [String] { try location(path).files() }

    /// Reads and checks the sizes of a checkpoint.
    ///
    /// - Parameter path: `config.json`; the folder that has it; or an official .pt file
    /// - Returns: the sizes
    /// - Throws: `CheckpointError` that names the file and the key
    public func sizes(path: String) throws -> any SegmenterSizes {
        if path.hasSuffix(".json") {
            return try (named(by: path) ?? first).sizes(configuration: path)
        }
        let location = try location(path)
        return try family(location).sizes(location)
    }

    // MARK: - Which family

    private func location(_ path: String) throws -> SegmenterLocation {
        try SegmenterLocation(path: path, family: names)
    }

    private func family(_ location: SegmenterLocation) throws -> any SegmenterFamily.Type {
        let configuration = location.folder + "/config.json"
        guard case .official(let file) = location else {
            return try named(by: configuration) ?? first
        }
        // What is wrong with the file beside it is told by the family, after what is wrong with this.
        return (try? named(by: configuration)) ?? others.first { $0.claims(officialFile: file) }
            ?? first
    }

    /// The family whose `model_type` a file has; nil if it is not there or has none.
    ///
    /// - Throws: `CheckpointError` if no family has it
    private func named(by file: String) throws -> (any SegmenterFamily.Type)? {
        guard
            let type = try ModelType.read(file, accepted: families.flatMap { $0.modelTypes })
        else { return nil }
        return families.first { $0.modelTypes.contains(type) }
    }
}
