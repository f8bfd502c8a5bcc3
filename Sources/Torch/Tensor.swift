import CTorchShim

/// A libtorch tensor.
///
/// A `Tensor` owns one reference to a libtorch tensor and gives it back when it goes away. Operations
/// return new tensors (views share storage, as in libtorch); the few that write in place say so
/// in their name. Every operation that libtorch may refuse throws ``TorchError``. Dimensions count
/// from 0, or from the end with negative numbers.
///
/// `@unchecked Sendable`: libtorch's reference counts are atomic and reading a tensor from several
/// threads is safe. Writing in place while another thread uses the same storage is a race, which the
/// caller must exclude; in this project only optimizers and caches write, on the training thread.
public final class Tensor: @unchecked Sendable {
    let handle: OpaquePointer

    /// Takes ownership of a handle.
    init(owning handle: OpaquePointer) {
        self.handle = handle
    }

    deinit {
        cts_tensor_free(handle)
    }
}

// MARK: - Creation

extension Tensor {
    /// A CPU tensor from Swift values, row after row; `shape` defaults to one dimension.
    public static func of<Element: TensorElement>(
        _ values: [Element], shape: [Int]? = nil, function: String = #function
    ) throws(TorchError) -> Tensor {
        try make(function) { out in
            values.withUnsafeBytes { bytes in
                withList(shape ?? [values.count]) {
                    cts_from_data(
                        bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1), bytes.count, $0,
                        Element.dtype.rawValue, out)
                }
            }
        }
    }

    /// A CPU tensor whose elements `body` writes, all of them, row after row: where the values are made
    /// once, a copy is saved.
    public static func filled<Element: TensorElement>(
        _ shape: [Int], of: Element.Type, by body: (UnsafeMutableBufferPointer<Element>) -> Void
    ) throws(TorchError) -> Tensor {
        let tensor = try uninitialized(shape, dtype: Element.dtype)
        var data: UnsafeMutableRawPointer?
        try check(cts_data_pointer(tensor.handle, &data), function: #function)
        body(
            UnsafeMutableBufferPointer(
                start: data?.assumingMemoryBound(to: Element.self), count: tensor.count))
        return tensor
    }

    /// A tensor whose elements are all `value`.
    public static func full(
        _ shape: [Int], _ value: some Scalar, dtype: DType = .float32, device: Device = .cpu
    ) throws(TorchError) -> Tensor {
        try make(#function) { out in
            withList(shape) { cts_full($0, value.code, dtype.rawValue, device.code, out) }
        }
    }

    /// A tensor of zeros.
    public static func zeros(
        _ shape: [Int], dtype: DType = .float32, device: Device = .cpu
    ) throws(TorchError) -> Tensor {
        try full(shape, 0, dtype: dtype, device: device)
    }

    /// A tensor of ones.
    public static func ones(
        _ shape: [Int], dtype: DType = .float32, device: Device = .cpu
    ) throws(TorchError) -> Tensor {
        try full(shape, 1, dtype: dtype, device: device)
    }

    /// A tensor whose elements are whatever the memory held: to be written before it is read.
    public static func uninitialized(
        _ shape: [Int], dtype: DType = .float32, device: Device = .cpu
    ) throws(TorchError) -> Tensor {
        try make(#function) { out in
            withList(shape) { cts_empty($0, dtype.rawValue, device.code, out) }
        }
    }

    /// 0, 1, … `count - 1`.
    public static func range(
        _ count: Int, dtype: DType = .int64, device: Device = .cpu
    ) throws(TorchError) -> Tensor {
        try range(from: 0, to: count, dtype: dtype, device: device)
    }

    /// `start`, `start + step`, … below `end`.
    public static func range(
        from start: Int, to end: Int, step: Int = 1, dtype: DType = .int64, device: Device = .cpu
    ) throws(TorchError) -> Tensor {
        try make(#function) {
            cts_arange(start.code, end.code, step.code, dtype.rawValue, device.code, $0)
        }
    }

    /// Independent standard normal numbers, on the generator's device.
    public static func normal(
        _ shape: [Int], generator: Generator, dtype: DType = .float32
    ) throws(TorchError) -> Tensor {
        try make(#function) { out in
            withList(shape) { cts_random_normal($0, dtype.rawValue, generator.handle, out) }
        }
    }

    /// Independent numbers from [0, 1), on the generator's device.
    public static func uniform(
        _ shape: [Int], generator: Generator, dtype: DType = .float32
    ) throws(TorchError) -> Tensor {
        try make(#function) { out in
            withList(shape) { cts_random_uniform($0, dtype.rawValue, generator.handle, out) }
        }
    }
}

// MARK: - Properties

extension Tensor {
    /// How many dimensions there are.
    public var rank: Int {
        var count: Int64 = 0
        mustSucceed(cts_dimension_count(handle, &count))
        return Int(count)
    }

    /// The size of each dimension.
    public var shape: [Int] {
        let rank = rank
        return [Int](unsafeUninitializedCapacity: rank) { buffer, count in
            buffer.withMemoryRebound(to: Int64.self) {
                mustSucceed(cts_sizes(handle, $0.baseAddress, Int64(rank)))
            }
            count = rank
        }
    }

