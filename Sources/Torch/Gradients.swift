import CTorchShim

/// Runs `body` with gradient recording off, and restores what was before, also when it throws.
public func withoutGradients<Result>(_ body: () throws -> Result) rethrows -> Result {
    try withGradients(enabled: false, body)
}

/// Runs `body` with gradient recording on or off, and restores what was before, also when it throws.
///
/// The mode belongs to the thread: `body` must not hop to another one.
public func withGradients<Result>(
    enabled: Bool, _ body: () throws -> Result
) rethrows -> Result {
    let before = cts_grad_enabled()
    cts_set_grad_enabled(enabled)
    defer { cts_set_grad_enabled(before) }
    return try body()
}

/// Whether operations on this thread record what gradients need.
public var gradientsAreEnabled: Bool { cts_grad_enabled() }

extension Tensor {
    /// Whether operations on this tensor record what gradients need.
    public var requiresGradient: Bool {
        var result = false
        mustSucceed(cts_requires_grad(handle, &result))
        return result
    }

    /// Makes a leaf take part in gradients, or not.
    public func setRequiresGradient(_ required: Bool) throws(TorchError) {
        try check(cts_set_requires_grad(handle, required), function: #function)
    }

    /// The same elements without the record of how they came about.
    public func detached() throws(TorchError) -> Tensor {
        try make(#function) { cts_detach(handle, $0) }
    }

    /// The gradient that has accumulated in this leaf.
    public var gradient: Tensor? {
        var out: OpaquePointer?
        mustSucceed(cts_grad(handle, &out))
        return out.map { Tensor(owning: $0) }
    }

    /// Replaces the accumulated gradient; nil removes it.
    public func setGradient(_ gradient: Tensor?) throws(TorchError) {
        try check(cts_set_grad(handle, gradient?.handle), function: #function)
    }

    /// Adds to every leaf the gradient of this tensor, which has one element unless `gradient`, the
    /// gradient with respect to this tensor, is given.
    ///
    /// - Throws: `TorchError`, or what a part throws that ``checkpointed(_:)`` runs again
    public func backward(gradient: Tensor? = nil) throws {
        try checkCaller(cts_backward(handle, gradient?.handle), function: #function)
    }
}

/// The hyper-parameters of one AdamW step.
public struct AdamWOptions: Hashable, Sendable {
    /// The step's size.
    public var learningRate: Double
    /// Decay of the mean of gradients.
    public var beta1: Double
    /// Decay of the mean of squared gradients.
    public var beta2: Double
    /// Decoupled weight decay.
    public var weightDecay: Double
    /// Added to the denominator.
    public var epsilon: Double

    /// Options with PyTorch's defaults.
    public init(
        learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999, weightDecay: Double = 0,
        epsilon: Double = 1e-8
    ) {
        self.learningRate = learningRate
        self.beta1 = beta1
        self.beta2 = beta2
        self.weightDecay = weightDecay
        self.epsilon = epsilon
    }
}

/// What libtorch's fused AdamW kernel updates, in step with each other.
public struct AdamWState {
    /// The parameters.
    public var parameters: [Tensor]
    /// Running means of the gradients, shaped as the parameters.
    public var expAvg: [Tensor]
    /// Running means of the squared gradients, shaped as the parameters.
    public var expAvgSq: [Tensor]
    /// How many steps each parameter has had; float32 scalars.
    public var steps: [Tensor]

    /// A state from its parts, which have the same count.
    public init(parameters: [Tensor], expAvg: [Tensor], expAvgSq: [Tensor], steps: [Tensor]) {
        self.parameters = parameters
        self.expAvg = expAvg
        self.expAvgSq = expAvgSq
        self.steps = steps
    }

    /// Takes one step in place with `gradients`, one per parameter.
    public func step(gradients: [Tensor], options: AdamWOptions) throws(TorchError) {
        precondition(gradients.count == parameters.count && expAvg.count == parameters.count)
        let status = withHandles(parameters) { parameters, count in
            withHandles(gradients) { gradients, _ in
                withHandles(expAvg) { expAvg, _ in
                    withHandles(expAvgSq) { expAvgSq, _ in
                        withHandles(steps) { steps, _ in
                            cts_fused_adamw(
                                parameters, gradients, expAvg, expAvgSq, steps, count,
                                CTSAdamW(
                                    learning_rate: options.learningRate, beta1: options.beta1,
                                    beta2: options.beta2, weight_decay: options.weightDecay,
                                    epsilon: options.epsilon))
                        }
                    }
                }
            }
        }
        try check(status, function: #function)
    }
}
