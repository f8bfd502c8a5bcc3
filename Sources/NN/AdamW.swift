public import Torch

/// AdamW (Loshchilov and Hutter, 2019) on libtorch's fused kernel.
///
/// Parameters that are not float32 get a float32 master copy: the step changes the master, which is then
/// rounded into the parameter, so that small learning rates are not lost in bfloat16.
///
/// Weight decay leaves out biases and the weights of normalisations, as transformers' Trainer does.
public final class AdamW {
    /// The state of one parameter, by its key.
    public struct Slot: Sendable {
        /// The parameter's key.
        public let key: String
        /// What the optimizer steps on: the parameter, or its float32 master.
        public let master: Tensor
        /// The running mean of the gradient.
        public let expAvg: Tensor
        /// The running mean of the squared gradient.
        public let expAvgSq: Tensor
        /// How many steps the parameter has had; a float32 scalar.
        public let step: Tensor
    }

    /// The state of every parameter, in the order of the parameters.
    public let slots: [Slot]
    private let parameters: [Parameter]
    private let decayed: [Int]
    private let undecayed: [Int]
    private let options: AdamWOptions

    /// An optimizer of `parameters`, whose gradients it reads at each step.
    ///
    /// - Parameters:
    ///   - parameters: what to optimize
    ///   - options: the hyper-parameters; each step brings its own learning rate
    /// - Throws: `TorchError`
    public init(parameters: [Parameter], options: AdamWOptions) throws {
        self.parameters = parameters
        self.options = options
        slots = try withoutGradients {
            try parameters.map { parameter in
                let tensor = try parameter.tensor.detached()
                let master = try tensor.to(.float32)
                let (shape, device) = (tensor.shape, tensor.device)
                return Slot(
                    key: parameter.key, master: master,
                    expAvg: try .zeros(shape, device: device),
                    expAvgSq: try .zeros(shape, device: device),
                    step: try .zeros([], device: device))
            }
        }
        let decays = parameters.indices.map { Self.decays(parameters[$0]) }
        decayed = parameters.indices.filter { decays[$0] }
        undecayed = parameters.indices.filter { !decays[$0] }
    }

    /// Whether weight decay applies to a parameter.
    public static func decays(_ parameter: Parameter) -> Bool {
        !(parameter.key.hasSuffix(".bias") || parameter.key.contains("norm")
            || parameter.key.contains("ln_q"))
    }

    /// Takes one step along the accumulated gradients; a parameter without one stays as it is.
    public func step(learningRate: Double) throws {
        try withoutGradients {
            var changed = options
            changed.learningRate = learningRate
            try step(decayed, changed)
            changed.weightDecay = 0
            try step(undecayed, changed)
        }
    }

    private func step(_ indices: [Int], _ options: AdamWOptions) throws {
        var chosen: [Int] = []
        var gradients: [Tensor] = []
        for index in indices {
            guard let gradient = parameters[index].tensor.gradient else { continue }
            chosen.append(index)
            gradients.append(try gradient.to(.float32))
        }
        if chosen.isEmpty { return }
        let state = AdamWState(
            parameters: chosen.map { slots[$0].master }, expAvg: chosen.map { slots[$0].expAvg },
            expAvgSq: chosen.map { slots[$0].expAvgSq }, steps: chosen.map { slots[$0].step })
        try state.step(gradients: gradients, options: options)
        try roundMasters(chosen)
    }

    /// Gives the parameters at `indices`, all if nil, the values of their masters.
    func roundMasters(_ indices: [Int]? = nil) throws {
        for index in indices ?? Array(parameters.indices)
        where parameters[index].tensor.dtype != .float32 {
            try parameters[index].tensor.copyInPlace(from: slots[index].master)
        }
    }
}

extension [Parameter] {
    /// Removes all accumulated gradients.
    public func clearGradients() throws {
        for parameter in self { try parameter.tensor.setGradient(nil) }
    }

    /// The Euclidean norm of all accumulated gradients together, whatever their element types.
    public func gradientNorm() throws -> Double {
        try globalNorm(compactMap(\.tensor.gradient))
    }

    /// Scales the accumulated gradients so that their norm is at most `maxNorm`.
    ///
    /// - Parameters:
    ///   - maxNorm: the bound
    ///   - norm: the gradients' norm, from ``gradientNorm()``
    /// - Throws: `TorchError`
    public func clipGradients(maxNorm: Double, norm: Double) throws {
        let factor = maxNorm / (norm + 1e-6)
        if factor >= 1 { return }
        try withoutGradients {
            for parameter in self { try parameter.tensor.gradient?.scaleInPlace(by: factor) }
        }
    }
}
