import Torch

extension AdapterConfiguration {
    /// An error about a setting.
    ///
    /// - Parameters:
    ///   - key: PEFT's name of the setting
    ///   - problem: what is wrong with it
    ///   - advice: what to do
    /// - Returns: the error
    func invalid(_ key: String, _ problem: String, _ advice: String) -> CheckpointError {
        CheckpointError(path: source, problem: "\(key) \(problem)", advice: advice)
    }

    /// Fails where PEFT would, or where settings exclude each other.
    ///
    /// - Throws: `CheckpointError` that names the setting
    package func validate() throws {
        try validateNumbers()
        guard let targets else {
            throw invalid(
                "target_modules", "is missing", "name modules, give an expression, or all-linear")
        }
        if case .expression = targets {
            if !layers.isEmpty {
                throw invalid(
                    "layers_to_transform", "goes with a list of target_modules only",
                    "put the layers' numbers into the expression")
            }
            if !layersPattern.isEmpty {
                throw invalid(
                    "layers_pattern", "goes with a list of target_modules only",
                    "put the layers' name into the expression")
            }
        }
        if !layersPattern.isEmpty, layers.isEmpty {
            throw invalid(
                "layers_pattern", "needs layers_to_transform", "give the layers' numbers too")
        }
        if hasBias, isWeightDecomposed {
            throw invalid("lora_bias", "does not go with use_dora", "leave one of the two out")
        }
        if hasBias, start != .uniform, start != .nonzero {
            throw invalid(
                "lora_bias", "goes with init_lora_weights true or false only",
                "leave one of the two out")
        }
    }

    private func validateNumbers() throws {
        let ranks = [("r", rank)] + rankPattern.map { ("rank_pattern \($0.key)", $0.value) }
        for (key, value) in ranks where value < 1 {
            throw invalid(key, "is \(value), not a positive number", "give 1 or more")
        }
        let alphas =
            [("lora_alpha", alpha)] + alphaPattern.map { ("alpha_pattern \($0.key)", $0.value) }
        for (key, value) in alphas where !value.isFinite {
            throw invalid(key, "is \(value), which is no number", "give a number")
        }
        guard dropout >= 0, dropout < 1 else {
            throw invalid("lora_dropout", "is \(dropout)", "give a number from 0 and below 1")
        }
        for layer in layers where layer < 0 {
            throw invalid("layers_to_transform", "has \(layer)", "layers count from 0")
        }
    }

    /// Fails if a fresh adapter cannot begin as it says.
    package func requireFresh() throws {
        guard case .other(let name) = start else { return }
        throw invalid(
            "init_lora_weights", "is \(name), which is not made here",
            "take true, false or gaussian")
    }
}
