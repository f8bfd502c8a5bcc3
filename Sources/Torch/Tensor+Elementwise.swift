import CTorchShim

extension Tensor {
    private func unary(_ op: Int, _ function: String = #function) throws(TorchError) -> Tensor {
        try make(function) { cts_unary(Int32(op), handle, $0) }
    }

    private static func binary(
        _ op: Int, _ a: Tensor, _ b: Tensor, _ function: String = #function
    ) throws(TorchError) -> Tensor {
        try make(function) { cts_binary(Int32(op), a.handle, b.handle, $0) }
    }

    private static func binary(
        _ op: Int, _ a: Tensor, _ b: some Scalar, _ function: String = #function
    ) throws(TorchError) -> Tensor {
        try make(function) { cts_binary_scalar(Int32(op), a.handle, b.code, $0) }
    }

    // MARK: One operand

    /// The opposite number.
    public static prefix func - (a: Tensor) throws(TorchError) -> Tensor { try a.unary(CTS_NEG) }
    /// The magnitude.
    public func abs() throws(TorchError) -> Tensor { try unary(CTS_ABS) }
    /// The exponential.
    public func exp() throws(TorchError) -> Tensor { try unary(CTS_EXP) }
    /// The natural logarithm.
    public func log() throws(TorchError) -> Tensor { try unary(CTS_LOG) }
    /// The square root.
    public func sqrt() throws(TorchError) -> Tensor { try unary(CTS_SQRT) }
    /// The reciprocal of the square root.
    public func rsqrt() throws(TorchError) -> Tensor { try unary(CTS_RSQRT) }
    /// The reciprocal.
    public func reciprocal() throws(TorchError) -> Tensor { try unary(CTS_RECIPROCAL) }
    /// The sine.
    public func sin() throws(TorchError) -> Tensor { try unary(CTS_SIN) }
    /// The cosine.
    public func cos() throws(TorchError) -> Tensor { try unary(CTS_COS) }
    /// The hyperbolic tangent.
    public func tanh() throws(TorchError) -> Tensor { try unary(CTS_TANH) }
    /// The logistic function.
    public func sigmoid() throws(TorchError) -> Tensor { try unary(CTS_SIGMOID) }
    /// The positive part.
    public func relu() throws(TorchError) -> Tensor { try unary(CTS_RELU) }
    /// The number times its logistic function.
    public func silu() throws(TorchError) -> Tensor { try unary(CTS_SILU) }
    /// The exact GELU, by the error function.
    public func gelu() throws(TorchError) -> Tensor { try unary(CTS_GELU) }
    /// The GELU approximated by a hyperbolic tangent.
    public func geluTanh() throws(TorchError) -> Tensor { try unary(CTS_GELU_TANH) }
    /// The smooth positive part, log(1 + exp(x)).
    public func softplus() throws(TorchError) -> Tensor { try unary(CTS_SOFTPLUS) }
    /// The square.
    public func squared() throws(TorchError) -> Tensor { try unary(CTS_SQUARE) }
    /// The largest integer not above x.
    public func floor() throws(TorchError) -> Tensor { try unary(CTS_FLOOR) }
    /// The nearest integer, halves to even.
    public func rounded() throws(TorchError) -> Tensor { try unary(CTS_ROUND) }
    /// Whether x is neither infinite nor NaN; dtype bool.
    public func isFinite() throws(TorchError) -> Tensor { try unary(CTS_ISFINITE) }
    /// The opposite truth value; dtype bool.
    public func logicalNot() throws(TorchError) -> Tensor { try unary(CTS_LOGICAL_NOT) }

    // MARK: Two operands

