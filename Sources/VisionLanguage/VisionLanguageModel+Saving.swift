import Foundation
public import NN
public import Torch

extension VisionLanguageModel {
    /// Writes the model as a folder in the hub's layout, which transformers loads unchanged.
    ///
    /// The files that stood beside the weights when the model was read are written as they were, but for
    /// two: `config.json` states the element type of the weights that are written, and
    /// `generation_config.json` names all tokens that end completions. A model that was not read from a
    /// folder gets both.
    ///
    /// - Parameters:
    ///   - directory: the folder, made if it does not exist
    ///   - shardBytes: how large one file of weights may become
    ///   - dtype: the element type in the files; the model's if nil
    /// - Throws: an error that names the file if one cannot be written
    public func save(
        directory: String, shardBytes: Int = 5_000_000_000, dtype: DType? = nil
    ) throws {
        let files = try withoutGradients {
            try self.files { parameter in try parameter.tensor.detached().to(dtype ?? self.dtype) }
        }
        try files.write(to: directory, shardBytes: shardBytes)
    }

    /// The files that ``save(directory:shardBytes:dtype:)`` writes, in memory.
    ///
    /// - Parameter tensor: gives the tensor to write for a parameter
    /// - Returns: the files; they change with the tensors that `tensor` gave
    /// - Throws: what `tensor` throws
    public func files(_ tensor: (Parameter) throws -> Tensor) throws -> VisionLanguageFiles {
        let companions = try writtenCompanions()
        let parameters = try parameters.map {
            Parameter(key: keyMap.written($0.key), tensor: try tensor($0))
        }
        let type = StatedElementType.holding(Set(parameters.map(\.tensor.dtype)))
        return VisionLanguageFiles(
            companions: try companions.map { file in
                guard file.name == "config.json" else { return file }
                return CompanionFile(
                    name: file.name,
                    data: try StatedElementType.restated(file.data, as: type, file: file.name))
            },
            parameters: parameters)
    }
}

extension VisionLanguageModel {
    /// The files beside the weights, but for the element type that `config.json` states.
    func writtenCompanions() throws -> [CompanionFile] {
        var files = companions
        if !files.contains(where: { $0.name == "config.json" }) {
            files.append(
                CompanionFile(name: "config.json", data: try family.configurationFile()))
            files.append(
                CompanionFile(name: GenerationConfiguration.file, data: try generation.json()))
        }
        let place = files.firstIndex { $0.name == GenerationConfiguration.file }
        let restated = try generation.restated(place.map { files[$0].data }, options)
        if let restated {
            if let place { files.remove(at: place) }
            files.append(CompanionFile(name: GenerationConfiguration.file, data: restated))
        }
        return files
    }
}
