import Foundation
import NN
import Tokenizers
import Torch

/// Reads an `adapter_config.json`.
struct AdapterConfigurationReader {
    /// What is left unread, a sentence each.
    private(set) var warnings: [String] = []
    private let path: String
    private let values: [String: Any]
    private let text: JSONText

    init(_ data: Data, path: String) throws {
        self.path = path
        text = try JSONText(data, file: path)
        guard let object = try? JSONSerialization.jsonObject(with: data) as? [String: Any] else {
            throw CheckpointError(
                path: path, problem: "is not an object of JSON",
                advice: "copy the adapter's folder again")
        }
        values = object
    }

    /// The configuration.
    mutating func configuration() throws -> AdapterConfiguration {
        try requireLoRA()
        try requirePlain()
        var result = AdapterConfiguration()
        result.baseModelName = try string("base_model_name_or_path")
        result.revision = try string("revision")
        result.taskType = try string("task_type")
        result.rank = try integer("r") ?? result.rank
        result.alpha = try number("lora_alpha") ?? result.alpha
        result.targetModules = try modules("target_modules")
        result.excludeModules = try modules("exclude_modules")
        result.layersToTransform = try integers("layers_to_transform")
        result.layersPattern = try strings("layers_pattern") ?? []
        result.rankPattern = try pattern("rank_pattern")
        result.alphaPattern = try pattern("alpha_pattern")
        result.usesRSLoRA = try flag("use_rslora") ?? false
        result.usesDoRA = try flag("use_dora") ?? false
        result.dropout = try number("lora_dropout") ?? 0
        result.bias = try string("bias") ?? "none"
        result.hasLoRABias = try flag("lora_bias") ?? false
        result.modulesToSave = try strings("modules_to_save") ?? []
        result.tiesCopies = try flag("ensure_weight_tying") ?? false
        if let start = value("init_lora_weights") as? String {
            result.initialization = start
        } else {
            result.initialization = try flag("init_lora_weights") == false ? "false" : "true"
        }
        try check(result)
        return result
    }

    private func check(_ found: AdapterConfiguration) throws {
        if found.rank < 1 { throw invalid("r", "is \(found.rank), must be at least 1") }
        if let wrong = found.rankPattern.first(where: {
            $0.value < 1 || $0.value.rounded() != $0.value
        }) {
            throw invalid("rank_pattern", "gives \(wrong.name) the rank \(wrong.value)")
        }
        if !["none", "all", "lora_only"].contains(found.bias) {
            throw invalid("bias", "is \(found.bias), must be none, all or lora_only")
        }
        if !(0..<1).contains(found.dropout) {
            throw invalid("lora_dropout", "is \(found.dropout), must be from 0 to below 1")
        }
        if found.targetModules == nil {
            throw invalid("target_modules", "is missing: which modules have an adapter")
        }
        if found.layersToTransform != nil, case .pattern? = found.targetModules {
            throw invalid(
                "layers_to_transform", "needs target_modules as a list, as PEFT does")
        }
    }

    // MARK: - What is not read

    private func requireLoRA() throws {
        guard let type = try string("peft_type") else {
            throw invalid("peft_type", "is missing; only LORA is read")
        }
        if type != "LORA" { throw invalid("peft_type", "is \(type); only LORA is read") }
    }

    /// Keys that change what is computed in ways that are not read, whenever they are set.
    private static let refused = [
        "layer_replication", "target_parameters", "trainable_token_indices",
        "alora_invocation_tokens", "arrow_config", "use_bdlora", "kasa_config", "monteclora_config",
    ]
    /// Keys that never change the numbers of a stored adapter on a plain base.
    private static let idle: Set = [
        "auto_mapping", "peft_version", "inference_mode", "fan_in_fan_out", "use_qalora",
        "qalora_group_size", "velora_config", "eva_config", "corda_config", "loftq_config",
        "lora_ga_config", "megatron_config", "megatron_core", "runtime_config",
    ]
    private static let read: Set = [
        "peft_type", "base_model_name_or_path", "revision", "task_type", "r", "lora_alpha",
        "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern",
        "rank_pattern", "alpha_pattern", "use_rslora", "use_dora", "lora_dropout", "bias",
        "lora_bias", "modules_to_save", "init_lora_weights", "ensure_weight_tying",
    ]
    /// Beginnings that change nothing of an adapter that is stored.
    private static let starts: Set = ["gaussian", "orthogonal", "eva"]