    /// The sum, broadcast.
    public static func + (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
        try binary(CTS_ADD, a, b)
    }
    /// The sum with a number.
    public static func + (a: Tensor, b: some Scalar) throws(TorchError) -> Tensor {
        try binary(CTS_ADD, a, b)
    }
    /// The difference, broadcast.
    public static func - (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
        try binary(CTS_SUB, a, b)
    }
    /// The difference from a number.
    public static func - (a: Tensor, b: some Scalar) throws(TorchError) -> Tensor {
        try binary(CTS_SUB, a, b)
    }
    /// The product, broadcast.
    public static func * (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
        try binary(CTS_MUL, a, b)
    }
    /// The product with a number.
    public static func * (a: Tensor, b: some Scalar) throws(TorchError) -> Tensor {
        try binary(CTS_MUL, a, b)
    }
    /// The quotient, broadcast.
    public static func / (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
        try binary(CTS_DIV, a, b)
    }
    /// The quotient by a number.
    public static func / (a: Tensor, b: some Scalar) throws(TorchError) -> Tensor {
        try binary(CTS_DIV, a, b)
    }
    /// The larger of two tensors' elements.
    public func maximum(_ other: Tensor) throws(TorchError) -> Tensor {
        try Tensor.binary(CTS_MAXIMUM, self, other)
    }
    /// The smaller of two tensors' elements.
    public func minimum(_ other: Tensor) throws(TorchError) -> Tensor {
        try Tensor.binary(CTS_MINIMUM, self, other)
    }
    /// x, but at least `bound`.
    public func clamped(min bound: some Scalar) throws(TorchError) -> Tensor {
        try Tensor.binary(CTS_MAXIMUM, self, bound)
    }
    /// x, but at most `bound`.
    public func clamped(max bound: some Scalar) throws(TorchError) -> Tensor {
        try Tensor.binary(CTS_MINIMUM, self, bound)
    }
    /// The power with a fixed exponent.
    public func power(_ exponent: some Scalar) throws(TorchError) -> Tensor {
        try Tensor.binary(CTS_POW, self, exponent)
    }
    /// The quotient rounded down.
    public func floorDivided(by divisor: Int) throws(TorchError) -> Tensor {
        try Tensor.binary(CTS_FLOOR_DIVIDE, self, divisor)
    }
    /// The remainder with the sign of the divisor.
    public func remainder(by divisor: Int) throws(TorchError) -> Tensor {
        try Tensor.binary(CTS_REMAINDER, self, divisor)
    }

    // MARK: Comparisons; dtype bool

    /// Where a equals b.
    public static func .== (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
        try binary(CTS_EQ, a, b)
    }
    /// Where a equals b.
    public static func .== (a: Tensor, b: some Scalar) throws(TorchError) -> Tensor {
        try binary(CTS_EQ, a, b)
    }
    /// Where a differs from b.
    public static func .!= (a: Tensor, b: some Scalar) throws(TorchError) -> Tensor {
        try binary(CTS_NE, a, b)
    }
    /// Where a is less than b.
    public static func .< (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
        try binary(CTS_LT, a, b)
    }
    /// Where a is less than b.
    public static func .< (a: Tensor, b: some Scalar) throws(TorchError) -> Tensor {
        try binary(CTS_LT, a, b)
    }
    /// Where a is at most b.
    public static func .<= (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
        try binary(CTS_LE, a, b)
    }
    /// Where a is greater than b.
    public static func .> (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
        try binary(CTS_GT, a, b)
    }
    /// Where a is greater than b.
    public static func .> (a: Tensor, b: some Scalar) throws(TorchError) -> Tensor {
        try binary(CTS_GT, a, b)
    }
    /// Where a is at least b.
    public static func .>= (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
        try binary(CTS_GE, a, b)
    }
    /// Where a is at least b.
    public static func .>= (a: Tensor, b: some Scalar) throws(TorchError) -> Tensor {
        try binary(CTS_GE, a, b)
    }
    /// Where both are true.
    public func logicalAnd(_ other: Tensor) throws(TorchError) -> Tensor {
        try Tensor.binary(CTS_LOGICAL_AND, self, other)
    }
    /// Where either is true.
    public func logicalOr(_ other: Tensor) throws(TorchError) -> Tensor {
        try Tensor.binary(CTS_LOGICAL_OR, self, other)
    }

    // MARK: Choices

    /// `a` where the condition holds, else `b`; all three broadcast.
    public static func select(
        _ condition: Tensor, _ a: Tensor, else b: Tensor
    ) throws(TorchError) -> Tensor {
        try make(#function) { cts_where(condition.handle, a.handle, b.handle, $0) }
    }
    /// `value` where `mask` holds, else this tensor.
    public func filled(where mask: Tensor, with value: some Scalar) throws(TorchError) -> Tensor {
        try make(#function) { cts_masked_fill(handle, mask.handle, value.code, $0) }
    }
}
