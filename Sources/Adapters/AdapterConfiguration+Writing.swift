package import Foundation

extension AdapterConfiguration {
    /// The version of PEFT whose keys are written.
    private static let version = "0.21.2"

    /// The contents of an `adapter_config.json`: every key that PEFT writes, sorted.
    package func written() -> Data {
        var members: [(String, String)] = settings.map { ($0.key, $0.value.written(indent: "  ")) }
        members.append(
            (
                "rank_pattern",
                AdapterValue.written(
                    rankPattern.map { ($0.key, .number(Double($0.value))) }, indent: "  ")
            ))
        members.append(
            (
                "alpha_pattern",
                AdapterValue.written(
                    alphaPattern.map { ($0.key, .number($0.value)) }, indent: "  ")
            ))
        members.append(("lora_dropout", dropout == 0 ? "0.0" : "\(dropout)"))
        let lines = members.sorted { $0.0 < $1.0 }.map { "  \"\($0)\": \($1)" }
        return Data("{\n\(lines.joined(separator: ",\n"))\n}\n".utf8)
    }

    private var settings: [String: AdapterValue] {
        var values = Self.unset
        values["auto_mapping"] = autoMapping.map { .table($0.mapValues { .text($0) }) } ?? .null
        values["base_model_name_or_path"] = base.map { .text($0) } ?? .null
        values["bias"] = .text(biases.rawValue)
        values["ensure_weight_tying"] = .flag(tiesCopies)
        values["exclude_modules"] = excluded.map(\.value) ?? .null
        values["init_lora_weights"] = startValue
        values["layers_pattern"] =
            layersPattern.isEmpty ? .null : .list(layersPattern.map { .text($0) })
        values["layers_to_transform"] =
            layers.isEmpty ? .null : .list(layers.map { .number(Double($0)) })
        values["lora_alpha"] = .number(alpha)
        values["lora_bias"] = .flag(hasBias)
        values["modules_to_save"] =
            savedModules.isEmpty ? .null : .list(savedModules.map { .text($0) })
        values["r"] = .number(Double(rank))
        values["revision"] = revision.map { .text($0) } ?? .null
        values["target_modules"] = targets.map(\.value) ?? .null
        values["task_type"] = taskType.map { .text($0) } ?? .null
        values["use_dora"] = .flag(isWeightDecomposed)
        values["use_rslora"] = .flag(isRankStabilized)
        return values
    }

    private var startValue: AdapterValue {
        switch start {
        case .uniform: .flag(true)
        case .nonzero: .flag(false)
        case .gaussian: .text("gaussian")
        case .other(let name): .text(name)
        }
    }

    /// What PEFT writes of settings that are not made use of.
    private static let unset: [String: AdapterValue] = [
        "alora_invocation_tokens": .null, "arrow_config": .null, "corda_config": .null,
        "eva_config": .null, "fan_in_fan_out": .flag(false), "inference_mode": .flag(true),
        "kasa_config": .null, "layer_replication": .null, "loftq_config": .table([:]),
        "lora_ga_config": .null, "megatron_config": .null,
        "megatron_core": .text("megatron.core"), "monteclora_config": .null,
        "peft_type": .text("LORA"), "peft_version": .text(version),
        "qalora_group_size": .number(16), "target_parameters": .null,
        "trainable_token_indices": .null, "use_bdlora": .null, "use_qalora": .flag(false),
        "velora_config": .null,
    ]
}

extension AdapterConfiguration.Modules {
    fileprivate var value: AdapterValue {
        switch self {
        case .names(let names): .list(Set(names).sorted().map { .text($0) })
        case .expression(let expression): .text(expression)
        }
    }
}
