import NN
package import Torch

extension VisionLanguageModel {
    /// Writes a model with random weights that depend on the seed only, tensor by tensor: there is never
    /// more of it in memory than one of them.
    ///
    /// - Parameters:
    ///   - family: the family, with the sizes
    ///   - seed: decides about the weights
    ///   - directory: the folder, made if it does not exist
    ///   - dtype: the element type in the files
    ///   - companions: the files beside the weights
    /// - Returns: how many numbers the model has
    /// - Throws: an error that names the file if one cannot be written
    package static func writeRandom(
        _ family: any PolicyFamily, seed: UInt64, directory: String, dtype: DType,
        companions: [CompanionFile]
    ) throws -> Int {
        let record = InitializerRecord(dtype: dtype)
        var model = try VisionLanguageModel(
            family, builder: ParameterBuilder(recording: record))
        model.companions = companions
        let random = RandomWeights(seed: seed)
        let tensors = model.parameters.map { parameter in
            let (key, shape) = (parameter.key, parameter.tensor.shape)
            let initializer = record.initializers[key] ?? .constant(0)
            return DeferredTensor(
                model.keyMap.written(key), dtype: dtype, shape: shape
            ) {
                try random.tensor(key, shape: shape, initializer: initializer).to(dtype)
            }
        }
        let files = try model.files { try $0.tensor.detached() }
        try VisionLanguageFiles(companions: files.companions, tensors: tensors)
            .write(to: directory)
        return model.parameters.numberCount
    }
}
