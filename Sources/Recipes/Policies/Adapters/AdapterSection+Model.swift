package import Adapters
import Configuration

extension AdapterSection {
    /// What a fresh adapter is, in PEFT's words.
    ///
    /// - Parameter base: what is said of the base
    /// - Returns: the configuration
    package func configuration(base: String) -> AdapterConfiguration {
        var result = AdapterConfiguration()
        result.baseModelName = base
        result.rank = rank
        result.alpha = alpha
        result.targetModules = targets.map(Self.modules)
        result.excludeModules = exclusions.map(Self.modules)
        result.layersToTransform = layers
        result.layersPattern = layersPattern
        result.rankPattern = ranks.entries.map { .init(name: $0.name, value: $0.weight) }
        result.alphaPattern = alphas.entries.map { .init(name: $0.name, value: $0.weight) }
        result.usesRSLoRA = usesRSLoRA
        result.usesDoRA = usesDoRA
        result.dropout = dropout
        result.bias = bias.rawValue
        result.modulesToSave = savedModules
        result.initialization = initialization.rawValue
        return result
    }

    private static func modules(_ selection: ModuleSelection) -> AdapterConfiguration.Modules {
        switch selection {
        case .names(let names): .list(names)
        case .pattern(let pattern): .pattern(pattern)
        }
    }
}
