import Foundation

/// A method of quantisation with its kind and bits, as a configuration states them.
struct QuantizationMethod: CustomStringConvertible {
    /// What the method is called; a name that is not known stands in quotes.
    let name: String
    /// More words about it: "pack-quantized".
    let kind: String?
    /// Bits of a weight: "4"; nil if the configuration does not tell.
    let bits: String?
    /// Whether the configuration names the method, or has keys that no other one has.
    let isStated: Bool

    /// "AWQ to 4 bits".
    var description: String {
        name + (kind.map { " (\($0))" } ?? "") + (bits.map { " to \($0) bits" } ?? "")
    }

    /// Reads a configuration of quantisation; nil if it says that nothing is quantised.
    ///
    /// - Parameters:
    ///   - value: the JSON value
    ///   - fallback: the method where the value names none
    init?(_ value: Any, otherwise fallback: String? = nil) {
        guard let fields = value as? [String: Any] else {
            guard let text = value as? String, !text.isEmpty else { return nil }
            self = Self(name: Self.known(text), kind: nil, bits: Self.digits(text), isStated: true)
            return
        }
        if fields.isEmpty || Self.isSwitchedOff(fields) { return nil }
        let stated =
            (fields["quant_method"] ?? fields["quant_type_name"] ?? fields["quantization_method"])
            as? String
        let told = stated ?? Self.guess(fields)
        let method = told ?? fallback
        isStated = told != nil || fallback == "mlx"
        name = method.map(Self.known) ?? "a method that is not named,"
        kind = Self.kind(fields)
        bits = Self.bits(fields) ?? method.flatMap(Self.fixedBits)
    }

    private init(name: String, kind: String?, bits: String?, isStated: Bool) {
        (self.name, self.kind, self.bits, self.isStated) = (name, kind, bits, isStated)
    }

    // MARK: - Names

    /// The methods by the names that configurations have for them.
    private static let names: [String: String] = [
        "awq": "AWQ", "gptq": "GPTQ", "bitsandbytes": "bitsandbytes", "fp8": "FP8",
        "fbgemm_fp8": "FBGEMM FP8", "compressed-tensors": "compressed-tensors",
        "torchao": "torchao", "hqq": "HQQ", "quanto": "Quanto", "eetq": "EETQ", "aqlm": "AQLM",
        "vptq": "VPTQ", "spqr": "SpQR", "higgs": "HIGGS", "bitnet": "BitNet", "mxfp4": "MXFP4",
        "mxfp8": "MXFP8", "nvfp4": "NVFP4", "auto-round": "AutoRound",
        "intel/auto-round": "AutoRound", "auto_round": "AutoRound", "quark": "Quark",
        "modelopt": "ModelOpt", "fp_quant": "FP-Quant", "fouroversix": "Four Over Six",
        "sinq": "SINQ", "metal": "Metal", "gguf": "GGUF", "exl2": "EXL2", "exl3": "EXL3",
        "marlin": "Marlin", "squeezellm": "SqueezeLLM", "mlx": "MLX", "qqq": "QQQ",
        "deepspeedfp": "DeepSpeed FP", "tpu_int8": "TPU int8", "experts_int8": "int8 experts",
        "ptpc_fp8": "PTPC FP8", "inc": "Intel Neural Compressor", "gemma": "Gemma's method",
        "optimum-quanto": "Quanto",
    ]

    private static func known(_ method: String) -> String {
        names[method.lowercased()] ?? "\"\(method)\", a method that is not known here,"
    }

    /// The method of a configuration that names none.
    private static func guess(_ fields: [String: Any]) -> String? {
        if fields["load_in_4bit"] != nil || fields["load_in_8bit"] != nil { return "bitsandbytes" }
        if fields["config_groups"] != nil { return "compressed-tensors" }
        if fields["quant_algo"] != nil || (fields["quantization"] as? [String: Any]) != nil {
            return "modelopt"
        }
        if fields["w_bit"] != nil { return "awq" }
        if fields["desc_act"] != nil || fields["damp_percent"] != nil { return "gptq" }
        if fields["weight_block_size"] != nil || fields["activation_scheme"] != nil { return "fp8" }
        return nil
    }

    /// Whether all that would quantise is false, as bitsandbytes may leave it.
    private static func isSwitchedOff(_ fields: [String: Any]) -> Bool {
        let switches = ["load_in_4bit", "load_in_8bit"].compactMap { fields[$0] as? Bool }
        return !switches.isEmpty && !switches.contains(true)
    }

    // MARK: - Kinds

