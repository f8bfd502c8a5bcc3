import Foundation
import TextFiles
public import Tokenizers

/// Which tokens end a completion and which one pads it, as a checkpoint's files give them.
///
/// Sampling settings of the file are not read: temperature and its kin are the run's to decide.
public struct GenerationConfiguration: Sendable, Equatable {
    /// Every token that ends a completion; at least one.
    public var eosTokenIDs: [Int]
    /// The token that pads; the first that ends a completion where no file names one.
    public var padTokenID: Int

    /// A configuration from its parts; `eosTokenIDs` is not empty.
    public init(eosTokenIDs: [Int], padTokenID: Int) {
        precondition(!eosTokenIDs.isEmpty)
        self.eosTokenIDs = eosTokenIDs
        self.padTokenID = padTokenID
    }

    private struct File: Decodable {
        var eos: TokenIDs?
        var pad: Int?

        enum CodingKeys: String, CodingKey {
            case eos = "eos_token_id"
            case pad = "pad_token_id"
        }
    }

    /// Reads `generation_config.json` of a folder, and joins the tokens that end completions by it, by the
    /// model's configuration and by the tokenizer.
    ///
    /// Files of one checkpoint may name different tokens: a turn that any of them ends is at its end.
    ///
    /// - Parameters:
    ///   - directory: a folder that may have the file
    ///   - options: what the model's configuration says
    ///   - endToken: the token that the tokenizer's files name
    /// - Returns: the configuration
    /// - Throws: ``PolicyConfigurationError`` if none of them names a token that ends a completion, one
    ///   names a token that the vocabulary does not have, or the file is malformed
    public static func load(
        directory: String, options: PolicyOptions,
        endToken: Tokenizer.EndToken? = nil
    ) throws -> GenerationConfiguration {
        let path = directory + "/" + Self.file
        let exists = FileManager.default.fileExists(atPath: path)
        let file = try exists ? decodeFile(path, as: File.self) : File()
        let vocabulary = options.text.vocabularySize
        let given = file.eos?.values ?? []
        if let problem = TokenIDs.problem(given, vocabulary: vocabulary) {
            throw PolicyConfigurationError(path: path, key: "eos_token_id", problem: problem)
        }
        if let token = endToken, token.id >= vocabulary {
            throw PolicyConfigurationError(
                path: token.file, key: "eos_token",
                problem:
                    "is \(token.content), whose id \(token.id) is outside the model's vocabulary "
                    + "of \(vocabulary)")
        }
        return try resolve(
            path: exists ? path : directory + "/config.json",
            eos: given + options.eosTokenIDs + (endToken.map { [$0.id] } ?? []),
            pad: file.pad ?? options.padTokenID)
    }

    /// What a model's configuration alone says.
    public init(options: PolicyOptions) throws {
        self = try Self.resolve(
            path: "config.json", eos: options.eosTokenIDs, pad: options.padTokenID)
    }

    private static func resolve(
        path: String, eos: [Int], pad: Int?
    ) throws -> GenerationConfiguration {
        guard let first = eos.first else {
            throw PolicyConfigurationError(
                path: path, key: "eos_token_id", problem: "is missing; completions would never end")
        }
        if let pad, pad < 0 {
            throw PolicyConfigurationError(
                path: path, key: "pad_token_id", problem: "\(pad) is negative")
        }
        var ids: [Int] = []
        for id in eos where !ids.contains(id) { ids.append(id) }
        return GenerationConfiguration(eosTokenIDs: ids, padTokenID: pad ?? first)
    }

    /// The name of the file.
    static let file = "generation_config.json"

    /// A `generation_config.json` that names all tokens which end completions, so that other programs end
    /// where this one does.
    ///
    /// - Parameters:
    ///   - data: the file that the model came with; nil for none
    ///   - options: what the model's configuration says, which counts where there is no file
    /// - Returns: the contents; those of before where they name these tokens already. Nil where no file
    ///   is needed
    /// - Throws: ``PolicyConfigurationError`` or `TokenizerError` if the file is malformed
    func restated(_ data: Data?, _ options: PolicyOptions) throws -> Data? {
        guard let data else {
            return Set(options.eosTokenIDs) == Set(eosTokenIDs) ? nil : try json()
        }
        var ids: [Int]
        do {
            ids = try JSONDecoder().decode(File.self, file: data).eos?.values ?? []
        } catch let error as DecodingError {
            throw PolicyConfigurationError(path: Self.file, error)
        }
        let text = try JSONText(data, file: Self.file)
        let key = "eos_token_id"
        // A null or an empty list would let nothing end elsewhere.
        if text.value(key) == nil, Set(options.eosTokenIDs) == Set(eosTokenIDs) {
            return data
        }
        let missing = eosTokenIDs.filter { !ids.contains($0) }
        if missing.isEmpty { return data }
        ids += missing
        let list = "[\(ids.map(String.init).joined(separator: ", "))]"
        return text.edited(adding: text.value(key) == nil ? [(key, list)] : []) { path, _ in
            path == [key] ? .replace(list) : .keep
        }
    }

    /// The contents of a `generation_config.json`.
    func json() throws -> Data {
        try JSONSerialization.data(
            withJSONObject: ["eos_token_id": eosTokenIDs, "pad_token_id": padTokenID],
            options: [.prettyPrinted, .sortedKeys])
    }
}
