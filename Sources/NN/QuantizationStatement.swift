import Foundation
import TextFiles
import Torch

// Reference: transformers, quantization_config.py

/// What a folder's configuration says of how its weights are quantised.
///
/// Quantised weights are not read: training needs the numbers themselves. A configuration tells the method
/// before any file of weights is opened.
struct QuantizationStatement {
    /// The file that says so.
    let path: String
    /// The key in the file; nil if the file is about nothing else.
    let key: String?
    /// The method, its kind and the bits: "with AWQ to 4 bits".
    let description: String
    /// Whether it names the method itself.
    let isNamed: Bool
    private let bits: String?
    /// The checkpoint that the weights were made from, where the folder tells.
    let base: String?

    /// Looks into a folder's `config.json`, at the top and in its sections, and into the files that
    /// quantisers write beside it.
    ///
    /// - Parameter folder: a folder in the hub's layout
    /// - Returns: what it says; nil if nothing says that the weights are quantised
    static func find(_ folder: String) -> QuantizationStatement? {
        let config = folder + "/config.json"
        if let object = jsonObject(config) {
            let sections =
                [object] + object.keys.sorted().compactMap { object[$0] as? [String: Any] }
            for section in sections {
                for key in keys {
                    guard let value = section[key], !(value is NSNull),
                        // MLX writes the same under both keys.
                        let method = QuantizationMethod(
                            value, otherwise: section["quantization"] == nil ? nil : "mlx")
                    else { continue }
                    return QuantizationStatement(
                        path: config, key: key, method, base: base(folder, object))
                }
            }
        }
        for (name, method) in sidecars {
            guard let object = jsonObject("\(folder)/\(name)"),
                let method = QuantizationMethod(object, otherwise: method)
            else { continue }
            return QuantizationStatement(
                path: "\(folder)/\(name)", key: nil, method, base: base(folder, [:]))
        }
        return nil
    }

    private init(path: String, key: String?, _ method: QuantizationMethod, base: String?) {
        (self.path, self.key, self.base) = (path, key, base)
        (description, bits, isNamed) = ("with \(method)", method.bits, method.isStated)
    }

    /// The keys of `config.json`; MLX writes its own beside transformers'.
    private static let keys = ["quantization_config", "quantization", "compression_config"]

    /// Files that quantisers write, and which.
    private static let sidecars = [
        ("hf_quant_config.json", "modelopt"), ("quantize_config.json", "gptq"),
        ("quant_config.json", "awq"), ("quanto_qmap.json", "quanto"),
    ]

    private static func jsonObject(_ path: String) -> [String: Any]? {
        guard let data = FileKind.contents(path) else { return nil }
        return try? JSONSerialization.jsonObject(file: data) as? [String: Any]
    }

    // MARK: - The checkpoint that they were made from

    /// What the folder calls the checkpoint that its weights were made from.
    private static func base(_ folder: String, _ config: [String: Any]) -> String? {
        for key in ["base_model_name_or_path", "base_model", "_name_or_path"] {
            if let name = config[key] as? String, isOther(name, than: folder) { return name }
        }
        return cardBase(folder)
    }

    private static func isOther(_ name: String, than folder: String) -> Bool {
        let last = (name as NSString).lastPathComponent
        return !last.isEmpty && last != "." && last != (folder as NSString).lastPathComponent
    }

    /// The `base_model` of the card on top of the README.
    private static func cardBase(_ folder: String) -> String? {
        guard let data = FileKind.contents(folder + "/README.md"),
            let card = try? TextContents(data.prefix(1 << 16), validating: false)
        else { return nil }
        let lines = card.text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---"),
            let place = lines[..<end].firstIndex(where: { $0.hasPrefix("base_model:") })
        else { return nil }
        let value = scalar(lines[place].dropFirst("base_model:".count))
        let next = lines[(place + 1)..<end].first { !$0.isEmpty && !$0.hasPrefix("#") } ?? ""
        let name = value.isEmpty && next.hasPrefix("- ") ? scalar(next.dropFirst(2)) : value
        // What is no UTF-8 is no name.
        return name.isEmpty || name.contains("\u{FFFD}") ? nil : name
    }

    /// The first name of a value of YAML, without its comment, brackets and quotes.
    private static func scalar(_ text: Substring) -> String {
        let start = text.trimmingCharacters(in: CharacterSet(charactersIn: "[ \t"))
        if let quote = start.first, quote == "\"" || quote == "'" {
            return String(start.dropFirst().prefix { $0 != quote })
        }
        if start.hasPrefix("#") { return "" }
        let end = start.range(of: " #") ?? start.range(of: "\t#")
        return start[..<(end?.lowerBound ?? start.endIndex)].prefix { $0 != "," && $0 != "]" }
            .trimmingCharacters(in: .whitespaces)
    }

    // MARK: - What is said of it

    /// That the weights are quantised.
    ///
    /// - Parameter sign: what the tensors give away, which counts where the method is not named
    /// - Returns: the error
    func error(_ sign: QuantizedTensors.Sign? = nil) -> CheckpointError {
        var words = description
        if !isNamed, let sign, sign.isMethod {
            let hasBits = bits == nil || sign.description.hasSuffix("bits")
            words = sign.description + (hasBits ? "" : " to \(bits ?? "") bits")
        }
        return CheckpointError(
            path: path,
            problem: "the weights are quantised \(words)\(key.map { " (\($0))" } ?? "") "
                + "and are not read",
            advice: Self.advice(base))
    }

    /// What to take instead of quantised weights.
    static func advice(_ base: String? = nil) -> String {
        "take the checkpoint that they were made from\(base.map { ", \($0)" } ?? ""), with weights of 16 or "
            + "32 bits"
    }

    /// That the configuration says so, and the weights are plain all the same.
    var contradiction: String {
        "\(path) says that the weights are quantised \(description)"
            + "\(key.map { " (\($0))" } ?? ""), and they are plain numbers: they are used as they are; "
            + (key == nil
                ? "remove the file, which programs other than transformers may go by"
                : "transformers goes by what is said, so remove it")
    }
}
