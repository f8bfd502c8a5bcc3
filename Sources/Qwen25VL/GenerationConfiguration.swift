import Foundation

/// Which tokens end a completion and which one pads it, as `generation_config.json` gives them.
///
/// Sampling settings of the file are not read: temperature and its kin are the run's to decide.
public struct GenerationConfiguration: Sendable, Equatable {
    /// Every token that ends a completion; at least one.
    ///
    /// One outside the vocabulary never comes.
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

    /// Reads `generation_config.json` of a folder; what it does not say is taken from the model's
    /// configuration.
    ///
    /// - Parameters:
    ///   - directory: a folder that may have the file
    ///   - configuration: the model's configuration
    /// - Returns: the configuration
    /// - Throws: ``Qwen25VLConfigurationError`` if neither names a token that ends a completion, or
    ///   the file is malformed
    public static func load(
        directory: String, configuration: Qwen25VLConfiguration
    ) throws -> GenerationConfiguration {
        let path = directory + "/generation_config.json"
        let exists = FileManager.default.fileExists(atPath: path)
        let file = try exists ? decodeFile(path, as: File.self) : File()
        let given = file.eos?.values ?? []
        return try resolve(
            path: exists ? path : directory + "/config.json",
            eos: given.isEmpty ? configuration.eosTokenIDs : given,
            pad: file.pad ?? configuration.padTokenID)
    }

    /// What a model's configuration alone says.
    public init(configuration: Qwen25VLConfiguration) throws {
        self = try Self.resolve(
            path: "config.json", eos: configuration.eosTokenIDs, pad: configuration.padTokenID)
    }

    private static func resolve(
        path: String, eos: [Int], pad: Int?
    ) throws -> GenerationConfiguration {
        guard let first = eos.first else {
            throw Qwen25VLConfigurationError(
                path: path, key: "eos_token_id", problem: "is missing; completions would never end")
        }
        for (key, id) in eos.map({ ("eos_token_id", $0) }) + [("pad_token_id", pad ?? first)] {
            guard id >= 0 else {
                throw Qwen25VLConfigurationError(path: path, key: key, problem: "\(id) is negative")
            }
        }
        return GenerationConfiguration(eosTokenIDs: eos, padTokenID: pad ?? first)
    }

    /// The contents of a `generation_config.json`.
    func json() throws -> Data {
        try JSONSerialization.data(
            withJSONObject: ["eos_token_id": eosTokenIDs, "pad_token_id": padTokenID],
            options: [.prettyPrinted, .sortedKeys])
    }
}
