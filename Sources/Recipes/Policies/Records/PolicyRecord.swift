import Configuration
import Files
package import Foundation
import Segmentation
import TextFiles
import VisionLanguage

/// What a policy was trained with, as the file `think2seg.json` beside its weights says it.
///
/// Other programs do not read the file. The same training writes the same bytes: it has no dates and no
/// paths.
public struct PolicyRecord: Sendable, Hashable {
    /// The file's name.
    public static let file = "think2seg.json"
    /// The version of the file that is written, and the newest that is read.
    public static let version = 1

    /// The command that wrote it: `train`, `sft` or `policy init`.
    public var command: String
    /// The version of the program that did.
    public var product: String
    /// How the policy was asked; what the command does not decide, and nothing before it did, is not
    /// known.
    ///
    /// The chat template is never a file: a saved policy has the one that it was trained with.
    public var settings: AskingSettings

    /// A record from its parts; a chat template in a file becomes the policy's own.
    public init(command: String, product: String, settings: AskingSettings) {
        self.command = command
        self.product = product
        self.settings = settings
        if settings.chatTemplate?.path != nil { self.settings.chatTemplate = .checkpoint }
    }

    /// Reads a policy's record.
    ///
    /// - Parameter folder: the policy's folder
    /// - Returns: the record; nil where there is none
    /// - Throws: `PolicyConfigurationError` that names the file, and the key if it is one: for what is not
    ///   JSON, of a newer version, unknown, or out of bounds
    public static func read(_ folder: String) throws -> PolicyRecord? {
        let path = "\(folder)/\(file)"
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return try PolicyRecord(json: inputFile(path, "record of a policy's training"), path: path)
    }

    /// Understands the bytes of the file.
    ///
    /// - Parameters:
    ///   - json: the bytes
    ///   - path: what errors name
    /// - Throws: `PolicyConfigurationError`
    package init(json: Data, path: String) throws {
        do {
            let decoder = JSONDecoder()
            let header = try decoder.decode(PolicyRecordFile.Header.self, file: json)
            try Self.require(version: header.version, path)
            let keys = try decoder.decode([String: PolicyRecordFile.Anything].self, file: json).keys
            if let key = keys.sorted().first(where: { PolicyRecordFile.CodingKeys($0) == nil }) {
                throw PolicyConfigurationError(
                    path: path, key: key,
                    problem: "is unknown" + Nearest.question(key, among: PolicyRecordFile.names))
            }
            let file = try decoder.decode(PolicyRecordFile.self, file: json)
            try file.check(path)
            self.init(command: file.command, product: file.product, settings: file.settings)
        } catch let error as DecodingError {
            throw PolicyConfigurationError(path: path, error)
        }
    }

    private static func require(version found: Int, _ path: String) throws {
        if found == version { return }
        throw PolicyConfigurationError(
            path: path, key: "version",
            problem: found > version
                ? "is \(found), and this program reads \(version): use a newer think2seg; without the "
                    + "file, the policy is asked by options and configuration alone"
                : "is \(found), must be \(version)")
    }

    /// The bytes of the file.
    package func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(PolicyRecordFile(self)) + Data("\n".utf8)
    }

    /// Writes the file into a policy's folder, over one that is there.
    ///
    /// - Throws: `FileError`
    package func write(into folder: String) throws {
        try DurableFiles.write(try json(), to: "\(folder)/\(Self.file)")
    }
}

/// The file as JSON has it.
private struct PolicyRecordFile: Codable {
    /// What every version has.
    struct Header: Decodable { let version: Int }

    /// A value that is left unread.
    struct Anything: Decodable { init(from decoder: any Decoder) {} }

    enum Template: String, Codable { case builtin, checkpoint }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case version, command, product, variant, system
        case imageSize = "image_size"
        case chatTemplate = "chat_template"
        case maxCompletionLength = "max_completion_length"

        init?(_ name: String) { self.init(rawValue: name) }
    }

    let version: Int
    let command: String
    let product: String
    let imageSize: Int?
    let variant: String?
    let system: String?
    let chatTemplate: Template?
    let maxCompletionLength: Int?

    init(_ record: PolicyRecord) {
        version = PolicyRecord.version
        (command, product) = (record.command, record.product)
        let settings = record.settings
        imageSize = settings.imageSize
        (variant, system) = (settings.variant, settings.system)
        chatTemplate = settings.chatTemplate.map { $0 == .builtin ? .builtin : .checkpoint }
        maxCompletionLength = settings.maxCompletionLength
    }

    var settings: AskingSettings {
        AskingSettings(
            imageSize: imageSize, variant: variant, system: system,
            chatTemplate: chatTemplate.map { $0 == .builtin ? .builtin : .checkpoint },
            maxCompletionLength: maxCompletionLength)
    }

    /// Fails where a value is none that a configuration could have.
    func check(_ path: String) throws {
        func require(_ key: CodingKeys, _ value: Int?, in bounds: ClosedRange<Int>) throws {
            guard let value, !bounds.contains(value) else { return }
            throw PolicyConfigurationError(
                path: path, key: key.rawValue,
                problem: "is \(value), must be from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        try require(.imageSize, imageSize, in: 28...4096)
        try require(.maxCompletionLength, maxCompletionLength, in: 1...32768)
        guard let variant, PromptVariant.named(variant) == nil else { return }
        let known = PromptVariant.all.map(\.name).joined(separator: ", ")
        throw PolicyConfigurationError(
            path: path, key: CodingKeys.variant.rawValue,
            problem: "is \(variant), must be one of \(known)")
    }

    /// The keys.
    static var names: [String] { CodingKeys.allCases.map(\.rawValue) }
}
