import Foundation

extension CompanionFile {
    /// Whether a file beside a policy's weights is a part of the policy: its configuration, vocabulary,
    /// pictures' preparation, chat template, licence, or what it was trained with.
    ///
    /// What else lies in folders speaks of the weights that were read, and not of those that are written:
    /// evaluations, logs, cards, states of optimizers, adapters, quantisation.
    ///
    /// - Parameter name: the file's name
    /// - Returns: whether it goes where the policy goes
    package static func isPart(_ name: String) -> Bool {
        named.contains(name) || name.hasSuffix("processor_config.json")
            || [".model", ".tiktoken"].contains { name.hasSuffix($0) } || isLicense(name)
    }

    /// Whether a part of a policy speaks of the base's weights, and is not beside an adapter.
    package static func isOfBase(_ name: String) -> Bool {
        ["config.json", "generation_config.json"].contains(name)
    }

    private static let named: Set<String> = [
        "config.json", "generation_config.json", "think2seg.json",
        "tokenizer.json", "tokenizer_config.json", "vocab.json", "vocab.txt", "merges.txt",
        "added_tokens.json", "special_tokens_map.json", "chat_template.json", "chat_template.jinja",
    ]

    /// Whether a text is a licence, or a notice that a licence asks to pass on.
    private static func isLicense(_ name: String) -> Bool {
        let endings = ["", "txt", "md", "rst", "html", "pdf"]
        let words = name.lowercased().split { !$0.isLetter }
        let isText = endings.contains((name as NSString).pathExtension.lowercased())
        return isText && !name.hasPrefix(".")
            && (words.contains {
                ["license", "licence", "copying", "copyright", "notice"].contains($0)
            }
                || words.starts(with: ["use", "policy"]))
    }
}
