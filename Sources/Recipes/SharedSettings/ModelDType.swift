public import Configuration
public import Torch

/// The element type of a model's weights and computations.
public enum ModelDType: String, Sendable, CaseIterable, ConfigurationValue {
    /// 32-bit floating point.
    case float32
    /// 16-bit floating point with the range of float32.
    case bfloat16
}

extension ModelDType {
    /// The tensors' element type.
    public var dtype: DType {
        switch self {
        case .float32: .float32
        case .bfloat16: .bfloat16
        }
    }
}
