import Configuration
import Files
import Foundation
import Policies
import Segmentation
import TextFiles
import Yams

/// What a run was configured with, by key, whichever command it is of.
struct TrainingFacts {
    private let values: [String: Node]

    /// The values of a checkpoint's state.
    init(_ values: [String: String]) {
        self.values = values.compactMapValues { try? compose(yaml: $0) }
    }

    /// The values of a configuration's file; none where it cannot be read.
    init(file: String) {
        var found: [String: Node] = [:]
        func add(_ node: Node, _ path: String) {
            guard let mapping = node.mapping else {
                found[path] = node
                return
            }
            for (key, value) in mapping {
                guard let name = key.string else { continue }
                add(value, path.isEmpty ? name : "\(path).\(name)")
            }
        }
        if let data = FileManager.default.contents(atPath: file),
            let text = try? TextContents(data).text, let root = try? compose(yaml: text)
        {
            add(root, "")
        }
        values = found
    }

    /// The value of a key; nil where it has none, or is null.
    func callAsFunction(_ key: String) -> Node? {
        guard let node = values[key], String(yaml: node) != nil || node.scalar == nil else {
            return nil
        }
        return node
    }

    /// A single value as it is written.
    func text(_ key: String) -> String? { self(key).flatMap(String.init(yaml:)) }

    /// A list of texts.
    func texts(_ key: String) -> [String] { self(key).flatMap([String].init(yaml:)) ?? [] }

    /// How the policy was asked, as far as the keys say; a chat template in a file became its own.
    var asking: AskingSettings {
        let chat = text("prompt.chat_template").map { ChatTemplateChoice($0) }
        return AskingSettings(
            imageSize: text("data.image_size").flatMap { Int($0) },
            variant: text("prompt.variant").flatMap { PromptVariant.named($0)?.name },
            system: text("prompt.system"), chatTemplate: chat?.path == nil ? chat : .checkpoint,
            maxCompletionLength: text("grpo.max_completion_length").flatMap { Int($0) })
    }

    /// The names of files and folders without the places where they lie; those of one name have the
    /// folder's before it.
    func fileNames(_ key: String) -> [String] {
        let paths = texts(key)
        let names = paths.map { ($0.withoutSlashes as NSString).lastPathComponent }
        return zip(paths, names).map { path, name in
            names.count { $0 == name } == 1
                ? name : "\((path.parentFolder as NSString).lastPathComponent)/\(name)"
        }
    }
}