    private mutating func requirePlain() throws {
        for key in Self.refused where isSet(key) {
            throw invalid(key, "is set; adapters of this kind are not read")
        }
        if let start = values["init_lora_weights"] as? String,
            !Self.starts.contains(start.lowercased())
        {
            throw invalid(
                "init_lora_weights",
                "is \(start), which changed the base when the adapter was made: convert it with PEFT's "
                    + "path_initial_model_for_weight_conversion")
        }
        let known = Self.read.union(Self.idle).union(Self.refused)
        for key in values.keys.sorted() where !known.contains(key) {
            if isSet(key) {
                throw invalid(key, "is unknown, and says something of the adapter")
            }
            warnings.append("\(path): \(key) is unknown, and empty: it is left unread")
        }
    }

    /// Whether a key is there and neither null, false, nor empty.
    private func isSet(_ key: String) -> Bool {
        switch values[key] {
        case nil, is NSNull: false
        case let value as NSNumber: value != 0
        case let value as String: !value.isEmpty
        case let value as [Any]: !value.isEmpty
        case let value as [String: Any]: !value.isEmpty
        default: true
        }
    }

    // MARK: - Values

    private func invalid(_ key: String, _ problem: String) -> CheckpointError {
        CheckpointError(
            path: path, problem: "\(key) \(problem)",
            advice: "the adapter cannot be used as it is")
    }

    private func value(_ key: String) -> Any? {
        guard let value = values[key], !(value is NSNull) else { return nil }
        return value
    }

    private func string(_ key: String) throws -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value as? String else { throw invalid(key, "is no text") }
        return text
    }

    private func number(_ key: String) throws -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value as? NSNumber, !Self.isBool(number) else {
            throw invalid(key, "is no number")
        }
        return number.doubleValue
    }

    private func integer(_ key: String) throws -> Int? {
        guard let number = try number(key) else { return nil }
        guard let whole = Int(exactly: number) else { throw invalid(key, "is no whole number") }
        return whole
    }

    private func flag(_ key: String) throws -> Bool? {
        guard let value = value(key) else { return nil }
        guard let number = value as? NSNumber, Self.isBool(number) else {
            throw invalid(key, "is neither true nor false")
        }
        return number.boolValue
    }

    private static func isBool(_ number: NSNumber) -> Bool {
        number.objCType.pointee == CChar(bitPattern: UInt8(ascii: "c"))
    }

    private func strings(_ key: String) throws -> [String]? {
        guard let value = value(key) else { return nil }
        if let text = value as? String { return [text] }
        guard let list = value as? [String] else { throw invalid(key, "is no list of texts") }
        return list
    }

    private func integers(_ key: String) throws -> [Int]? {
        guard let value = value(key) else { return nil }
        if let list = value as? [Int] { return list }
        return try integer(key).map { [$0] }
    }

    private func modules(_ key: String) throws -> AdapterConfiguration.Modules? {
        guard let value = value(key) else { return nil }
        if let text = value as? String { return .pattern(text) }
        return .list(try strings(key)?.sorted() ?? [])
    }

    /// A table of numbers in the file's order.
    private func pattern(_ key: String) throws -> [AdapterConfiguration.Pattern] {
        guard let value = value(key) else { return [] }
        guard value is [String: Any] else { throw invalid(key, "is no table of numbers") }
        var found: [AdapterConfiguration.Pattern] = []
        var isWrong = false
        _ = text.edited { path, json in
            if path.count == 2, path[0] == key {
                if let number = Double(json) {
                    found.append(.init(name: path[1], value: number))
                } else {
                    isWrong = true
                }
            }
            return .keep
        }
        if isWrong { throw invalid(key, "has something else than numbers") }
        return found
    }
}
