import CTorchShim

/// A failure that libtorch or its C face reported.
public struct TorchError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it was.
    public enum Code: Int32, Sendable {
        /// libtorch refused the operation: shapes, dtypes, devices.
        case torch = 1
        /// An allocation failed.
        case outOfMemory = 2
        /// An argument that no operation accepts.
        case invalidArgument = 3
        /// Any other C++ exception.
        case `internal` = 4
    }

    /// What kind of failure it was.
    public let code: Code
    /// The Swift function that failed, as `#function` spells it.
    public let function: String
    /// libtorch's own words.
    public let message: String

    /// The function and libtorch's words.
    public var description: String { "\(function): \(message)" }
}

/// Turns a status into an error; reads the message on the thread that made the call.
func check(_ status: CTSStatus, function: String) throws(TorchError) {
    if status == CTS_OK { return }
    throw TorchError(
        code: TorchError.Code(rawValue: status) ?? .internal, function: function,
        message: String(cString: cts_last_error_message()))
}

/// For calls that fail only when this module has a bug.
func mustSucceed(_ status: CTSStatus, function: StaticString = #function) {
    precondition(status == CTS_OK, "\(function): \(String(cString: cts_last_error_message()))")
}

/// Runs a call that hands out a tensor, and takes ownership of it.
func make(
    _ function: String, _ body: (UnsafeMutablePointer<OpaquePointer?>) -> CTSStatus
) throws(TorchError) -> Tensor {
    var handle: OpaquePointer?
    try check(body(&handle), function: function)
    guard let handle else {
        throw TorchError(code: .internal, function: function, message: "no tensor came out")
    }
    return Tensor(owning: handle)
}

/// Lends a list of integers to a call.
func withList<Result>(_ values: [Int], _ body: (CTSIntList) -> Result) -> Result {
    values.withUnsafeBufferPointer { buffer in
        buffer.withMemoryRebound(to: Int64.self) { list in
            body(CTSIntList(data: list.baseAddress, count: Int64(list.count)))
        }
    }
}

/// Lends the handles of a list of tensors to a call.
func withHandles<Result>(
    _ tensors: [Tensor], _ body: (UnsafeMutablePointer<OpaquePointer?>?, Int64) -> Result
) -> Result {
    var handles: [OpaquePointer?] = tensors.map(\.handle)
    return withExtendedLifetime(tensors) {
        handles.withUnsafeMutableBufferPointer { body($0.baseAddress, Int64($0.count)) }
    }
}
