import Foundation
package import NN
package import Torch

/// The tensors of an adapter's folder in PEFT's layout.
package final class StoredAdapter: AdapterWeights {
    /// The file.
    package let path: String
    private let file: WeightFile
    private let located: [String: WeightFile.Entry]
    private var taken: Set<String> = []

    /// Opens the file of tensors, `adapter_model.safetensors` or `adapter_model.bin`.
    ///
    /// - Parameters:
    ///   - folder: the adapter's folder
    ///   - canonical: the model's own key of one that has transformers' names, now or of earlier versions
    /// - Throws: `CheckpointError` if there is none, or it is damaged, or two tensors are one
    package init(folder: String, canonical: (String) -> String) throws {
        let names = [AdapterConfiguration.weightsFile, "adapter_model.bin"]
        guard
            let name = names.first(where: {
                FileManager.default.fileExists(atPath: "\(folder)/\($0)")
            })
        else {
            throw CheckpointError(
                path: folder, problem: "has no \(names[0])",
                advice: "copy the adapter's folder again", isMissing: true)
        }
        path = "\(folder)/\(name)"
        file = try WeightFile(path: path)
        var located: [String: WeightFile.Entry] = [:]
        for entry in file.entries {
            let key = Self.key(entry.name, canonical)
            if let other = located.updateValue(entry, forKey: key) {
                throw CheckpointError(
                    path: path, problem: "tensors \(other.name) and \(entry.name) are one",
                    advice: "the file was put together of two; save the adapter again")
            }
        }
        self.located = located
    }

    /// The model's own key of a tensor.
    private static func key(_ name: String, _ canonical: (String) -> String) -> String {
        var text = name
        while text.hasPrefix("base_model.model.") {
            text.removeFirst("base_model.model.".count)
        }
        let parts = text.split(separator: ".").map(String.init)
        // Adapters' names, and the places of copies, are of a program's memory.
        var kept: [String] = []
        for (place, part) in parts.enumerated() {
            if part == "default", place > 0, namedParts.contains(parts[place - 1]) { continue }
            if part == "modules_to_save" { continue }
            kept.append(part)
        }
        return canonical(kept.joined(separator: "."))
    }

    private static let namedParts: Set = [
        "lora_A", "lora_B", "lora_embedding_A", "lora_embedding_B", "lora_magnitude_vector",
        "modules_to_save",
    ]

    /// The tensor of a key of the adapter.
    package func tensor(
        _ key: String, shape: [Int], initial: () throws -> Tensor
    ) throws -> Tensor {
        guard let (found, entry) = entry(key) else {
            throw CheckpointError(
                path: path, problem: "tensor \(key) \(shape) is missing",
                advice:
                    "adapter_config.json and the tensors belong to different adapters, or the base "
                    + "is another model")
        }
        guard entry.shape == shape else {
            throw CheckpointError(
                path: path,
                problem: "tensor \(entry.name) has shape \(entry.shape), the base and "
                    + "adapter_config.json need \(shape)",
                advice: "the adapter is of another base or rank")
        }
        guard entry.type.isFloatingPoint else {
            throw CheckpointError(
                path: path,
                problem: "tensor \(entry.name) holds \(entry.type), no numbers to compute with",
                advice: "save the adapter in float32")
        }
        taken.insert(found)
        return try file.tensor(entry)
    }

    private func entry(_ key: String) -> (String, WeightFile.Entry)? {
        if let entry = located[key] { return (key, entry) }
        // The bias of a module with an adapter stands below the module that was wrapped.
        var parts = key.split(separator: ".").map(String.init)
        parts.insert("base_layer", at: parts.count - 1)
        let wrapped = parts.joined(separator: ".")
        if let entry = located[wrapped] { return (wrapped, entry) }
        // Early files have the magnitude as a parameter of a module.
        if key.hasSuffix("lora_magnitude_vector"), let entry = located["\(key).weight"] {
            return ("\(key).weight", entry)
        }
        return nil
    }

    /// Fails if a tensor has no place, or a table that stands beside its adapter is not the base's.
    ///
    /// - Parameter parameters: those of the model, the base's own among them
    /// - Throws: `CheckpointError` with the first few names
    package func finish(_ parameters: [Parameter]) throws {
        let left = located.keys.filter { !taken.contains($0) }.sorted()
        var strange: [String] = []
        for key in left {
            let plain = key.replacingOccurrences(of: ".base_layer.", with: ".")
            guard key.contains(".base_layer."),
                let own = parameters.last(where: { $0.key == plain && !$0.isAdapter }),
                let entry = located[key]
            else {
                strange.append(located[key]?.name ?? key)
                continue
            }
            guard entry.shape == own.tensor.shape,
                try file.tensor(entry).to(own.tensor.dtype).isEqual(to: own.tensor)
            else {
                throw CheckpointError(
                    path: path,
                    problem:
                        "tensor \(entry.name) is not the base's: the adapter was trained with another "
                        + "vocabulary or base",
                    advice: "name the base that it was trained with")
            }
        }
        if strange.isEmpty { return }
        throw CheckpointError(
            path: path,
            problem: "\(strange.count) tensors have no place in the model: "
                + strange.prefix(4).joined(separator: ", ") + (strange.count > 4 ? ", …" : ""),
            advice:
                "adapter_config.json and the tensors belong to different adapters, or the base is "
                + "another model")
    }
}

/// The key under which PEFT stores a tensor of an adapter.
///
/// - Parameters:
///   - key: the model's own key
///   - name: the name that a module has in transformers' memory
///   - isAdapted: whether the tensor's module has a low-rank part besides
/// - Returns: the key in the file
package func storedKey(_ key: String, name: (String) -> String, isAdapted: Bool) -> String {
    let parts = key.split(separator: ".").map(String.init)
    let place = parts.firstIndex { $0.hasPrefix("lora_") } ?? parts.count - 1
    let module = name(parts[..<place].joined(separator: "."))
    let isCopy = !parts[place].hasPrefix("lora_")
    let middle = isCopy && isAdapted ? ".base_layer" : ""
    return "base_model.model.\(module)\(middle).\(parts[place...].joined(separator: "."))"
}
