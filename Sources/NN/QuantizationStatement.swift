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
    /// The method, its kind and the bits: "AWQ to 4 bits".
    let description: String
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
                        let words = QuantizationMethod(value, key: key)?.description
                    else { continue }
                    return QuantizationStatement(
                        path: config, key: key, description: words, base: base(folder, object))
                }
            }
        }
        for (name, method) in sidecars {
            guard let object = jsonObject("\(folder)/\(name)"),
                let words = QuantizationMethod(object, otherwise: method)?.description
            else { continue }
            return QuantizationStatement(
                path: "\(folder)/\(name)", key: nil, description: words, base: base(folder, [:]))
        }
        return nil
    }

    /// The keys of `config.json`; MLX writes its own beside transformers'.
    private static let keys = ["quantization_config", "quantization", "compression_config"]

    /// Files that quantisers write, and which.
    private static let sidecars = [
        ("hf_quant_config.json", "modelopt"), ("quantize_config.json", "gptq"),
        ("quant_config.json", "awq"), ("quanto_qmap.json", "quanto"),
    ]

    private static func jsonObject(_ path: String) -> [String: Any]? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
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
        guard let data = FileManager.default.contents(atPath: folder + "/README.md") else {
            return nil
        }
        let lines = String(decoding: data.prefix(1 << 16), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.trimmingCharacters(in: .whitespaces) }
        guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---"),
            let place = lines[..<end].firstIndex(where: { $0.hasPrefix("base_model:") })
        else { return nil }
        let value = lines[place].dropFirst("base_model:".count).trimmingCharacters(in: .whitespaces)
        let next = lines[place + 1]
        let name = value.isEmpty && next.hasPrefix("- ") ? String(next.dropFirst(2)) : value
        return name.isEmpty
            ? nil : name.trimmingCharacters(in: CharacterSet(charactersIn: "\"'[] "))
    }

    // MARK: - What is said of it

    /// That the weights are quantised.
    var error: CheckpointError {
        CheckpointError(
            path: path,
            problem:
                "the weights are quantised with \(description)\(key.map { " (\($0))" } ?? "") "
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
        "\(path) says that the weights are quantised with \(description)"
            + "\(key.map { " (\($0))" } ?? ""), and they are plain numbers: they are used as they are; "
            + "transformers goes by what is said, so remove it"
    }
}
