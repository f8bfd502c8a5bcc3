public import Configuration
public import Torch

/// The element type of the finished weights.
public enum StoredType: String, Sendable, CaseIterable, ConfigurationValue {
    /// As they were trained.
    case float32
    /// Half the size; eleven significant bits.
    case float16
    /// Half the size; eight significant bits.
    case bfloat16

    /// The tensors' element type.
    public var dtype: DType {
        switch self {
        case .float32: .float32
        case .float16: .float16
        case .bfloat16: .bfloat16
        }
    }
}
