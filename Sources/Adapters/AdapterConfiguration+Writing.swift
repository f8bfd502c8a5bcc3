package import Foundation

extension AdapterConfiguration {
    /// The file, with every key that peft 0.21.2 writes, sorted.
    package func written() throws -> Data {
        var values: [String: Any] = Self.constants
        values["base_model_name_or_path"] = baseModelName ?? NSNull()
        values["revision"] = revision ?? NSNull()
        values["task_type"] = taskType ?? NSNull()
        values["r"] = rank
        values["lora_alpha"] = Int(exactly: alpha) ?? alpha
        values["target_modules"] = Self.json(targetModules)
        values["exclude_modules"] = Self.json(excludeModules)
        values["layers_to_transform"] = layersToTransform ?? NSNull()
        values["layers_pattern"] = layersPattern.isEmpty ? NSNull() : layersPattern
        values["use_rslora"] = usesRSLoRA
        values["use_dora"] = usesDoRA
        values["lora_dropout"] = dropout
        values["bias"] = bias
        values["lora_bias"] = hasLoRABias
        values["modules_to_save"] = modulesToSave.isEmpty ? NSNull() : modulesToSave
        values["init_lora_weights"] =
            ["true": true, "false": false][initialization] ?? initialization
        values["ensure_weight_tying"] = tiesCopies
        values["rank_pattern"] = Self.mark(0)
        values["alpha_pattern"] = Self.mark(1)
        let data = try JSONSerialization.data(
            withJSONObject: values, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        // The order of patterns counts, and the encoder has none.
        var text = String(decoding: data, as: UTF8.self)
        for (place, patterns) in [rankPattern, alphaPattern].enumerated() {
            text = text.replacingOccurrences(
                of: "\"\(Self.mark(place))\"", with: try Self.json(patterns))
        }
        return Data((text + "\n").utf8)
    }

    private static func mark(_ place: Int) -> String { "think2seg-pattern-\(place)" }

    private static func json(_ modules: Modules?) -> Any {
        switch modules {
        case nil: NSNull()
        case .list(let names): names.sorted()
        case .pattern(let pattern): pattern
        }
    }

    private static func json(_ patterns: [Pattern]) throws -> String {
        let entries = try patterns.map { pattern in
            let key = try JSONSerialization.data(
                withJSONObject: pattern.name, options: [.fragmentsAllowed, .withoutEscapingSlashes])
            let value = Int(exactly: pattern.value).map(String.init) ?? "\(pattern.value)"
            return "\n    \(String(decoding: key, as: UTF8.self)): \(value)"
        }
        return entries.isEmpty ? "{}" : "{\(entries.joined(separator: ","))\n  }"
    }

    /// What is the same in every file.
    private static var constants: [String: Any] {
        let none = NSNull()
        return [
            "alora_invocation_tokens": none, "arrow_config": none, "auto_mapping": none,
            "corda_config": none, "eva_config": none, "fan_in_fan_out": false,
            "inference_mode": true, "kasa_config": none, "layer_replication": none,
            "loftq_config": [String: Any](), "lora_ga_config": none, "megatron_config": none,
            "megatron_core": "megatron.core", "monteclora_config": none, "peft_type": "LORA",
            "peft_version": "0.21.2", "qalora_group_size": 16, "target_parameters": none,
            "trainable_token_indices": none, "use_bdlora": none, "use_qalora": false,
            "velora_config": none,
        ]
    }
}
