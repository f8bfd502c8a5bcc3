import Foundation
import NN
import Tokenizers
import Torch

/// The element type that a `config.json` states, which transformers' default load turns all weights into.
enum StatedElementType {
    /// The keys that state it: transformers 4's, and transformers 5's, which counts where both are there.
    private static let keys = ["torch_dtype", "dtype"]
    /// What tells how weights of another folder are stored: those that are written are plain numbers, in
    /// files of the usual names.
    private static let foreign = ["quantization_config", "compression_config"]
    private static let explicitFile = "transformers_weights"

    /// The narrowest type that holds numbers of several types exactly.
    ///
    /// - Parameter types: floating-point types
    /// - Returns: the type; float32 of none
    static func holding(_ types: Set<DType>) -> DType {
        if types.count == 1, let only = types.first { return only }
        return types.contains(.float64) ? .float64 : .float32
    }

    /// A `config.json` that states a type wherever it states one, at the top in any case.
    ///
    /// - Parameters:
    ///   - config: the file's contents
    ///   - dtype: the type of the weights beside it
    ///   - file: what errors call it
    /// - Returns: the contents; all that has nothing to do with the weights' storage is as it was, byte for
    ///   byte
    /// - Throws: `TokenizerError` if it is not JSON
    static func restated(_ config: Data, as dtype: DType, file: String) throws -> Data {
        let text = try JSONText(config, file: file)
        let type = "\"\(dtype)\""
        // transformers 4 knows this key only, transformers 5 both.
        let added = keys.contains { text.value($0) != nil } ? [] : [(key: keys[0], value: type)]
        return text.edited(adding: added) { path, value in
            guard let key = path.last else { return .keep }
            if foreign.contains(key) || path == [explicitFile] { return .remove }
            // Deeper down the word may be a key of something else, as of a vocabulary.
            let mayBeType =
                path.count == 1 || value.first.map { "\"{n".contains($0) } ?? false
            return keys.contains(key) && mayBeType ? .replace(type) : .keep
        }
    }

    /// Why transformers' default load of a folder gives other weights than are in it.
    ///
    /// - Parameters:
    ///   - config: the contents of its `config.json`
    ///   - types: the types of its weights
    ///   - file: what the sentence calls the configuration
    /// - Returns: a sentence for people; nil if the type that is stated holds the weights exactly
    /// - Throws: `TokenizerError` if the configuration cannot be restated when the policy is written
    static func warning(_ config: Data, types: Set<DType>, file: String) throws -> String? {
        _ = try JSONText(config, file: file)
        guard let stated = stated(config), holding(types.union([stated])) != stated else {
            return nil
        }
        let stored = types.map { "\($0)" }.sorted().joined(separator: " and ")
        return
            "\(file) states \(stated), and the weights beside it are \(stored): they are used as they "
            + "are, and transformers rounds them when it loads the folder; policies that are written "
            + "here state their own type"
    }

    /// The type that a `config.json` states at the top; nil where it states none that is known.
    static func stated(_ config: Data) -> DType? {
        guard let text = try? JSONText(config, file: "config.json"),
            let value = keys.reversed().compactMap({ text.value($0) }).first(where: {
                $0 != "null"
            }),
            let name = try? JSONDecoder().decode([String].self, from: Data("[\(value)]".utf8))[0]
        else { return nil }
        let short = name.hasPrefix("torch.") ? String(name.dropFirst(6)) : name
        let aliases = ["float": "float32", "half": "float16", "double": "float64"]
        return DType.allCases.first {
            $0.isFloatingPoint && "\($0)" == aliases[short] ?? short
        }
    }
}

extension VisionLanguageModel {
    /// Lets the `config.json` of a folder state the element type of the weights beside it.
    ///
    /// - Parameter directory: a folder in the hub's layout
    /// - Throws: `CheckpointError` if the weights cannot be read, or an error that names the file that
    ///   cannot be read or written
    public static func restateElementType(directory: String) throws {
        let path = directory + "/config.json"
        let config = try Data(contentsOf: URL(fileURLWithPath: path))
        let types = try StoredWeights(path: directory).floatingPointTypes
        let restated = try StatedElementType.restated(
            config, as: StatedElementType.holding(types), file: path)
        if restated == config { return }
        try restated.write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}
