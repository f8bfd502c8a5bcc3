public import Torch

/// How a parameter that no checkpoint provides gets its first values.
public enum Initializer: Sendable {
    /// Normal numbers with this standard deviation.
    case normal(deviation: Double)
    /// Uniform numbers from `-bound ..< bound`.
    case uniform(bound: Double)
    /// All the same.
    case constant(Double)
}

/// Where a model's parameters come from: a checkpoint, or a seed.
public protocol WeightSource: AnyObject {
    /// The tensor of a key: on the CPU, in any floating-point type, of this shape.
    ///
    /// - Parameters:
    ///   - key: the checkpoint's name of the parameter
    ///   - shape: what the model needs
    ///   - initializer: what to do where there is no checkpoint
    /// - Returns: the tensor
    /// - Throws: an error that names the key when it is missing or has another shape
    func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor
}

/// One parameter of a model, by its checkpoint key.
public struct Parameter: Sendable {
    /// The checkpoint's name of the parameter.
    public let key: String
    /// Its values, which an optimizer changes in place.
    public let tensor: Tensor
    /// Whether it belongs to an adapter, not to the base that the adapter changes.
    public let isAdapter: Bool

    /// Whether it is part of a low-rank product beside a matrix of the base.
    public var isLowRank: Bool { isAdapter && key.contains(".lora_") }

    /// A parameter from its parts.
    public init(key: String, tensor: Tensor, isAdapter: Bool = false) {
        self.key = key
        self.tensor = tensor
        self.isAdapter = isAdapter
    }
}

/// Builds a model's parameters: hands out tensors by key, converts them to the model's dtype and
/// device, and remembers them all in the order of construction.
public final class ParameterBuilder {
    /// The element type of all parameters.
    public let dtype: DType
    /// Where all parameters live.
    public let device: Device
    /// What has been built so far.
    public private(set) var parameters: [Parameter] = []
    /// The modules that an adapter may change, in the order of construction.
    public internal(set) var modules: [AdaptableModule] = []
    /// The base's parameters of which the adapter has copies of its own.
    public private(set) var replaced: [Parameter] = []
    /// What the adapter adds to modules, by their places; of a table it is in ``tables``.
    public internal(set) var branches: [String: LowRankBranch] = [:]
    /// What the adapter adds to tables, by their places.
    public internal(set) var tables: [String: LowRankTable] = [:]
    /// What all branches of the adapter ask whether training leaves inputs out.
    public let dropout = AdapterDropout()
    let adapter: AdapterSource?
    private let source: any WeightSource
    private let copies: Bool
    /// Whether the adapter's tensors are this model's own, and not those of another one.
    private let ownsAdapter: Bool
    private let reused: [String: Tensor]
    private var keys: Set<String> = []

    /// A builder that takes its tensors from a source.
    ///
    /// - Parameters:
    ///   - source: the values
    ///   - dtype: the element type of all parameters
    ///   - device: where all parameters live
    ///   - reused: parameters of another model of that type and place, whose values are the source's
    ///     and stay so: their memory serves both models
    ///   - adapter: what changes some modules; the base's own parameters then stay as they are, and those
    ///     of the source's type may be its own memory, such as a mapped file
    public init(
        source: any WeightSource, dtype: DType = .float32, device: Device = .cpu,
        reusing reused: [Parameter] = [], adapter: AdapterSource? = nil
    ) {
        self.source = source
        self.adapter = adapter
        self.dtype = dtype
        self.device = device
        self.reused = Dictionary(uniqueKeysWithValues: reused.map { ($0.key, $0.tensor) })
        copies = adapter == nil
        ownsAdapter = true
    }

    /// A builder of a second model over the memory of a first one's parameters: what changes them in
    /// place, through either, is seen by both, but each model's parameters have gradients of their own.
    ///
    /// - Parameters:
    ///   - parameters: all parameters of the first model, at least one; those of the second require
    ///     gradients where these do
    ///   - replaced: parameters of the base that the first model's adapter has copies of
    ///   - plan: what the first model's adapter does; nil for a model of the base alone
    public init(
        sharing parameters: [Parameter], replaced: [Parameter] = [],
        adapter plan: (any AdapterPlan)? = nil
    ) {
        let base = parameters.filter { !$0.isAdapter } + replaced
        precondition(!base.isEmpty, "a model without parameters")
        source = SharedWeights(base)
        dtype = base[0].tensor.dtype
        device = base[0].tensor.device
        copies = false
        ownsAdapter = false
        adapter = plan.map {
            AdapterSource(plan: $0, weights: SharedWeights(parameters.filter(\.isAdapter)))
        }
        reused = [:]
    }

