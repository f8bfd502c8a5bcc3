import Foundation
import SystemErrors
import TextFiles

/// Chat templates in files: those of a checkpoint's folder, and those that a user names.
public struct ChatTemplateFiles: Sendable {
    /// A template's text and where it stood.
    public struct Found: Sendable, Hashable {
        /// The file.
        public let path: String
        /// The template.
        public let source: String
    }

    /// The names of the files, in the order in which a processor of transformers 5 takes them; the last is
    /// the tokenizer's alone, which no processor reads.
    public static let names = [
        "processor_config.json", "chat_template.json", "chat_template.jinja",
        "additional_chat_templates/default.jinja", "tokenizer_config.json",
    ]

    /// The templates of a folder in the order of ``names``; the first is the one that counts.
    public let all: [Found]
    /// The tokens that a template may name, by their roles.
    public let variables: [String: String]
    /// How templates write that a picture stands somewhere.
    public let picture: PictureMark
    private let folder: String

    /// Looks into a checkpoint's folder.
    ///
    /// - Parameters:
    ///   - folder: the folder
    ///   - picture: how templates write that a picture stands somewhere
    /// - Throws: ``ChatTemplateError`` that names the file that cannot be read
    public init(folder: String, picture: PictureMark = .qwen) throws {
        self.folder = folder
        self.picture = picture
        var found: [Found] = []
        for name in Self.names {
            let path = "\(folder)/\(name)"
            guard FileManager.default.fileExists(atPath: path),
                let source = try Self.source(path)
            else { continue }
            found.append(Found(path: path, source: source))
        }
        all = found
        variables = try Self.specialTokens(folder: folder)
    }

    /// The template that counts; nil if the folder has none.
    ///
    /// - Throws: ``ChatTemplateError`` if it is none, or refuses a question about a picture
    public func template() throws -> ChatTemplate? {
        try all.first.map {
            try ChatTemplate(
                source: $0.source, origin: $0.path, variables: variables, picture: picture)
        }
    }

    /// That files of the folder have different templates, in a sentence for people; nil if they have not.
    public var disagreement: String? {
        guard let first = all.first,
            let other = all.dropFirst().first(where: { $0.source != first.source })
        else { return nil }
        func name(_ found: Found) -> String { (found.path as NSString).lastPathComponent }
        return "\(folder): \(name(first)) and \(name(other)) have different chat templates; "
            + "\(name(first))'s counts, as for a processor of transformers 5"
    }

    /// A template that a user names: text in Jinja, or JSON with `chat_template`.
    ///
    /// - Parameters:
    ///   - path: the file
    ///   - variables: the tokens that it may name
    ///   - picture: how it writes that a picture stands somewhere
    /// - Returns: the template
    /// - Throws: ``ChatTemplateError`` that names the file
    public static func template(
        path: String, variables: [String: String], picture: PictureMark = .qwen
    ) throws -> ChatTemplate {
        guard let source = try source(path) else {
            throw ChatTemplateError(
                origin: path, problem: "there is no chat_template in it",
                advice: "name a file of Jinja, or JSON with the key chat_template")
        }
        return try ChatTemplate(
            source: source, origin: path, variables: variables, picture: picture)
    }

    // MARK: - Reading

    private static func text(_ path: String) throws -> String {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue
        {
            throw ChatTemplateError(
                origin: path, problem: "is a folder", advice: "name the template's file in it")
        }
        do {
            return try TextContents(Data(contentsOf: URL(fileURLWithPath: path))).text
        } catch let fault as TextFault {
            throw ChatTemplateError(origin: path, fault)
        } catch {
            throw ChatTemplateError(
                origin: path, problem: "cannot be read: \(systemReason(error))",
                advice: "check its permissions")
        }
    }

    private static func object(_ path: String) throws -> [String: Any] {
        let text = try text(path)
        guard let value = try? JSONSerialization.jsonObject(file: Data(text.utf8)),
            let object = value as? [String: Any]
        else {
            throw ChatTemplateError(
                origin: path, problem: "is not a JSON object",
                advice: "copy it again from where it came")
        }
        return object
    }

    /// The template in a file; nil if JSON has none.
    private static func source(_ path: String) throws -> String? {
        guard path.hasSuffix(".json") else { return try text(path) }
        switch try object(path)["chat_template"] {
        case nil, is NSNull: return nil
        case let source as String: return source
        case let list as [[String: Any]]:
            let named = list.first { $0["name"] as? String == "default" }
            if let source = named?["template"] as? String { return source }
        case let table as [String: Any]:
            if let source = table["default"] as? String { return source }
        default: break
        }
        throw ChatTemplateError(
            origin: path, problem: "chat_template is neither a text nor a list with a default",
            advice: "put the template there as a text")
    }

    /// The special tokens as transformers gives them to templates: every `…_token` of the tokenizer's
    /// configuration, and Qwen2's own where one is not named.
    private static func specialTokens(folder: String) throws -> [String: String] {
        let role = "<|endoftext|>"
        var tokens = ["eos_token": role, "pad_token": role, "unk_token": role]
        let path = folder + "/tokenizer_config.json"
        guard FileManager.default.fileExists(atPath: path) else { return tokens }
        for (key, value) in try object(path) where key.hasSuffix("_token") {
            switch value {
            case let token as String: tokens[key] = token
            case let table as [String: Any]: tokens[key] = table["content"] as? String
            case is NSNull: tokens[key] = nil
            default: continue
            }
        }
        return tokens
    }
}
