package import Adapters
import Configuration

extension AdapterSection {
    /// What a fresh adapter is, in PEFT's words.
    ///
    /// - Parameter base: what is said of the base
    /// - Returns: the configuration
    package func configuration(base: String) -> AdapterConfiguration {
        var result = AdapterConfiguration(
            targets: targets.map(Self.modules), source: "policy.adapter")
        result.base = base
        result.rank = rank
        result.alpha = alpha
        result.excluded = exclusions.map(Self.modules)
        result.layers = layers ?? []
        result.layersPattern = layersPattern
        result.rankPattern = ranks.entries.map { .init($0.name, Int($0.weight)) }
        result.alphaPattern = alphas.entries.map { .init($0.name, $0.weight) }
        result.isRankStabilized = usesRSLoRA
        result.isWeightDecomposed = usesDoRA
        result.dropout = dropout
        result.biases = AdapterConfiguration.Biases(rawValue: bias.rawValue) ?? .none
        result.savedModules = savedModules
        result.start = start(initialization)
        return result
    }

    private func start(_ initialization: Initialization) -> AdapterConfiguration.Start {
        switch initialization {
        case .true: .uniform
        case .false: .nonzero
        case .gaussian: .gaussian
        }
    }

    private static func modules(_ selection: ModuleSelection) -> AdapterConfiguration.Modules {
        switch selection {
        case .names(let names): .names(names)
        case .pattern(let pattern): .expression(pattern)
        }
    }
}
