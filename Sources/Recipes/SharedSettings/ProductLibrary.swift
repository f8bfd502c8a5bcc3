public import Configuration
import Torch

/// Who computes float32 products with weights on the CPU.
///
/// The results are the same but for rounding; one library gives the same bytes every time.
public enum ProductLibrary: String, Sendable, CaseIterable, ConfigurationValue {
    /// oneDNN where libtorch has it.
    case auto
    /// oneDNN, with weights packed for decoding.
    case onednn
    /// libtorch's own choice, which for large products is MKL.
    case libtorch

    /// Makes the choice for the whole process.
    ///
    /// - Throws: `ConfigurationError` if oneDNN is wanted and not there
    public func apply() throws {
        if self == .onednn, !TorchRuntime.hasOneDNN {
            throw ConfigurationError(problems: [
                ConfigurationProblem(
                    location: "", key: "products",
                    message: "is onednn, but this libtorch has none; use libtorch or auto")
            ])
        }
        try TorchRuntime.setOneDNN(self != .libtorch && TorchRuntime.hasOneDNN)
    }
}
