import Torch

/// The names that programs put around a model's own keys.
///
/// Wrappers are modules that hold the model, or one of its parts, as an attribute: a saved `state_dict`
/// then has the attribute's name in its keys, at the front or between two parts of a key.
struct WrappedKeys {
    /// Which wrappers were found, in the order of ``names``.
    private(set) var found: [String] = []

    /// Wrappers by their attribute, with the program that leaves it.
    private static let names: [(name: String, what: String)] = [
        ("_orig_mod", "torch.compile"), ("module", "DataParallel or DeepSpeed"),
        ("_fsdp_wrapped_module", "FSDP"),
        ("_checkpoint_wrapped_module", "activation checkpointing"),
        ("_forward_module", "Lightning"), ("base_model.model", "PEFT"),
    ]

    /// A key without the wrappers' names.
    mutating func stripped(_ key: String) -> String {
        var parts = key.split(separator: ".", omittingEmptySubsequences: false)
        let peft: [Substring] = ["base_model", "model"]
        while true {
            let count = parts.count
            parts.removeAll { part in
                guard let name = Self.names.first(where: { $0.name == part })?.name else {
                    return false
                }
                note(name)
                return true
            }
            if parts.starts(with: peft) {
                parts.removeFirst(peft.count)
                note("base_model.model")
            }
            if parts.count == count { return parts.joined(separator: ".") }
        }
    }

    private mutating func note(_ name: String) {
        if !found.contains(name) { found.append(name) }
    }

    /// That wrappers' names were left out, a sentence for people; nil if there were none.
    func warning(_ path: String) -> String? {
        if found.isEmpty { return nil }
        let whose = Self.names.filter { found.contains($0.name) }
            .map { "\($0.name) (\($0.what))" }.joined(separator: ", ")
        return
            "\(path): the keys of the weights have \(whose) in them, which is left out; transformers "
            + "does not find weights of such names"
    }

    // MARK: - Adapters

    /// Parts of the keys of adapters that stand among the weights of a model.
    private static let adapters = [
        "lora_A", "lora_B", "lora_embedding_A", "lora_embedding_B", "lora_magnitude_vector",
        "base_layer", "modules_to_save", "original_module", "ia3_l", "vera_lambda_b",
        "vera_lambda_d", "oft_R", "oft_r", "boft_R", "boft_s", "hada_w1_a", "hada_w1_b",
        "hada_w2_a",
        "hada_w2_b", "lokr_w1", "lokr_w2", "adapter_layer", "trainable_tokens_delta",
        "trainable_tokens_original",
    ]

    /// Fails if an adapter stands among the weights, not merged into them.
    ///
    /// - Parameters:
    ///   - keys: the keys as the file has them
    ///   - path: the file
    /// - Throws: `CheckpointError` that names a tensor of the adapter
    static func requireMerged(_ keys: [String], _ path: String) throws(CheckpointError) {
        let found = keys.first { key in
            key.split(separator: ".").contains { adapters.contains(String($0)) }
        }
        guard let found else { return }
        throw CheckpointError(
            path: path,
            problem: "tensor \(found) is of an adapter, which stands among the weights and is not "
                + "merged into them",
            advice: "merge it with peft and save the model: model.merge_and_unload()"
                + ".save_pretrained(FOLDER)")
    }
}
