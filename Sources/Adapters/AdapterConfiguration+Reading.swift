package import Foundation
import SystemErrors
import TextFiles
import Tokenizers
import Torch

extension AdapterConfiguration {
    /// The file's name.
    package static let file = "adapter_config.json"

    /// Reads the `adapter_config.json` of a folder.
    ///
    /// - Parameter folder: the folder
    /// - Returns: what it says
    /// - Throws: `CheckpointError` that names the file and the key, for what cannot be read or is not
    ///   supported
    package static func load(folder: String) throws -> AdapterConfiguration {
        let path = folder + "/" + file
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw CheckpointError(
                path: path, problem: "cannot be read: \(systemReason(error))", isMissing: true)
        }
        return try AdapterConfiguration(data, path: path)
    }

    /// Reads the contents of an `adapter_config.json`.
    ///
    /// - Parameters:
    ///   - data: the contents
    ///   - path: what errors call the file
    /// - Throws: `CheckpointError` that names the file and the key
    package init(_ data: Data, path: String) throws {
        let values: [String: AdapterValue]
        do {
            values = try JSONDecoder().decode([String: AdapterValue].self, file: data)
        } catch let error as DecodingError {
            let problem = DecodingProblem(error).problem
            throw CheckpointError(
                path: path,
                problem: problem.isEmpty ? "is no JSON object" : problem,
                advice: "take the file from where the adapter is from")
        }
        self.init(targets: nil, source: path)
        var reader = AdapterConfigurationReader(
            path: path, values: values, orders: try Self.orders(data, path))
        try reader.fill(&self)
        warnings = try reader.finish()
        try validate()
    }

    /// The keys of tables at the top, in the file's order.
    private static func orders(_ data: Data, _ path: String) throws -> [String: [String]] {
        var orders: [String: [String]] = [:]
        _ = try JSONText(data, file: path).edited { keys, _ in
            if keys.count == 2, orders[keys[0]]?.contains(keys[1]) != true {
                orders[keys[0], default: []].append(keys[1])
            }
            return .keep
        }
        return orders
    }
}

/// Takes an adapter's settings from a file's values, each once.
private struct AdapterConfigurationReader {
    let path: String
    var values: [String: AdapterValue]
    let orders: [String: [String]]

    private func error(_ key: String, _ problem: String, _ advice: String = "") -> CheckpointError {
        CheckpointError(path: path, problem: "\(key) \(problem)", advice: advice)
    }

    mutating func fill(_ result: inout AdapterConfiguration) throws {
        try requireLoRA()
        try refuseOthers()
        let errors = self
        result.rank = try whole("r") ?? result.rank
        result.alpha = try number("lora_alpha") ?? result.alpha
        result.targets = try modules("target_modules")
        result.excluded = try modules("exclude_modules")
        result.layers = try layers()
        result.layersPattern = try texts("layers_pattern")
        result.rankPattern = try pattern("rank_pattern") { key, value in
            guard case .number(let number) = value, number == number.rounded() else {
                throw errors.error("rank_pattern", "has no whole number for \(key)")
            }
            return Int(number)
        }
        result.alphaPattern = try pattern("alpha_pattern") { key, value in
            guard case .number(let number) = value else {
                throw errors.error("alpha_pattern", "has no number for \(key)")
            }
            return number
        }
        result.isRankStabilized = try flag("use_rslora")
        result.isWeightDecomposed = try flag("use_dora")
        result.dropout = try number("lora_dropout") ?? 0
        result.biases = try biases()
        result.hasBias = try flag("lora_bias")
        result.savedModules = try texts("modules_to_save")
        result.start = try start()
        result.tiesCopies = try flag("ensure_weight_tying")
        result.base = try text("base_model_name_or_path")
        result.revision = try text("revision")
        result.taskType = try text("task_type")
        result.autoMapping = try mapping()
    }

    /// What is left: nothing that changes what an adapter computes.
    mutating func finish() throws -> [String] {
        for key in Self.withoutEffect { values[key] = nil }
        var warnings: [String] = []
        for (key, value) in values.sorted(by: { $0.key < $1.key }) {
            guard value.isEmpty else {
                throw error(
                    key,
                    "is no setting that is known here: it may change what the adapter computes",
                    "remove the key if it does not")
            }
            warnings.append("\(path): \(key) is no setting that is known here; it is not set")
        }
        return warnings
    }

    /// Settings that do not change what a stored adapter computes beside plain weights.
    private static let withoutEffect = [
        "inference_mode", "peft_version", "fan_in_fan_out", "use_qalora", "qalora_group_size",
        "velora_config", "eva_config", "corda_config", "loftq_config", "lora_ga_config",
        "megatron_config", "megatron_core", "runtime_config",
    ]

    private mutating func requireLoRA() throws {
        guard let type = try text("peft_type") else {
            throw error("peft_type", "is missing", "it is LORA in the adapters that are read")
        }
        guard type.uppercased() == "LORA" else {
            throw error(
                "peft_type", "is \(type); only LORA is supported",
                "merge the adapter with peft: model.merge_and_unload().save_pretrained(FOLDER)")
        }
    }