    /// The size of one dimension; `dim` must exist.
    public func size(_ dim: Int) -> Int {
        let shape = shape
        return shape[dim < 0 ? dim + shape.count : dim]
    }

    /// How many elements there are.
    public var count: Int { shape.reduce(1, *) }

    /// The element type.
    public var dtype: DType {
        var code: CTSDType = 0
        mustSucceed(cts_dtype(handle, &code))
        guard let dtype = DType(rawValue: code) else {
            preconditionFailure("unknown dtype code \(code)")
        }
        return dtype
    }

    /// Where the elements live.
    public var device: Device {
        var code = CTSDevice(type: 0, index: 0)
        mustSucceed(cts_device(handle, &code))
        return Device(code)
    }

    /// How often the elements, or those of a view of this tensor, were changed in place.
    public var version: Int {
        var count: Int64 = 0
        mustSucceed(cts_version(handle, &count))
        return Int(count)
    }

    /// Whether the elements stand in memory row after row, without gaps.
    public var isContiguous: Bool {
        var result = false
        mustSucceed(cts_is_contiguous(handle, &result))
        return result
    }

    /// Whether `other` has the same shape, dtype and elements; NaN equals nothing.
    public func isEqual(to other: Tensor) throws(TorchError) -> Bool {
        var result = false
        try check(cts_equal(handle, other.handle, &result), function: #function)
        return result
    }
}

// MARK: - Data and conversion

extension Tensor {
    /// The elements as Swift values, row after row, converted to `type`'s dtype.
    public func values<Element: TensorElement>(_ type: Element.Type) throws(TorchError) -> [Element]
    {
        let source = try to(Element.dtype)
        let count = source.count
        var status: CTSStatus = 0
        let values = [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
            let bytes = UnsafeMutableRawBufferPointer(buffer)
            status = cts_copy_data(source.handle, bytes.baseAddress, bytes.count)
            initialized = status == CTS_OK ? count : 0
        }
        try check(status, function: #function)
        return values
    }

    /// The elements as float32 values.
    public var floats: [Float] {
        get throws(TorchError) { try values(Float.self) }
    }

    /// The elements as integers.
    public var integers: [Int] {
        get throws(TorchError) { try values(Int.self) }
    }

    /// The only element, as a double.
    public func item() throws(TorchError) -> Double {
        let values = try values(Double.self)
        guard let value = values.first, values.count == 1 else {
            throw TorchError(
                code: .invalidArgument, function: #function,
                message: "the tensor has \(values.count) elements, not one")
        }
        return value
    }

    /// Lends the memory of a contiguous CPU tensor, for reading.
    public func withBytes<Result>(
        _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        var pointer: UnsafeMutableRawPointer?
        try check(cts_data_pointer(handle, &pointer), function: #function)
        return try withExtendedLifetime(self) {
            try body(UnsafeRawBufferPointer(start: pointer, count: count * dtype.byteCount))
        }
    }

    /// The same numbers in another element type; the tensor itself if it has it already.
    public func to(_ dtype: DType) throws(TorchError) -> Tensor {
        if dtype == self.dtype { return self }
        return try make(#function) { cts_to_dtype(handle, dtype.rawValue, $0) }
    }

    /// The same numbers on another device; the tensor itself if it is there already.
    public func to(_ device: Device) throws(TorchError) -> Tensor {
        if device == self.device { return self }
        return try make(#function) { cts_to_device(handle, device.code, $0) }
    }

    /// The same numbers without gaps in memory.
    public func contiguous() throws(TorchError) -> Tensor {
        try make(#function) { cts_contiguous(handle, $0) }
    }

    /// A copy with storage of its own.
    public func clone() throws(TorchError) -> Tensor {
        try make(#function) { cts_clone(handle, $0) }
    }

    /// A copy in main memory, with storage of its own.
    public func copiedToHost() throws(TorchError) -> Tensor {
        device == .cpu ? try clone() : try to(.cpu)
    }

    /// Writes `source` into this tensor, converting its dtype and device; shapes broadcast.
    public func copyInPlace(from source: Tensor) throws(TorchError) {
        try check(cts_copy_into(handle, source.handle), function: #function)
    }

    /// Writes one number into all elements.
    public func fillInPlace(_ value: some Scalar) throws(TorchError) {
        try check(cts_fill(handle, value.code), function: #function)
    }

    /// Adds `scale * source` to this tensor.
    public func addInPlace(_ source: Tensor, scale: some Scalar) throws(TorchError) {
        try check(cts_add_scaled_into(handle, source.handle, scale.code), function: #function)
    }

    /// Multiplies this tensor by a number.
    public func scaleInPlace(by factor: some Scalar) throws(TorchError) {
        try check(cts_scale_in_place(handle, factor.code), function: #function)
    }
}

extension Tensor: CustomStringConvertible {
    /// Dtype, shape and, for small tensors, the elements.
    public var description: String {
        let head = "Tensor(\(dtype), \(shape))"
        guard count <= 32, let values = try? values(Double.self) else { return head }
        return "\(head) \(values)"
    }
}
