public import Configuration
import PolicyFamilies
public import Segmentation

extension AnswerAcceptance: ConfigurationValue {}

/// What configurations of all kinds of runs say about how a policy is asked.
package protocol PromptSettings {
    var variant: String { get set }
    var system: String { get set }
    var chatTemplate: ChatTemplateChoice { get set }
}

extension PromptSettings {
    /// How the policy is asked.
    package var choice: PromptChoice {
        PromptChoice(variant: variant, system: system, chatTemplate: chatTemplate)
    }
}

/// How the policy is asked and how its answers are read.
public struct PromptSection: Sendable, Hashable, PromptSettings {
    /// The name of template and grammar.
    public var variant = "box_2points"
    /// The instructions above the conversation; without a system's turn if empty.
    public var system = PromptTemplate.methodSystem
    /// Which chat template makes it one text.
    public var chatTemplate = ChatTemplateChoice.builtin
    /// Which answers are read.
    public var parser = AnswerAcceptance.strict

    /// The defaults.
    public init() {}
}

extension ConfigurationKey {
    /// How a policy is asked, and how its answers are read.
    package static func prompt(_ section: WritableKeyPath<Root, PromptSection>) -> [Self] {
        conversation(section, variant: "Template and grammar of the answers") + [
            Self("prompt.parser", section.appending(path: \.parser), "Which answers are read")
        ]
    }

    /// The words around a question.
    ///
    /// - Parameters:
    ///   - section: what is said of them
    ///   - variant: what the variant decides about
    /// - Returns: the keys below `prompt`
    package static func conversation<Section: PromptSettings>(
        _ section: WritableKeyPath<Root, Section>, variant: String
    ) -> [Self] {
        [
            Self(
                "prompt.variant", section.appending(path: \.variant), variant,
                rule: .names(PromptVariant.all.map(\.name))),
            Self(
                "prompt.system", section.appending(path: \.system),
                "The instructions above the conversation; \"\": no system turn, so that the chat template's "
                    + "own stands there, if it has one"),
            Self(
                "prompt.chat_template", path: section.appending(path: \.chatTemplate),
                "builtin: the released \(PolicyRegistry.names)'s chat template; checkpoint: the policy's own; or a file "
                    + "of Jinja, or of JSON with chat_template"),
        ]
    }
}
