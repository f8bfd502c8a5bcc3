extension AdapterConfiguration {
    /// PEFT's names of the settings in which another configuration makes another adapter, sorted.
    ///
    /// How a fresh adapter began, what training leaves out, and names of the base are no such settings, nor
    /// is the order of names in a list.
    ///
    /// - Parameter other: the other configuration
    /// - Returns: the names; empty where both describe one adapter
    package func changedKeys(from other: AdapterConfiguration) -> [String] {
        var keys: [String] = []
        func compare<Value: Equatable>(_ key: String, _ value: (AdapterConfiguration) -> Value) {
            if value(self) != value(other) { keys.append(key) }
        }
        compare("r") { $0.rank }
        compare("lora_alpha") { $0.alpha }
        compare("target_modules") { $0.targets?.sorted }
        compare("exclude_modules") { $0.excluded?.sorted }
        compare("layers_to_transform") { $0.layers.sorted() }
        compare("layers_pattern") { $0.layersPattern }
        compare("rank_pattern") { $0.rankPattern }
        compare("alpha_pattern") { $0.alphaPattern }
        compare("use_rslora") { $0.isRankStabilized }
        compare("use_dora") { $0.isWeightDecomposed }
        compare("bias") { $0.biases }
        compare("lora_bias") { $0.hasBias }
        compare("modules_to_save") { $0.savedModules.sorted() }
        compare("ensure_weight_tying") { $0.tiesCopies }
        return keys.sorted()
    }
}

extension AdapterConfiguration.Modules {
    /// The same with each name once, in order.
    fileprivate var sorted: AdapterConfiguration.Modules {
        if case .names(let names) = self { .names(Set(names).sorted()) } else { self }
    }
}
