// FLOPs here are those of matrix products; a multiplication and its addition count 2.

/// A step of what a vision tower computes: enough to count products, and those of a gradient.
public indirect enum TowerStep: Sendable, Hashable {
    /// y = x·Wᵀ + b.
    case linear(key: String, flops: Double, hasBias: Bool = true)
    /// Weights that are no matrix, such as a norm's.
    case scale(key: String)
    /// Several ways from the same x, whose results come together.
    case ways([[TowerStep]])
    /// Queries, keys and values, each by its way from the same x, and attention over them.
    ///
    /// `flops` are those of the scores, and as many of the result.
    case attention(
        query: [TowerStep] = [], key: [TowerStep] = [], value: [TowerStep] = [], flops: Double)
    /// x + steps(x).
    case residual([TowerStep])
}

/// What a vision tower computes over the pictures of a prompt, in order.
public struct TowerWork: Sendable, Hashable {
    /// What makes vectors of patches.
    public var stem: [TowerStep]
    /// Block after block.
    public var blocks: [[TowerStep]]
    /// What makes tokens of vectors.
    public var ending: [TowerStep]

    /// The work from its parts.
    public init(stem: [TowerStep], blocks: [[TowerStep]], ending: [TowerStep]) {
        self.stem = stem
        self.blocks = blocks
        self.ending = ending
    }

    /// All steps.
    public var steps: [TowerStep] { stem + blocks.flatMap(\.self) + ending }
    /// FLOPs of one pass.
    public var forward: Double { steps.reduce(0) { $0 + $1.forward } }
}

extension TowerStep {
    /// FLOPs of the step.
    public var forward: Double {
        func sum(_ steps: [TowerStep]) -> Double { steps.reduce(0) { $0 + $1.forward } }
        return switch self {
        case .linear(_, let flops, _): flops
        case .scale: 0
        case .ways(let ways): ways.reduce(0) { $0 + sum($1) }
        case .attention(let query, let key, let value, let flops):
            sum(query) + sum(key) + sum(value) + 2 * flops
        case .residual(let steps): sum(steps)
        }
    }

    /// The keys of all modules in it, without `.weight` and `.bias`.
    public var modules: [String] {
        switch self {
        case .linear(let key, _, _), .scale(let key): [key]
        case .ways(let ways): ways.flatMap { $0.flatMap(\.modules) }
        case .attention(let query, let key, let value, _):
            (query + key + value).flatMap(\.modules)
        case .residual(let steps): steps.flatMap(\.modules)
        }
    }
}
