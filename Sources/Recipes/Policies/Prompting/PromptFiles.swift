import ChatTemplates
import Files
import Foundation
package import Segmentation
import Tokenizers
package import VisionLanguage

/// What stands beside saved weights so that `AutoProcessor` makes the prompts of training.
///
/// The chat template goes where a processor of transformers 4.49 and one of 5 read it, and the tokenizer of
/// either; no file that is left says anything else. `preprocessor_config.json`, which 4.49 needs, holds what
/// 5 takes from `processor_config.json` where that is there.
package struct PromptFiles {
    /// The template, which makes the prompts of training; see `ChatTemplate.carried(asked:)`.
    package let source: String

    /// - Parameter template: how training asked
    package init(_ template: PromptTemplate) {
        source = Self.source(template)
    }

    /// The template of a folder that a policy is made from, and else the built-in one; the system prompt
    /// is that of training where nothing is configured.
    ///
    /// - Parameters:
    ///   - folder: the folder
    ///   - chat: how the family is spoken to
    /// - Throws: `ChatTemplateError` that names the file that cannot be read
    package init(source folder: String, chat: ChatConvention) throws {
        let files = try ChatTemplateFiles(folder: folder, picture: chat.picture)
        if let own = try? files.template() {
            source = Self.source(PromptTemplate(format: .template(own)))
        } else {
            // One that cannot be rendered is told of where it is used.
            source = files.all.first?.source ?? Self.source(PromptTemplate(format: chat.format))
        }
    }

    private static func source(_ template: PromptTemplate) -> String {
        guard case .template(let own) = template.format else {
            return template.format.source(system: template.system)
        }
        return own.carried(asked: template.messages(question: "Where is it?"))
    }

    /// A folder's files with the template in them.
    ///
    /// - Parameter companions: what stands beside the weights
    /// - Returns: the files, sorted by name
    /// - Throws: `TokenizerError` that names a file that is not a JSON object
    package func applied(to companions: [CompanionFile]) throws -> [CompanionFile] {
        var files = Dictionary(companions.map { ($0.name, $0.data) }) { $1 }
        // A policy without a vocabulary is asked nothing.
        guard files["tokenizer.json"] != nil else { return companions }
        let template = try Self.json(source)
        files["chat_template.jinja"] = Data(source.utf8)
        files["chat_template.json"] = Data("{\n  \"chat_template\": \(template)\n}\n".utf8)
        if let text = try Self.text(files, "tokenizer_config.json") {
            let isThere = text.value("chat_template") != nil
            files["tokenizer_config.json"] = text.edited(
                adding: isThere ? [] : [(key: "chat_template", value: template)]
            ) { path, _ in path == ["chat_template"] ? .replace(template) : .keep }
        }
        try settlePictures(&files)
        return files.sorted { $0.key < $1.key }.map { CompanionFile(name: $0.key, data: $0.value) }
    }

    /// Takes an old template out of `processor_config.json`, and what 5 reads there of pictures and films,
    /// which is put into files of its own: 4.49 reads pictures there alone, and its processors refuse the
    /// sections.
    private func settlePictures(_ files: inout [String: Data]) throws {
        if let text = try Self.text(files, ProcessorFiles.combined) {
            let sections = [
                "image_processor": ProcessorFiles.single,
                "video_processor": "video_preprocessor_config.json",
            ]
            files[ProcessorFiles.combined] = text.edited { path, _ in
                path == ["chat_template"] || path.count == 1 && sections[path[0]] != nil
                    ? .remove : .keep
            }
            for (section, name) in sections where files[name] == nil {
                files[name] = text.value(section).flatMap {
                    $0 == "null" ? nil : Data($0.utf8)
                }
            }
        }
        guard let text = try Self.text(files, ProcessorFiles.single),
            let size = text.value("size").map({ Data($0.utf8) }),
            let edges = try? JSONText(size, file: ProcessorFiles.single)
        else { return }
        // 5 writes the same numbers under other names.
        let names = [("min_pixels", "shortest_edge"), ("max_pixels", "longest_edge")]
        files[ProcessorFiles.single] = text.edited(
            adding: names.compactMap { name, edge in
                text.value(name) == nil ? edges.value(edge).map { (key: name, value: $0) } : nil
            }
        ) { _, _ in .keep }
    }

    private static func text(_ files: [String: Data], _ name: String) throws -> JSONText? {
        try files[name].map { try JSONText($0, file: name) }
    }

    private static func json(_ text: String) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        return String(decoding: try encoder.encode(text), as: UTF8.self)
    }
}

extension PromptFiles {
    /// Puts the template into a folder that has the other files.
    ///
    /// - Parameter folder: the folder
    /// - Throws: the error of the file that cannot be read or written
    package func write(into folder: String) throws {
        for file in try applied(to: CompanionFile.all(in: folder)) {
            try DurableFiles.write(file.data, to: "\(folder)/\(file.name)")
        }
    }

    /// Whether a folder has all that `AutoProcessor` needs to make prompts.
    package static func areComplete(_ folder: String) -> Bool {
        ["chat_template.jinja", "chat_template.json"].allSatisfy {
            FileManager.default.fileExists(atPath: "\(folder)/\($0)")
        }
    }
}

extension VisionLanguageFiles {
    /// The same weights beside the files of a processor that makes the prompts of training.
    ///
    /// - Parameter template: how training asked
    /// - Returns: the files
    /// - Throws: `TokenizerError` that names a file that is not JSON
    package func with(_ template: PromptTemplate) throws -> VisionLanguageFiles {
        let files = PromptFiles(template)
        return try replacingCompanions(files.applied)
    }
}