    /// A builder of a model without weights: its parameters have keys and shapes, and no memory.
    ///
    /// - Parameters:
    ///   - dtype: the element type of all parameters
    ///   - adapter: what changes some modules; its tensors have no memory either
    ///   - require: is told each key with its shape, and fails if there is no such tensor
    public init(
        withoutWeights dtype: DType, adapter: AdapterSource? = nil,
        require: @escaping (_ key: String, _ shape: [Int]) throws -> Void
    ) {
        source = AbsentWeights(dtype: dtype, require: require)
        self.dtype = dtype
        device = .cpu
        copies = false
        ownsAdapter = false
        reused = [:]
        self.adapter = adapter
    }

    /// A builder of a model without weights that writes down how each parameter begins.
    package init(recording record: InitializerRecord) {
        source = record
        dtype = record.dtype
        device = .cpu
        copies = false
        ownsAdapter = false
        reused = [:]
        adapter = nil
    }

    /// The top of the tree of keys.
    public var root: ParameterScope { ParameterScope(builder: self, prefix: "") }

    fileprivate func make(
        _ key: String, shape: [Int], initializer: Initializer
    ) throws -> Tensor {
        precondition(keys.insert(key).inserted, "parameter \(key) is built twice")
        let own = try base(key, shape: shape, initializer: initializer)
        guard let adapter, adapter.plan.replaces(key) else {
            parameters.append(Parameter(key: key, tensor: own))
            return own
        }
        replaced.append(Parameter(key: key, tensor: own))
        return try makeAdapter(key, shape: shape, dtype: dtype) { try own.detached().clone() }
    }

    /// A parameter of the base.
    private func base(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        let source = try source.tensor(key, shape: shape, initializer: initializer)
        if let other = reused[key], other.shape == shape { return try other.detached() }
        // The copy is the model's own: a checkpoint's tensor may share memory with its file.
        let tensor = try source.to(device).to(dtype)
        return copies && tensor === source ? try tensor.clone() : tensor
    }

    /// What the adapter does; nil where there is none.
    public var plan: (any AdapterPlan)? { adapter?.plan }

    /// What a second module has that shares a parameter of the base: the base's own where an adapter has
    /// a copy for the first; a copy of its own where the adapter has one for the second.
    ///
    /// - Parameters:
    ///   - key: the parameter's key
    ///   - tensor: what the first module has
    ///   - own: the key of the second module's copy
    /// - Returns: the tensor
    /// - Throws: an error that names a key of the adapter which is missing or has another shape
    public func tied(_ key: String, _ tensor: Tensor, own: String) throws -> Tensor {
        guard let plan, !plan.tiesCopies else { return tensor }
        let base = replaced.first { $0.key == key }?.tensor ?? tensor
        guard plan.replaces(own) else { return base }
        return try makeAdapter(own, shape: base.shape, dtype: dtype) {
            try base.detached().clone()
        }
    }

    /// A tensor of the adapter.
    func makeAdapter(
        _ key: String, shape: [Int], dtype: DType = .float32, initial: () throws -> Tensor
    ) throws -> Tensor {
        guard let adapter else { preconditionFailure("\(key) belongs to no adapter") }
        let found = try adapter.weights.tensor(key, shape: shape, initial: initial)
        let tensor = try found.to(device).to(dtype)
        // It is written to: a file's memory is not the place for that.
        let own = ownsAdapter && tensor === found ? try tensor.clone() : tensor
        parameters.append(Parameter(key: key, tensor: own, isAdapter: true))
        return own
    }
}

/// A place in the tree of keys: `root / "layers" / 3 / "mlp"`.
public struct ParameterScope {
    let builder: ParameterBuilder
    /// The key of this place.
    public let prefix: String

    /// The place `name` below this one.
    public static func / (scope: ParameterScope, name: String) -> ParameterScope {
        ParameterScope(
            builder: scope.builder, prefix: scope.prefix.isEmpty ? name : "\(scope.prefix).\(name)")
    }

