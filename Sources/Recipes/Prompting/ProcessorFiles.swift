import ChatTemplates
import Foundation
import Qwen25VL
import Segmentation
import Tokenizers

/// What stands beside saved weights so that `AutoProcessor` makes the prompts of training.
///
/// The chat template goes where a processor of transformers 4.49 and one of 5 read it, and the tokenizer of
/// either; no file that is left says anything else. `preprocessor_config.json`, which 4.49 needs, holds what
/// 5 takes from `processor_config.json` where that is there.
struct ProcessorFiles {
    /// The template as training used it.
    let source: String

    /// - Parameter template: how training asked
    init(_ template: PromptTemplate) {
        switch template.format {
        case .builtin:
            source = QwenChatTemplate.jinja(
                system: template.system.isEmpty
                    ? QwenChatTemplate.defaultSystemPrompt : template.system)
        case .template(let chat): source = chat.source
        }
    }

    /// The template of a folder that a policy is made from, and else the built-in one.
    ///
    /// - Parameter folder: the folder
    /// - Throws: `ChatTemplateError` that names the file that cannot be read
    init(source folder: String) throws {
        source =
            try ChatTemplateFiles(folder: folder).all.first?.source
            ?? QwenChatTemplate.jinja(system: PromptTemplate.methodSystem)
    }

    /// A folder's files with the template in them.
    ///
    /// - Parameter companions: what stands beside the weights
    /// - Returns: the files, sorted by name
    /// - Throws: `ChatTemplateError` that names a file that is not JSON
    func applied(to companions: [CompanionFile]) throws -> [CompanionFile] {
        var files = Dictionary(companions.map { ($0.name, $0.data) }) { $1 }
        // A policy without a vocabulary is asked nothing.
        guard files["tokenizer.json"] != nil else { return companions }
        files["chat_template.jinja"] = Data(source.utf8)
        files["chat_template.json"] = try Self.json(["chat_template": source])
        if let data = files["tokenizer_config.json"] {
            files["tokenizer_config.json"] = try Self.changed(data, "tokenizer_config.json") {
                $0["chat_template"] = source
            }
        }
        if let data = files["processor_config.json"] {
            var pictures: [String: Any]?
            files["processor_config.json"] = try Self.changed(data, "processor_config.json") {
                $0["chat_template"] = nil
                pictures = $0["image_processor"] as? [String: Any]
            }
            // What transformers 5 takes, for 4.49, which reads the other file.
            if let pictures { files["preprocessor_config.json"] = try Self.json(pictures) }
        }
        if let data = files["preprocessor_config.json"] {
            files["preprocessor_config.json"] = try Self.changed(data, "preprocessor_config.json") {
                // 5 writes the same numbers under these names alone.
                let size = $0["size"] as? [String: Any]
                $0["min_pixels"] = $0["min_pixels"] ?? size?["shortest_edge"]
                $0["max_pixels"] = $0["max_pixels"] ?? size?["longest_edge"]
            }
        }
        return files.sorted { $0.key < $1.key }.map { CompanionFile(name: $0.key, data: $0.value) }
    }

    /// JSON with one thing changed; the same bytes if nothing is.
    private static func changed(
        _ data: Data, _ name: String, _ change: (inout [String: Any]) -> Void
    ) throws -> Data {
        let mark = Data([0xEF, 0xBB, 0xBF])
        let bytes = data.starts(with: mark) ? Data(data.dropFirst(mark.count)) : data
        guard
            let before = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any]
        else {
            throw ChatTemplateError(
                origin: name, problem: "is not a JSON object",
                advice: "copy it again from where the policy came")
        }
        var after = before
        change(&after)
        if NSDictionary(dictionary: before).isEqual(NSDictionary(dictionary: after)) { return data }
        return try json(after)
    }

    private static func json(_ object: [String: Any]) throws -> Data {
        try JSONSerialization.data(
            withJSONObject: object,
            options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]) + Data("\n".utf8)
    }
}

extension ProcessorFiles {
    /// Puts the template into a folder that has the other files.
    ///
    /// - Parameter folder: the folder
    /// - Throws: the error of the file that cannot be read or written
    func write(into folder: String) throws {
        for file in try applied(to: CompanionFile.all(in: folder)) {
            try DurableFiles.write(file.data, to: "\(folder)/\(file.name)")
        }
    }

    /// Whether a folder has all that `AutoProcessor` needs to make prompts.
    static func areComplete(_ folder: String) -> Bool {
        ["chat_template.jinja", "chat_template.json"].allSatisfy {
            FileManager.default.fileExists(atPath: "\(folder)/\($0)")
        }
    }
}

extension Qwen25VLFiles {
    /// The same weights beside the files of a processor that makes the prompts of training.
    ///
    /// - Parameter template: how training asked
    /// - Returns: the files
    /// - Throws: `ChatTemplateError` that names a file that is not JSON
    func with(_ template: PromptTemplate) throws -> Qwen25VLFiles {
        let files = ProcessorFiles(template)
        return try replacingCompanions(files.applied)
    }
}
