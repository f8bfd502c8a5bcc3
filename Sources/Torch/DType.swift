import CTorchShim

/// The element types of tensors.
public enum DType: Int32, Sendable, CaseIterable {
    /// 32-bit floating point.
    case float32 = 0
    /// 16-bit floating point with the range of float32.
    case bfloat16 = 1
    /// 16-bit IEEE floating point.
    case float16 = 2
    /// 64-bit floating point.
    case float64 = 3
    /// 64-bit signed integers.
    case int64 = 4
    /// 32-bit signed integers.
    case int32 = 5
    /// Bytes.
    case uint8 = 6
    /// Truth values, one byte each.
    case bool = 7

    /// Bytes per element.
    public var byteCount: Int {
        switch self {
        case .float64, .int64: 8
        case .float32, .int32: 4
        case .bfloat16, .float16: 2
        case .uint8, .bool: 1
        }
    }

    /// Whether elements are floating-point numbers.
    public var isFloatingPoint: Bool {
        switch self {
        case .float32, .bfloat16, .float16, .float64: true
        case .int64, .int32, .uint8, .bool: false
        }
    }
}

/// Where a tensor's elements live.
public enum Device: Hashable, Sendable, CustomStringConvertible {
    /// Main memory.
    case cpu
    /// The CUDA device of this ordinal.
    case cuda(Int)

    /// Reads "cpu", "cuda" or "cuda:1".
    public init?(_ name: String) {
        if name == "cpu" {
            self = .cpu
        } else if name == "cuda" {
            self = .cuda(0)
        } else if name.hasPrefix("cuda:"), let index = Int(name.dropFirst(5)), index >= 0 {
            self = .cuda(index)
        } else {
            return nil
        }
    }

    /// "cpu" or "cuda:0".
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }

    var code: CTSDevice {
        switch self {
        case .cpu: CTSDevice(type: 0, index: 0)
        case .cuda(let index): CTSDevice(type: 1, index: Int32(index))
        }
    }

    init(_ code: CTSDevice) {
        self = code.type == 0 ? .cpu : .cuda(Int(code.index))
    }
}

/// A number that operators accept beside a tensor.
///
/// An integer stays one: an int64 tensor plus 1 is int64, plus 1.0 is float32.
public protocol Scalar: Sendable {
    /// Whether the number is an integer.
    static var isInteger: Bool { get }
    /// The number as a double.
    var realValue: Double { get }
    /// The number as an integer; 0 for a real number.
    var integerValue: Int64 { get }
}

extension Int: Scalar {
    /// True.
    public static var isInteger: Bool { true }
    /// The integer as a double.
    public var realValue: Double { Double(self) }
    /// The integer.
    public var integerValue: Int64 { Int64(self) }
}

extension Double: Scalar {
    /// False.
    public static var isInteger: Bool { false }
    /// The number.
    public var realValue: Double { self }
    /// 0; see ``realValue``.
    public var integerValue: Int64 { 0 }
}

extension Scalar {
    var code: CTSScalar {
        CTSScalar(is_integer: Self.isInteger, real: realValue, integer: integerValue)
    }
}

/// A Swift type with the memory layout of a ``DType``.
public protocol TensorElement: BitwiseCopyable, Sendable {
    /// The element type of tensors of such values.
    static var dtype: DType { get }
}

extension Float: TensorElement {
    /// float32.
    public static var dtype: DType { .float32 }
}
extension Double: TensorElement {
    /// float64.
    public static var dtype: DType { .float64 }
}
extension Int: TensorElement {
    /// int64.
    public static var dtype: DType { .int64 }
}
extension Int32: TensorElement {
    /// int32.
    public static var dtype: DType { .int32 }
}
extension UInt8: TensorElement {
    /// uint8.
    public static var dtype: DType { .uint8 }
}
extension Bool: TensorElement {
    /// bool.
    public static var dtype: DType { .bool }
}
