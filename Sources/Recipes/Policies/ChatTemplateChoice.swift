public import Configuration
import Foundation
public import Yams

/// Which chat template makes a conversation one text.
public enum ChatTemplateChoice: Sendable, Hashable, ConfigurationValue {
    /// That of the policy's family, `ChatConvention.format`.
    case builtin
    /// The one in the policy's folder.
    case checkpoint
    /// One in a file: text in Jinja, or JSON with `chat_template`.
    case file(String)

    /// The choice of a word, or of a path.
    public init(_ text: String) {
        switch text {
        case "builtin": self = .builtin
        case "checkpoint": self = .checkpoint
        default: self = .file(text)
        }
    }

    /// A text.
    public static var kind: ConfigurationKind { .text }

    /// Reads a word, or a path.
    public init?(yaml: Node) {
        guard let text = String(yaml: yaml) else { return nil }
        self.init(text)
    }

    /// The word, or the path.
    public var text: String {
        switch self {
        case .builtin: "builtin"
        case .checkpoint: "checkpoint"
        case .file(let path): path
        }
    }

    /// The word, or the path, as YAML.
    public var yaml: String { text.yaml }

    /// The text.
    public var names: [String] { [text] }

    /// The file, if one is named.
    public var path: String? { if case .file(let path) = self { path } else { nil } }
}

extension ChatTemplateChoice: PathValue {
    package func mapPaths(_ transform: (String) -> String) -> ChatTemplateChoice {
        path.map { .file(transform($0)) } ?? self
    }
}
