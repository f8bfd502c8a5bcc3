package import Adapters
import NN
import Torch

/// An adapter that a model is read with.
package enum AdapterChoice: Sendable {
    /// One in PEFT's layout.
    case stored(folder: String)
    /// A new one, whose numbers depend on a seed.
    case fresh(AdapterConfiguration, seed: UInt64)
}

/// An adapter whose configuration is applied to a model's modules.
struct PreparedAdapter {
    let plan: ResolvedAdapter
    /// What should be known of its files.
    private(set) var warnings: [String] = []
    private let stored: StoredAdapter?
    private let seed: UInt64

    /// Reads the configuration, and finds the modules.
    ///
    /// - Parameters:
    ///   - choice: which adapter
    ///   - family: the base
    ///   - head: where the base's head comes from
    ///   - keys: translates keys of files
    /// - Throws: `CheckpointError`
    init(
        _ choice: AdapterChoice, _ family: any PolicyFamily, head: HeadKind,
        keys: any CheckpointKeyMap
    ) throws {
        let outline = try VisionLanguageModel(
            family, builder: ParameterBuilder(withoutWeights: .float32) { _, _ in }, head: head)
        let configuration: AdapterConfiguration
        let origin: String
        switch choice {
        case .stored(let folder):
            var found: [String] = []
            configuration = try AdapterConfiguration.load(folder: folder) { found.append($0) }
            warnings = found
            origin = "\(folder)/\(AdapterConfiguration.file)"
            stored = try StoredAdapter(folder: folder) { key in
                var keys = keys
                return keys.canonical(key)
            }
            seed = 0
        case .fresh(let wanted, let seed):
            (configuration, self.seed) = (wanted, seed)
            origin = "policy.adapter"
            stored = nil
        }
        func resolved(_ name: (String) -> String) throws -> ResolvedAdapter {
            try ResolvedAdapter(
                configuration, modules: outline.modules, keys: outline.parameters.map(\.key),
                name: name, origin: origin)
        }
        do {
            plan = try resolved(keys.moduleName)
        } catch {
            // Adapters of earlier versions go by the names of the hub's files.
            guard stored != nil, let old = try? resolved({ $0 }) else { throw error }
            plan = old
        }
        warnings += plan.warnings
    }

    /// What builds the model.
    var source: AdapterSource {
        AdapterSource(plan: plan, weights: stored ?? FreshAdapter(), seed: seed)
    }

    /// What builds a model without memory.
    var outline: AdapterSource {
        AdapterSource(plan: plan, weights: AbsentAdapter(stored))
    }

    /// Fails if the files hold what has no place in the model.
    func finish(_ parameters: [Parameter]) throws { try stored?.finish(parameters) }
}

/// Tensors of the right shapes that are one number, seen everywhere.
private final class AbsentAdapter: AdapterWeights {
    private let stored: StoredAdapter?

    init(_ stored: StoredAdapter?) { self.stored = stored }

    func tensor(_ key: String, shape: [Int], initial: () throws -> Tensor) throws -> Tensor {
        // The file is held to the shape; its numbers are not read.
        _ = try stored?.tensor(key, shape: shape, initial: initial)
        return try Tensor.full(shape.map { _ in 1 }, 0).expanded(shape)
    }
}
