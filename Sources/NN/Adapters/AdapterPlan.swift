public import Torch

/// A module that an adapter may change.
public struct AdaptableModule: Hashable, Sendable {
    /// What a module computes.
    public enum Kind: Hashable, Sendable {
        /// x · weightᵀ; the weight is [outputs, inputs].
        case linear
        /// Rows of a table; the weight is [ids, size].
        case embedding
        /// Patches times kernels; the weight is [outputs, channels, …].
        case convolution
    }

    /// Its place in the tree of keys, `model.layers.3.self_attn.q_proj`.
    public let name: String
    /// What it computes.
    public let kind: Kind
    /// The shape of its weight.
    public let shape: [Int]
    /// Whether it has a bias.
    public let hasBias: Bool

    /// A module from its parts.
    public init(name: String, kind: Kind, shape: [Int], hasBias: Bool) {
        self.name = name
        self.kind = kind
        self.shape = shape
        self.hasBias = hasBias
    }
}

/// What a low-rank adapter does to one module.
public struct LowRankForm: Hashable, Sendable {
    /// How a fresh adapter begins.
    public enum Start: Hashable, Sendable {
        /// A uniform from ±1/√inputs, B zero; of an embedding A zero and B normal.
        case uniform
        /// A normal with the deviation 1/rank, B zero; of an embedding as ``uniform``.
        case gaussian
        /// As ``uniform``, and B uniform from ±1/√rank: a branch that does something at once.
        case nonzero
    }

    /// r: rows of A and columns of B.
    public var rank: Int
    /// s: what B·A is multiplied by.
    public var scale: Double
    /// DoRA: whether directions and magnitudes of the sum's rows are apart.
    public var isWeightDecomposed: Bool
    /// Whether B has a bias.
    public var hasBias: Bool
    /// The share of the branch's inputs that training leaves out.
    public var dropout: Double
    /// How a fresh adapter begins.
    public var start: Start

    /// A form from its parts.
    public init(
        rank: Int, scale: Double, isWeightDecomposed: Bool = false, hasBias: Bool = false,
        dropout: Double = 0, start: Start = .uniform
    ) {
        self.rank = rank
        self.scale = scale
        self.isWeightDecomposed = isWeightDecomposed
        self.hasBias = hasBias
        self.dropout = dropout
        self.start = start
    }
}

/// Which modules an adapter changes, and how.
public protocol AdapterPlan: Sendable {
    /// What is done to a module; nil where nothing is.
    func form(of module: AdaptableModule) -> LowRankForm?
    /// Whether the adapter has a copy of its own of a parameter of the base, by the parameter's key.
    func replaces(_ key: String) -> Bool
    /// Whether a head that shares the base's embedding follows the adapter's copy of it.
    var tiesCopies: Bool { get }
}

/// Where an adapter's tensors come from.
public protocol AdapterWeights: AnyObject {
    /// The tensor of a key, such as `model.layers.3.self_attn.q_proj.lora_A.weight`, of any
    /// floating-point type.
    ///
    /// - Parameters:
    ///   - key: the module's place and the part, as PEFT calls it
    ///   - shape: what the model needs
    ///   - initial: makes what a fresh adapter begins with
    /// - Returns: the tensor
    /// - Throws: an error that names the key when it is missing or has another shape
    func tensor(
        _ key: String, shape: [Int], initial: () throws -> Tensor
    ) throws -> Tensor
}

/// A fresh adapter: every tensor begins as it should.
public final class FreshAdapter: AdapterWeights {
    /// Weights that are not read from anywhere.
    public init() {}

    /// What the adapter begins with.
    public func tensor(
        _ key: String, shape: [Int], initial: () throws -> Tensor
    ) throws -> Tensor { try initial() }
}

/// An adapter that a model is built with.
public struct AdapterSource {
    /// What it does to which module.
    public let plan: any AdapterPlan
    /// Its tensors.
    public let weights: any AdapterWeights
    /// What a fresh adapter's numbers depend on, together with keys.
    public let seed: UInt64

    /// A source from its parts.
    public init(plan: any AdapterPlan, weights: any AdapterWeights, seed: UInt64 = 0) {
        self.plan = plan
        self.weights = weights
        self.seed = seed
    }
}
