import CTorchShim

/// A source of random numbers with a state of its own.
public final class Generator: @unchecked Sendable {
    let handle: OpaquePointer

    /// A generator on a device, started from a seed.
    public init(seed: UInt64, device: Device = .cpu) throws(TorchError) {
        var out: OpaquePointer?
        try check(cts_generator_new(device.code, seed, &out), function: #function)
        guard let out else {
            throw TorchError(code: .internal, function: #function, message: "no generator came out")
        }
        handle = out
    }

    deinit {
        cts_generator_free(handle)
    }

    /// Everything that decides about the numbers to come, as bytes.
    public func state() throws(TorchError) -> [UInt8] {
        try make(#function) { cts_generator_state(handle, $0) }.values(UInt8.self)
    }

    /// Continues from a state that ``state()`` gave.
    public func restore(_ state: [UInt8]) throws(TorchError) {
        let tensor = try Tensor.of(state)
        try check(cts_generator_set_state(handle, tensor.handle), function: #function)
    }
}

/// What the process shares.
public enum TorchRuntime {
    /// The libtorch that this was built against.
    public static var version: String { String(cString: cts_libtorch_version()) }

    /// The libtorch that is loaded, as "2.13.0".
    public static var loadedVersion: String {
        var major: Int64 = 0
        var minor: Int64 = 0
        var patch: Int64 = 0
        cts_loaded_libtorch_version(&major, &minor, &patch)
        return "\(major).\(minor).\(patch)"
    }

    /// How many threads an operation may use that this thread starts.
    public static var threadCount: Int { Int(cts_thread_count()) }

    /// Sets how many threads an operation may use that this thread starts, and threads that begin later;
    /// results on the CPU depend on it in the last bits.
    public static func setThreadCount(_ count: Int) throws(TorchError) {
        try check(cts_set_thread_count(Int32(clamping: count)), function: #function)
    }

    /// Whether products with weights can go to oneDNN directly.
    public static var hasOneDNN: Bool { cts_has_onednn() }

    /// Whether they do; see ``setOneDNN(_:)``.
    public static var usesOneDNN: Bool { cts_uses_onednn() }

    /// Gives large float32 products with weights on the CPU to oneDNN or to libtorch's own choice.
    ///
    /// It holds for the whole process. From the start it is oneDNN where libtorch has it. Results are
    /// the same but for rounding.
    ///
    /// - Throws: ``TorchError`` if libtorch has no oneDNN
    public static func setOneDNN(_ used: Bool) throws(TorchError) {
        try check(cts_use_onednn(used), function: #function)
    }

    /// How many CUDA devices can be used.
    public static var cudaDeviceCount: Int { Int(cts_cuda_device_count()) }
}
