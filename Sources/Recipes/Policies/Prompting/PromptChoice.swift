import ChatTemplates
import Configuration
import Files
import Foundation
import PolicyFamilies
public import Segmentation
import VisionLanguage

/// How a policy is asked, by names and files.
public struct PromptChoice: Sendable, Hashable {
    /// The name of words and grammar.
    public var variant: String
    /// The instructions above the conversation; without a system's turn if empty.
    public var system: String
    /// Which chat template makes it one text.
    public var chatTemplate: ChatTemplateChoice

    /// A choice from its parts; the method's own way without any.
    public init(
        variant: String = "box_2points", system: String = PromptTemplate.methodSystem,
        chatTemplate: ChatTemplateChoice = .builtin
    ) {
        self.variant = variant
        self.system = system
        self.chatTemplate = chatTemplate
    }

    /// The template for a policy.
    ///
    /// - Parameter policy: the policy's folder
    /// - Returns: the template
    /// - Throws: ``ConfigurationError`` if the variant has no such name, `ChatTemplateError` if the chat
    ///   template cannot be used, ``MissingInputError`` if its file is not there
    package func template(policy: String) throws -> PromptTemplate {
        PromptTemplate(
            try promptVariant(variant), system: system, format: try format(policy: policy))
    }

    private func format(policy: String) throws -> ChatFormat {
        if chatTemplate == .builtin { return .builtin }
        guard FileManager.default.fileExists(atPath: policy) else {
            throw MissingInputError(path: policy, what: "folder of a policy")
        }
        let picture = PolicyRegistry.likely(directory: policy).chat.picture
        let files = try ChatTemplateFiles(folder: policy, picture: picture)
        if let path = chatTemplate.path {
            guard FileManager.default.fileExists(atPath: path) else {
                throw MissingInputError(
                    path: path, what: "chat template; give builtin, checkpoint or a file")
            }
            return .template(
                try ChatTemplateFiles.template(
                    path: path, variables: files.variables, picture: picture))
        }
        guard let template = try files.template() else {
            throw ChatTemplateError(
                origin: policy,
                problem: "there is no chat template in the folder",
                advice: "use the built-in one, or name a file (prompt.chat_template)")
        }
        return .template(template)
    }
}

extension PromptTemplate {
    /// What tells system prompt and chat template from others: a SHA-256 of a prompt and of the template;
    /// nil for the default ones.
    package func fingerprint() throws -> String? {
        if format == .builtin, system == Self.methodSystem { return nil }
        let text = try format.render(messages(question: "?"), addGenerationPrompt: true)
        var hash = SHA256()
        hash.update(Data(text.utf8))
        if case .template(let template) = format { hash.update(Data(template.source.utf8)) }
        return hash.digits()
    }
}

/// The template and grammar of a name.
package func promptVariant(_ name: String) throws -> PromptVariant {
    guard let variant = PromptVariant.named(name) else {
        throw ConfigurationError(problems: [
            ConfigurationProblem(
                location: "", key: "prompt.variant",
                message: "is \(name), must be one of "
                    + PromptVariant.all.map(\.name).joined(separator: ", "))
        ])
    }
    return variant
}
