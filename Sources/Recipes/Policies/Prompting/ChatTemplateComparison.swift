import ChatTemplates
import Foundation
import PolicyFamilies
package import Segmentation
import Tokenizers
package import VisionLanguage

/// What a policy's folder says about how it is served, beside how it is asked here.
package struct ChatTemplateComparison {
    private var used: PromptTemplate
    private let question = "Where is it?"

    private let chat: (_ policy: String) -> ChatConvention

    /// A comparison with what is used.
    ///
    /// - Parameters:
    ///   - used: how the policy is asked
    ///   - chat: how policies of a folder's family are spoken to, which is what `builtin` means
    package init(
        _ used: PromptTemplate,
        chat: @escaping (_ policy: String) -> ChatConvention = {
            PolicyRegistry.likely(directory: $0).chat
        }
    ) {
        self.used = used
        self.chat = chat
    }

    /// What is told about a folder, a sentence each: files that contradict each other, a template that
    /// cannot be rendered, another prompt than the one that is used, another system prompt.
    package func warnings(policy: String) -> [String] {
        var resolved = self
        if used.format == .builtin {
            resolved.used.format = chat(policy).format
        }
        return spelled + resolved.folderWarnings(policy)
    }

    /// That the system prompt spells what other programs take for a token.
    private var spelled: [String] {
        guard let found = used.system.firstMatch(of: /<\|[^|<>\s]+\|>/) else { return [] }
        return [
            "prompt.system spells \(found.0): here it is text, and a processor of transformers takes it for "
                + "a token, so that it does not make the prompts of training; write it in another way"
        ]
    }

    private func folderWarnings(_ policy: String) -> [String] {
        do {
            let chat = chat(policy)
            let files = try ChatTemplateFiles(folder: policy, picture: chat.picture)
            let disagreement = files.disagreement.map { [$0] } ?? []
            guard let found = files.all.first else { return [] }
            if case .template(let template) = used.format,
                template.source == found.source, template.variables == files.variables
            {
                return disagreement
            }
            do {
                return try disagreement + differences(from: try files.template(), chat.format)
            } catch let error as ChatTemplateError {
                return disagreement + [
                    "\(error.origin): "
                        + (error.line.map { "line \($0): " } ?? "")
                        + "the policy's own chat template cannot be rendered, and not be compared "
                        + "with the one that is used: \(error.problem)"
                ]
            }
        } catch {
            return ["\(error)"]
        }
    }

    private func differences(
        from own: ChatTemplate?, _ builtin: ChatFormat
    ) throws -> [String] {
        guard let own else { return [] }
        let messages = used.messages(question: question)
        let ownText = try text(.template(own), messages)
        let usedText = try text(used.format, messages)
        if !ownText.utf8.elementsEqual(usedText.utf8) {
            return [
                "\(own.origin): the policy's own chat template writes another prompt than \(name), "
                    + "which is used: " + Self.difference(ownText, usedText)
                    + "; prompt.chat_template: checkpoint takes the policy's own"
            ]
        }
        return try systemDifference(own, builtin, asked: usedText).map { [$0] } ?? []
    }

    private var name: String {
        if case .template(let template) = used.format {
            template.origin
        } else {
            "the built-in one"
        }
    }

    private func text(_ format: ChatFormat, _ messages: [ChatMessage]) throws -> String {
        try format.render(messages, addGenerationPrompt: true)
    }

    /// A system prompt of the template's own that is neither what is used nor the released models'.
    private func systemDifference(
        _ own: ChatTemplate, _ builtin: ChatFormat, asked: String
    ) throws -> String? {
        let user = [used.messages(question: question).last].compactMap(\.self)
        // Some templates want a system's turn.
        guard let alone = try? text(.template(own), user) else { return nil }
        let released = try text(builtin, user)
        if alone.utf8.elementsEqual(asked.utf8) || alone.utf8.elementsEqual(released.utf8)
            || asked.hasSuffix(alone)
        {
            return nil
        }
        return
            "\(own.origin): without a system's turn, the policy's own chat template writes another "
            + "system prompt than the one that is used: " + Self.difference(alone, asked)
            + "; prompt.system takes another"
    }

    /// Where two texts first differ, and what each has there.
    package static func difference(_ own: String, _ used: String) -> String {
        let (left, right) = (Array(own.unicodeScalars), Array(used.unicodeScalars))
        var place = 0
        while place < min(left.count, right.count), left[place] == right[place] { place += 1 }
        func excerpt(_ scalars: [Unicode.Scalar]) -> String {
            if place == scalars.count { return "nothing more" }
            let end = min(place + 60, scalars.count)
            var text = String.UnicodeScalarView()
            text.append(contentsOf: scalars[place..<end])
            return String(text).debugDescription + (end < scalars.count ? "…" : "")
        }
        return
            "after \(place) equal characters it has \(excerpt(left)), the used one \(excerpt(right))"
    }
}
