import CTorchShim

extension Tensor {
    /// What a part of a network makes of this tensor, without keeping the part's inner results for the
    /// gradient: the part runs without gradients, and again, with them, when the gradient is taken.
    ///
    /// The gradients are those of the part called directly, to the bit, if it computes the same in both
    /// runs. The second run adds to the gradients of the part's parameters and of this tensor; other
    /// tensors that it uses must not require gradients, unless they are leaves. While gradients are off
    /// this is just the call.
    ///
    /// - Parameter part: the part; it is let go of together with the record of the result. In its second
    ///   run it may be on a thread of libtorch's
    /// - Returns: what the part returns; it requires a gradient even where this tensor does not
    /// - Throws: what the part throws, as it is; an error of the second run comes out of
    ///   ``backward(gradient:)``
    public func checkpointed(_ part: @escaping (Tensor) throws -> Tensor) throws -> Tensor {
        let context = Unmanaged.passRetained(CheckpointedPart(part)).toOpaque()
        var out: OpaquePointer?
        let status = cts_checkpointed(
            handle,
            CTSPart(
                run: { context, input, output in
                    guard let context, let input, let output else {
                        preconditionFailure("a part is run without its input")
                    }
                    let part = Unmanaged<CheckpointedPart>.fromOpaque(context).takeUnretainedValue()
                    return part.run(input, output)
                },
                release: { object in
                    if let object { Unmanaged<AnyObject>.fromOpaque(object).release() }
                }), context, &out)
        try checkCaller(status, function: #function)
        guard let out else { preconditionFailure("no tensor came out") }
        return Tensor(owning: out)
    }
}

/// A part of a network as libtorch's C face carries it.
private final class CheckpointedPart {
    private let part: (Tensor) throws -> Tensor

    init(_ part: @escaping (Tensor) throws -> Tensor) { self.part = part }

    /// Hands out a new handle, or returns an error that its receiver owns.
    func run(
        _ input: OpaquePointer, _ output: UnsafeMutablePointer<OpaquePointer?>
    ) -> UnsafeMutableRawPointer? {
        do {
            // The input belongs to the caller: a handle of its own may outlive the call.
            let x = try make(#function) { cts_tensor_retain(input, $0) }
            let result = try part(x)
            let status = cts_tensor_retain(result.handle, output)
            try check(status, function: #function)
            return nil
        } catch {
            return Unmanaged.passRetained(CarriedError(error)).toOpaque()
        }
    }
}

/// An error on its way through C++.
private final class CarriedError {
    let error: any Error

    init(_ error: any Error) { self.error = error }
}

/// As ``check(_:function:)``, for calls that run a function of ours, whose error comes out as it was.
func checkCaller(_ status: CTSStatus, function: String) throws {
    guard status == CTS_ERR_CALLER, let object = cts_caller_error() else {
        return try check(status, function: function)
    }
    let error = Unmanaged<CarriedError>.fromOpaque(object).takeUnretainedValue().error
    cts_forget_caller_error()
    throw error
}