    /// The place `index` below this one.
    public static func / (scope: ParameterScope, index: Int) -> ParameterScope {
        scope / String(index)
    }

    /// The parameter `name` below this place.
    ///
    /// - Parameters:
    ///   - name: the last part of the key
    ///   - shape: what the model needs
    ///   - initializer: what to do where there is no checkpoint
    /// - Returns: the tensor, in the model's dtype, on its device
    /// - Throws: an error that names the key when it is missing or has another shape
    public func parameter(
        _ name: String, shape: [Int], initializer: Initializer = .normal(deviation: 0.02)
    ) throws -> Tensor {
        try builder.make((self / name).prefix, shape: shape, initializer: initializer)
    }
}

/// Hands out parameters as new leaves over the same memory.
private final class SharedWeights: WeightSource, AdapterWeights {
    private let parameters: [String: Tensor]

    func tensor(
        _ key: String, shape: [Int], initial: () throws -> Tensor
    ) throws -> Tensor { try tensor(key, shape: shape, initializer: .constant(0)) }

    init(_ parameters: [Parameter]) {
        self.parameters = Dictionary(uniqueKeysWithValues: parameters.map { ($0.key, $0.tensor) })
    }

    func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        guard let parameter = parameters[key], parameter.shape == shape else {
            preconditionFailure("parameter \(key) \(shape) is not among those that are shared")
        }
        let leaf = try parameter.detached()
        try leaf.setRequiresGradient(parameter.requiresGradient)
        return leaf
    }
}

/// How the parameters of a model begin that has no memory.
package final class InitializerRecord: WeightSource {
    /// How each parameter begins, by its key.
    package private(set) var initializers: [String: Initializer] = [:]

    fileprivate let dtype: DType

    /// A record of a model of an element type.
    package init(dtype: DType) { self.dtype = dtype }

    package func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        initializers[key] = initializer
        return try Tensor.full(shape.map { _ in 1 }, 0, dtype: dtype).expanded(shape)
    }
}

/// Hands out tensors of the right shape that are one number, seen everywhere.
private final class AbsentWeights: WeightSource {
    private let dtype: DType
    private let require: (String, [Int]) throws -> Void

    init(dtype: DType, require: @escaping (String, [Int]) throws -> Void) {
        self.dtype = dtype
        self.require = require
    }

    func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        try require(key, shape)
        return try Tensor.full(shape.map { _ in 1 }, 0, dtype: dtype).expanded(shape)
    }
}

extension [Parameter] {
    /// Adds the gradients of parameters that share these ones' memory, key by key.
    public func addGradients(of others: [Parameter]) throws {
        precondition(map(\.key) == others.map(\.key), "the gradients are of other parameters")
        try withoutGradients {
            for (parameter, other) in zip(self, others) {
                guard let gradient = other.tensor.gradient else { continue }
                if let sum = parameter.tensor.gradient {
                    try sum.addInPlace(gradient, scale: 1)
                } else {
                    try parameter.tensor.setGradient(gradient.clone())
                }
            }
        }
    }
}

/// Fills parameters with random numbers that depend on the seed and the key only, not on the order.
public final class RandomWeights: WeightSource, Sendable {
    private let seed: UInt64

    /// Weights from a seed.
    public init(seed: UInt64) {
        self.seed = seed
    }

    /// What the numbers of a key follow from.
    static func seed(_ seed: UInt64, key: String) -> UInt64 {
        // FNV-1a over the key, started from the seed.
        var hash = 0xcbf2_9ce4_8422_2325 ^ (seed &* 0x9e37_79b9_7f4a_7c15)
        for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return hash & 0xffff_ffff
    }

    /// Numbers as the initializer says.
    public func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        let generator = try Generator(seed: Self.seed(seed, key: key))
        switch initializer {
        case .normal(let deviation):
            return try Tensor.normal(shape, generator: generator) * deviation
        case .uniform(let bound):
            return try (Tensor.uniform(shape, generator: generator) * 2 - 1) * bound
        case .constant(let value):
            return try Tensor.full(shape, value)
        }
    }
}

extension [Parameter] {
    /// Numbers in all parameters.
    public var numberCount: Int { reduce(0) { $0 + $1.tensor.count } }
}
