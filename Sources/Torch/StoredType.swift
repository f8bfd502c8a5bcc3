// Reference: safetensors 0.8, tensor.rs (Dtype); torch, serialization.py

/// The type of the numbers of a stored tensor, whether or not a ``Tensor`` can have it.
///
/// All types that safetensors and torch have are known by name; of the ones without a ``dtype`` nothing but
/// name, shape and place is read.
public struct StoredType: Hashable, Sendable, CustomStringConvertible {
    /// What the file calls it: `F8_E4M3` in safetensors, `float8_e4m3fn` in files of `torch.save`.
    public let name: String
    /// What tensors call it; nil if none can have it.
    public let dtype: DType?
    /// Bits of one number; nil if the name is not known.
    let bits: Int?

    private init(_ name: String, _ dtype: DType?, bits: Int?) {
        self.name = name
        self.dtype = dtype
        self.bits = bits
    }

    /// The type in a file of `torch.save` that a tensor's type is.
    init(_ dtype: DType) { self.init("\(dtype)", dtype, bits: 8 * dtype.byteCount) }

    /// A type by its name in safetensors.
    init(safetensors name: String) {
        self = Self.safetensors.first { $0.name == name } ?? StoredType(name, nil, bits: nil)
    }

    /// A type by its name in the module `torch`; nil for other names.
    init?(torch name: String) {
        guard let type = Self.torch[name] else { return nil }
        self = type
    }

    /// A type by the name of its storage in the module `torch`; nil for other names.
    init?(torchStorage name: String) {
        guard let type = Self.torchStorages[name].flatMap({ StoredType(torch: $0) }) else {
            return nil
        }
        self = type
    }

    /// Bytes of `count` numbers, the last one filled up; nil if they are too many, or nobody knows.
    func byteCount(_ count: Int) -> Int? {
        guard let bits else { return nil }
        let (product, overflows) = count.multipliedReportingOverflow(by: bits)
        return overflows ? nil : product / 8 + (product % 8 == 0 ? 0 : 1)
    }

    /// Whether it is a number of 16 bits or more with a fraction, as weights are trained in.
    public var isFloatingPoint: Bool { dtype?.isFloatingPoint ?? false }

    /// Name and kind: "F8_E4M3 (floating point of 8 bits)".
    public var description: String {
        guard let bits else { return "\(name) (unknown)" }
        let first = name.lowercased().first
        let kind =
            switch first {
            case "b" where name.lowercased() != "bool": "floating point of"
            case "f": "floating point of"
            case "i": "integers of"
            case "u": "integers without sign of"
            case "c": "complex numbers of"
            case "q": "quantised integers of"
            default: "truth values of"
            }
        return "\(name) (\(kind) \(bits) bits)"
    }

    /// All types of safetensors.
    public static let safetensors: [StoredType] =
        [
            ("F32", DType.float32), ("BF16", .bfloat16), ("F16", .float16), ("F64", .float64),
            ("I64", .int64), ("I32", .int32), ("U8", .uint8), ("BOOL", .bool),
        ].map { StoredType($0.0, $0.1, bits: 8 * $0.1.byteCount) }
        + [
            ("I8", 8), ("I16", 16), ("U16", 16), ("U32", 32), ("U64", 64), ("C64", 64), ("F4", 4),
            ("F6_E2M3", 6), ("F6_E3M2", 6), ("F8_E5M2", 8), ("F8_E4M3", 8), ("F8_E8M0", 8),
            ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8),
        ].map { StoredType($0.0, nil, bits: $0.1) }

    /// The types of torch by their names in its module.
    private static let torch: [String: StoredType] = {
        let plain = DType.allCases.map { StoredType($0) }
        let others = [
            ("int8", 8), ("int16", 16), ("uint16", 16), ("uint32", 32), ("uint64", 64),
            ("complex32", 32), ("complex64", 64), ("complex128", 128), ("float8_e4m3fn", 8),
            ("float8_e5m2", 8), ("float8_e4m3fnuz", 8), ("float8_e5m2fnuz", 8),
            ("float8_e8m0fnu", 8), ("float4_e2m1fn_x2", 8), ("qint8", 8), ("quint8", 8),
            ("qint32", 32), ("quint4x2", 8), ("quint2x4", 8),
        ].map { StoredType($0.0, nil, bits: $0.1) }
        return Dictionary(uniqueKeysWithValues: (plain + others).map { ($0.name, $0) })
    }()

    private static let torchStorages = [
        "FloatStorage": "float32", "BFloat16Storage": "bfloat16", "HalfStorage": "float16",
        "DoubleStorage": "float64", "LongStorage": "int64", "IntStorage": "int32",
        "ByteStorage": "uint8", "BoolStorage": "bool", "CharStorage": "int8",
        "ShortStorage": "int16", "ComplexFloatStorage": "complex64",
        "ComplexDoubleStorage": "complex128", "UntypedStorage": "uint8",
    ]

    /// The type of a safetensors file that a tensor's type is.
    static func safetensorsName(of dtype: DType) -> String {
        safetensors.first { $0.dtype == dtype }?.name ?? "F32"
    }
}
