import Foundation
public import Tokenizers

/// How a conversation becomes one text.
public enum ChatFormat: Hashable, Sendable {
    /// The format of Qwen2.5-VL, as this project writes it.
    case builtin
    /// A template in Jinja.
    case template(ChatTemplate)

    /// The conversation as a text, with one ``PictureMark/token`` for each picture.
    ///
    /// - Parameters:
    ///   - messages: the turns
    ///   - addGenerationPrompt: whether the text ends where the assistant's answer begins
    /// - Returns: the text
    /// - Throws: ``ChatTemplateError`` if the template refuses the conversation
    public func render(_ messages: [ChatMessage], addGenerationPrompt: Bool) throws -> String {
        switch self {
        case .builtin:
            QwenChatTemplate.render(messages, addGenerationPrompt: addGenerationPrompt)
        case .template(let template):
            try template.render(messages, addGenerationPrompt: addGenerationPrompt).map(\.text)
                .joined()
        }
    }

    /// The format as a template in Jinja.
    ///
    /// - Parameter system: what the built-in one takes the system to say where the first turn is not its
    ///   own; what the format itself has for that if empty
    /// - Returns: the template
    public func source(system: String) -> String {
        switch self {
        case .builtin:
            QwenChatTemplate.jinja(
                system: system.isEmpty ? QwenChatTemplate.defaultSystemPrompt : system)
        case .template(let template): template.source
        }
    }

    /// The ids of a conversation.
    ///
    /// What the turns say is text even where it spells a control token.
    ///
    /// - Parameters:
    ///   - messages: the turns
    ///   - imageTokenCounts: for each picture, in order, the number of merged patches it stands for
    ///   - addGenerationPrompt: whether the ids end where the assistant's answer begins
    ///   - tokenizer: the vocabulary
    /// - Returns: the ids
    /// - Throws: ``ChatTemplateError`` if the template refuses the conversation, `TokenizerError` if the
    ///   counts do not fit the pictures or the vocabulary lacks a token of the format
    public func encode(
        _ messages: [ChatMessage], imageTokenCounts: [Int], addGenerationPrompt: Bool,
        tokenizer: Tokenizer
    ) throws -> [Int] {
        guard case .template(let template) = self else {
            return try QwenChatTemplate.encode(
                messages, imageTokenCounts: imageTokenCounts,
                addGenerationPrompt: addGenerationPrompt, tokenizer: tokenizer)
        }
        let ids = try encode(
            messages, by: template, imageTokenCounts, addGenerationPrompt, tokenizer)
        return try template.picture.framed(ids, counts: imageTokenCounts, tokenizer: tokenizer)
    }

    private func encode(
        _ messages: [ChatMessage], by template: ChatTemplate, _ imageTokenCounts: [Int],
        _ addGenerationPrompt: Bool, _ tokenizer: Tokenizer
    ) throws -> [Int] {
        let token = template.picture.token
        let pieces = try template.render(messages, addGenerationPrompt: addGenerationPrompt)
        guard let shield = SpellingShield(tokenizer.controlSpellings, in: messages) else {
            return try tokenizer.encode(
                pieces, imageTokenCounts: imageTokenCounts, imageToken: token)
        }
        let hidden = try template.render(
            shield.hiding(messages), addGenerationPrompt: addGenerationPrompt)
        let (written, restored) = (
            pieces.map(\.text).joined(), shield.restored(hidden.map(\.text).joined())
        )
        guard Array(written.utf8) == Array(restored.utf8) else {
            throw ChatTemplateError(
                origin: template.origin,
                problem: "it writes texts that spell a control token in another way than others",
                advice: "take that spelling out of the question or the system prompt, or use the "
                    + "built-in template (prompt.chat_template)")
        }
        return try tokenizer.encode(
            hidden, imageTokenCounts: imageTokenCounts, imageToken: token, restore: shield.restored)
    }
}

/// Puts a character that no text has in the place of each spelling of a control token.
///
/// Templates take texts apart and put them together, after which nobody knows what was said; a character
/// that was put in still tells.
struct SpellingShield {
    private let pairs: [(spelling: String, mark: String)]

    /// A shield for what is said; nil if nothing spells a token.
    init?(_ spellings: [String], in messages: [ChatMessage]) {
        let texts = messages.flatMap(\.parts).compactMap { part -> String? in
            if case .text(let text) = part { text } else { nil }
        }
        let found = spellings.filter { spelling in texts.contains { $0.contains(spelling) } }
        if found.isEmpty { return nil }
        let taken = Set(texts.flatMap(\.unicodeScalars))
        // Private use: no program gives it a meaning.
        let free = (0xF0000...0xFFFFD).lazy.compactMap(Unicode.Scalar.init).filter {
            !taken.contains($0)
        }
        pairs = zip(found.sorted { $0.utf8.count > $1.utf8.count }, free).map {
            ($0, String(Character($1)))
        }
    }

    func hiding(_ messages: [ChatMessage]) -> [ChatMessage] {
        messages.map { message in
            ChatMessage(
                role: message.role,
                parts: message.parts.map { part in
                    guard case .text(let text) = part else { return part }
                    return .text(
                        pairs.reduce(text) {
                            $0.replacingOccurrences(of: $1.spelling, with: $1.mark)
                        })
                })
        }
    }

    func restored(_ text: String) -> String {
        pairs.reduce(text) { $0.replacingOccurrences(of: $1.mark, with: $1.spelling) }
    }
}