    private static func kind(_ fields: [String: Any]) -> String? {
        var parts: [String] = []
        for key in ["format", "fmt", "bnb_4bit_quant_type", "quant_algo", "mode"] {
            if let text = fields[key] as? String, text != "dense" { parts.append(text) }
        }
        if fields["load_in_4bit"] as? Bool != true {
            parts.removeAll { $0 == fields["bnb_4bit_quant_type"] as? String }
        }
        if let inner = fields["quantization"] as? [String: Any],
            let text = inner["quant_algo"] as? String
        {
            parts.append(text)
        }
        if let sizes = fields["weight_block_size"] as? [Int], !sizes.isEmpty {
            parts.append("blocks of " + sizes.map(String.init).joined(separator: " x "))
        }
        if let type = torchaoType(fields["quant_type"]) { parts.append(type) }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }

    /// The type of torchao: a name, or the `_type` of an object below.
    private static func torchaoType(_ value: Any?) -> String? {
        if let text = value as? String { return text }
        guard let fields = value as? [String: Any] else { return nil }
        if let text = fields["_type"] as? String { return text }
        return fields.keys.sorted().lazy.compactMap { torchaoType(fields[$0]) }.first
    }

    // MARK: - Bits

    private static func bits(_ fields: [String: Any]) -> String? {
        if fields["load_in_4bit"] as? Bool == true { return "4" }
        if fields["load_in_8bit"] as? Bool == true { return "8" }
        for key in ["bits", "w_bit", "wbits", "num_bits", "nbits", "weight_bits"] {
            if let number = fields[key] as? NSNumber { return "\(number)" }
        }
        return codebookBits(fields) ?? groupBits(fields["config_groups"]) ?? nestedBits(fields)
            ?? describedBits(fields)
    }

    /// AQLM: codes of so many bits for a group of weights.
    private static func codebookBits(_ fields: [String: Any]) -> String? {
        guard let bits = fields["nbits_per_codebook"] as? Int,
            let books = fields["num_codebooks"] as? Int,
            let size = fields["in_group_size"] as? Int, size > 0
        else { return nil }
        let tenths = 10 * bits * books / size
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    /// compressed-tensors: the bits of each group's weights.
    private static func groupBits(_ value: Any?) -> String? {
        guard let groups = value as? [String: Any] else { return nil }
        let bits = groups.values.compactMap { group -> Int? in
            ((group as? [String: Any])?["weights"] as? [String: Any])?["num_bits"] as? Int
        }
        let sorted = Set(bits).sorted().map(String.init)
        return sorted.isEmpty ? nil : sorted.joined(separator: " and ")
    }

    /// HQQ and Quark: in an object below.
    private static func nestedBits(_ fields: [String: Any]) -> String? {
        let paths = [
            ["quant_config", "weight_quant_params", "nbits"],
            ["global_quant_config", "weight", "dtype"],
            ["layer_quant_config", "weight", "dtype"],
        ]
        for path in paths {
            var value: Any? = fields
            for key in path { value = (value as? [String: Any])?[key] }
            if let number = value as? Int { return "\(number)" }
            if let found = (value as? String).flatMap(digits) { return found }
        }
        return nil
    }

    /// The number in a word such as "int4_weight_only", "qint8", "W4A16" or "NVFP4".
    private static func describedBits(_ fields: [String: Any]) -> String? {
        let inner = fields["quantization"] as? [String: Any]
        let words = [
            fields["weights"] as? String, fields["quant_algo"] as? String,
            inner?["quant_algo"] as? String, torchaoType(fields["quant_type"]),
            fields["forward_dtype"] as? String, fields["fmt"] as? String,
            // Of a table of layers.
            fields.values.lazy.compactMap { ($0 as? [String: Any])?["weights"] as? String }.first,
        ]
        return words.lazy.compactMap { $0.flatMap(digits) }.first
    }

    private static func digits(_ word: String) -> String? {
        let pattern = #/(?:int|float|fp|nf|mx|w|uint)_?(\d+)/#.ignoresCase()
        return (try? pattern.firstMatch(in: word)).map { String($0.1) }
    }

    /// Bits of the methods that have one kind only.
    private static func fixedBits(_ method: String) -> String? {
        [
            "fp8": "8", "fbgemm_fp8": "8", "ptpc_fp8": "8", "mxfp8": "8", "mxfp4": "4",
            "nvfp4": "4",
            "fouroversix": "4", "fp_quant": "4", "bitnet": "1.58", "eetq": "8", "awq": "4",
        ][method.lowercased()]
    }
}
