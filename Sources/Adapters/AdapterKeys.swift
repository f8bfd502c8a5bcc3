/// Translates the keys of an adapter's file to the model's own, and back.
package struct AdapterKeys {
    /// The model's own key of a tensor of the base, by any program's.
    let canonical: (String) -> String
    /// The name in transformers' memory of a place or key.
    let memory: (String) -> String

    /// A translation from its parts.
    ///
    /// - Parameters:
    ///   - canonical: the model's own key of a tensor of the base, by any program's
    ///   - memory: the name in transformers' memory of a place or key
    package init(
        canonical: @escaping (String) -> String, memory: @escaping (String) -> String
    ) {
        self.canonical = canonical
        self.memory = memory
    }

    /// What PEFT's model has in front of the base.
    static let front = "base_model.model."
    /// Parts of adapters' keys behind a module's name.
    private static let parts: Set<Substring> = [
        "lora_A", "lora_B", "lora_embedding_A", "lora_embedding_B", "lora_magnitude_vector",
    ]

    /// What a tensor of a file is.
    enum Meaning: Equatable {
        /// A parameter of the adapter, by the model's own key.
        case parameter(String)
        /// The base's own weight of an adapted module, by the model's own key.
        case base(String)
        /// The base's own, which stands beside a copy, and is not needed.
        case original
    }

    /// What the tensor of a key is.
    func meaning(of key: String) -> Meaning {
        var parts = Self.stripped(key).split(separator: ".", omittingEmptySubsequences: false)
        if parts.contains("original_module") { return .original }
        if let place = parts.firstIndex(of: "modules_to_save") {
            // Behind it stands the adapter's name.
            parts.removeSubrange(place..<min(place + 2, parts.count))
        }
        if let place = parts.firstIndex(where: Self.parts.contains) {
            let ends: Set<Substring> = ["weight", "bias"]
            let hasEnd = ["lora_A", "lora_B"].contains(parts[place])
            let tail = parts[(place + 1)...].last.flatMap { ends.contains($0) && hasEnd ? $0 : nil }
            parts = Array(parts[...place]) + (tail.map { [$0] } ?? [])
            return .parameter(canonical(parts.joined(separator: ".")))
        }
        if let place = parts.firstIndex(of: "base_layer") {
            parts.remove(at: place)
            let name = canonical(parts.joined(separator: "."))
            return parts.last == "bias" ? .parameter(name) : .base(name)
        }
        return .parameter(canonical(parts.joined(separator: ".")))
    }

    /// Whether a key has the names of modules that transformers had before 4.50.
    func isOld(_ key: String) -> Bool {
        let name = Self.stripped(key)
        return canonical(name) == name && memory(name) != name
    }

    /// A key without the names of what is around the base.
    private static func stripped(_ key: String) -> String {
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
            .filter { !["_orig_mod", "_fsdp_wrapped_module", "module"].contains($0) }
        let name = parts.joined(separator: ".")
        return name.hasPrefix(front) ? String(name.dropFirst(front.count)) : name
    }

    /// PEFT's key of a parameter of an adapter.
    ///
    /// - Parameters:
    ///   - key: the model's own
    ///   - plan: what the adapter does
    /// - Returns: the key in a file
    func written(_ key: String, _ plan: ResolvedAdapter) -> String {
        guard let dot = key.lastIndex(of: "."), !key.contains(".lora_") else {
            return Self.front + memory(key)
        }
        let module = String(key[..<dot])
        let isBias = key[dot...] == ".bias" && plan.forms[module] != nil
        return Self.front + memory(module) + (isBias ? ".base_layer" : "") + key[dot...]
    }
}