    /// Settings that make another network of the base.
    private static let refused = [
        "target_parameters": "adapts parameters without a module",
        "trainable_token_indices": "replaces rows of the embedding",
        "layer_replication": "makes other layers of the base's",
        "alora_invocation_tokens": "switches the adapter on behind some tokens (aLoRA)",
        "arrow_config": "chooses among adapters (Arrow)",
        "use_bdlora": "makes matrices of blocks (BD-LoRA)",
        "kasa_config": "changes the base's weights (KaSA)",
        "monteclora_config": "draws the adapter's numbers (MonteCLoRA)",
    ]

    private mutating func refuseOthers() throws {
        for (key, what) in Self.refused.sorted(by: { $0.key < $1.key }) {
            guard let value = values.removeValue(forKey: key), !value.isEmpty else { continue }
            throw error(
                key, "\(what), which is not supported",
                "merge the adapter with peft: model.merge_and_unload().save_pretrained(FOLDER)")
        }
    }

    private mutating func start() throws -> AdapterConfiguration.Start {
        switch values.removeValue(forKey: "init_lora_weights") {
        case nil, .flag(true), .null: return .uniform
        case .flag(false): return .nonzero
        case .text(let name):
            let lower = name.lowercased()
            if lower == "gaussian" { return .gaussian }
            if ["orthogonal", "eva"].contains(lower) { return .other(lower) }
            throw error(
                "init_lora_weights",
                "is \(name), which changes the base's weights when the adapter is made and when it is "
                    + "loaded, and is not supported",
                "save the adapter as a plain one with peft: model.save_pretrained(FOLDER, "
                    + "path_initial_model_for_weight_conversion=THE ADAPTER AS IT BEGAN)")
        default: throw error("init_lora_weights", "is neither true nor false nor a name")
        }
    }

    private mutating func biases() throws -> AdapterConfiguration.Biases {
        guard let name = try text("bias") else { return .none }
        guard let biases = AdapterConfiguration.Biases(rawValue: name) else {
            throw error("bias", "is \(name)", "it is none, all or lora_only")
        }
        return biases
    }

    private mutating func layers() throws -> [Int] {
        switch values.removeValue(forKey: "layers_to_transform") {
        case nil, .null: return []
        case .number(let number) where number == number.rounded(): return [Int(number)]
        case .list(let list):
            return try list.map {
                guard case .number(let number) = $0, number == number.rounded() else {
                    throw error("layers_to_transform", "has something else than numbers of layers")
                }
                return Int(number)
            }
        default: throw error("layers_to_transform", "is no list of numbers")
        }
    }

    private mutating func modules(_ key: String) throws -> AdapterConfiguration.Modules? {
        switch values[key] {
        case nil, .null:
            values[key] = nil
            return nil
        case .text(let expression):
            values[key] = nil
            return .expression(expression)
        default: return .names(try texts(key))
        }
    }

    private mutating func pattern<Value>(
        _ key: String, _ read: (String, AdapterValue) throws -> Value
    ) throws -> [AdapterConfiguration.Pattern<Value>] {
        switch values.removeValue(forKey: key) {
        case nil, .null: return []
        case .table(let table):
            return try (orders[key] ?? table.keys.sorted()).compactMap { name in
                try table[name].map { .init(name, try read(name, $0)) }
            }
        default: throw error(key, "is no table of names and numbers")
        }
    }

    private mutating func mapping() throws -> [String: String]? {
        guard case .table(let table) = values.removeValue(forKey: "auto_mapping") else {
            return nil
        }
        return table.compactMapValues { if case .text(let text) = $0 { text } else { nil } }
    }

    // MARK: - Single values

    private mutating func flag(_ key: String) throws -> Bool {
        switch values.removeValue(forKey: key) {
        case nil, .null: return false
        case .flag(let value): return value
        default: throw error(key, "is neither true nor false")
        }
    }

    private mutating func number(_ key: String) throws -> Double? {
        switch values.removeValue(forKey: key) {
        case nil, .null: return nil
        case .number(let value): return value
        default: throw error(key, "is no number")
        }
    }

    private mutating func whole(_ key: String) throws -> Int? {
        guard let value = try number(key) else { return nil }
        guard value == value.rounded(), abs(value) < 1e9 else {
            throw error(key, "is \(value), no whole number")
        }
        return Int(value)
    }

    private mutating func text(_ key: String) throws -> String? {
        switch values.removeValue(forKey: key) {
        case nil, .null: return nil
        case .text(let value): return value
        default: throw error(key, "is no text")
        }
    }

    private mutating func texts(_ key: String) throws -> [String] {
        switch values.removeValue(forKey: key) {
        case nil, .null: return []
        case .text(let value): return value.isEmpty ? [] : [value]
        case .list(let list):
            return try list.map {
                guard case .text(let text) = $0 else {
                    throw error(key, "has something else than names")
                }
                return text
            }
        default: throw error(key, "is no list of names")
        }
    }
}
