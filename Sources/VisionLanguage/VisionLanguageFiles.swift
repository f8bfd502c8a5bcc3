import Foundation
import NN
import Torch

/// A model's folder in the hub's layout, in memory.
public struct VisionLanguageFiles: Sendable {
    let companions: [CompanionFile]
    let tensors: [DeferredTensor]
    /// The name of the one file of weights of an adapter; nil for a model, whose weights may be several.
    let adapterFile: String?

    init(
        companions: [CompanionFile], tensors: [DeferredTensor], adapterFile: String? = nil
    ) {
        self.companions = companions
        self.tensors = tensors
        self.adapterFile = adapterFile
    }

    init(companions: [CompanionFile], parameters: [Parameter]) {
        self.init(
            companions: companions,
            tensors: parameters.map { DeferredTensor(NamedTensor($0.key, $0.tensor)) })
    }

    /// Writes the files.
    ///
    /// - Parameters:
    ///   - directory: the folder, made if it does not exist
    ///   - shardBytes: how large one file of weights may become
    /// - Throws: an error that names the file if one cannot be written
    public func write(to directory: String, shardBytes: Int = 5_000_000_000) throws {
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        for file in companions {
            try file.data.write(
                to: URL(fileURLWithPath: directory + "/" + file.name), options: .atomic)
        }
        try removeOld(directory)
        guard let adapterFile else {
            return try tensors.save(to: directory, shardBytes: shardBytes)
        }
        try SafetensorsFile.write(deferred: tensors, to: "\(directory)/\(adapterFile)")
    }

    /// What was there before and would be read instead of the new: weights, in one file or in several,
    /// and how pictures are prepared.
    private func removeOld(_ directory: String) throws {
        let combined = ProcessorFiles.combined
        let keepsCombined = companions.contains { $0.name == combined }
        for name in try FileManager.default.contentsOfDirectory(atPath: directory)
        where name.hasPrefix("model") && name.hasSuffix(".safetensors")
            || name == "model.safetensors.index.json" || name == combined && !keepsCombined
        {
            try FileManager.default.removeItem(atPath: directory + "/" + name)
        }
    }
    /// The same weights beside other files.
    ///
    /// - Parameter change: gets the files and returns others
    /// - Returns: the folder
    /// - Throws: what `change` throws
    public func replacingCompanions(
        _ change: ([CompanionFile]) throws -> [CompanionFile]
    ) rethrows -> VisionLanguageFiles {
        VisionLanguageFiles(
            companions: try change(companions), tensors: tensors, adapterFile: adapterFile)
    }
}
