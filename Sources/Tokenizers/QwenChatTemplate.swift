import Foundation

/// The chat format of Qwen2.5-VL.
public enum QwenChatTemplate {
    /// What the system is taken to say where the first turn is not its.
    public static let defaultSystemPrompt = "You are a helpful assistant."

    /// A piece of a conversation: text, or what stands for no text that a person wrote.
    private enum Segment {
        case text(String)
        case token(String)
        case imagePad
    }

    /// The conversation as a text, with one `<|image_pad|>` for each picture.
    ///
    /// With `addGenerationPrompt` the text ends where the assistant's answer begins.
    public static func render(_ messages: [ChatMessage], addGenerationPrompt: Bool) -> String {
        segments(messages, addGenerationPrompt: addGenerationPrompt).map { segment in
            switch segment {
            case .text(let text), .token(let text): text
            case .imagePad: QwenTokens.imagePad
            }
        }.joined()
    }

    /// The ids of a conversation.
    ///
    /// What the turns say is text even where it spells a control token. `imageTokenCounts` holds
    /// for each picture, in order, the number of merged patches it stands for.
    ///
    /// - Throws: ``TokenizerError`` if the counts do not fit the pictures, or if the vocabulary
    ///   lacks a token of the format.
    public static func encode(
        _ messages: [ChatMessage], imageTokenCounts: [Int], addGenerationPrompt: Bool,
        tokenizer: Tokenizer
    ) throws -> [Int] {
        let imageParts = messages.reduce(0) { $0 + $1.parts.count { $0 == .image } }
        guard imageParts == imageTokenCounts.count else {
            throw TokenizerError.imageCountMismatch(
                imageParts: imageParts, counts: imageTokenCounts.count)
        }
        if let index = imageTokenCounts.firstIndex(where: { $0 < 1 }) {
            throw TokenizerError.imageTokenCount(index: index, count: imageTokenCounts[index])
        }
        var counts = imageTokenCounts.makeIterator()
        var ids: [Int] = []
        for segment in segments(messages, addGenerationPrompt: addGenerationPrompt) {
            switch segment {
            case .text(let text):
                ids += tokenizer.encode(text, specialTokens: .words)
            case .token(let token):
                ids.append(try tokenizer.requiredID(for: token))
            case .imagePad:
                let id = try tokenizer.requiredID(for: QwenTokens.imagePad)
                ids += repeatElement(id, count: counts.next() ?? 0)
            }
        }
        return tokenizer.framed(ids)
    }

    /// The conversation in pieces.
    ///
    /// Neighbouring texts are one piece, so that the words and
    /// merges across them are those of the whole text.
    private static func segments(
        _ messages: [ChatMessage], addGenerationPrompt: Bool
    ) -> [Segment] {
        var segments: [Segment] = []
        var text = ""
        func flush() {
            if !text.isEmpty { segments.append(.text(text)) }
            text = ""
        }
        func append(_ tokens: Segment...) {
            flush()
            segments += tokens
        }
        var turns = messages
        if let first = messages.first, first.role != .system {
            turns.insert(
                ChatMessage(role: .system, parts: [.text(defaultSystemPrompt)]), at: 0)
        }
        for turn in turns {
            append(.token(QwenTokens.turnStart))
            text += turn.role.rawValue + "\n"
            for part in turn.parts {
                switch part {
                case .text(let words): text += words
                case .image:
                    append(
                        .token(QwenTokens.visionStart), .imagePad, .token(QwenTokens.visionEnd))
                }
            }
            append(.token(QwenTokens.turnEnd))
            text += "\n"
        }
        if addGenerationPrompt {
            append(.token(QwenTokens.turnStart))
            text += ChatMessage.Role.assistant.rawValue + "\n"
        }
        flush()
        return segments
    }

    /// The same format as a Jinja template, for the files of saved policies.
    ///
    /// It takes all that the released models' takes: pictures and films by type or by key.
    ///
    /// - Parameter system: what the system is taken to say where the first turn is not its
    /// - Returns: the template
    public static func jinja(system: String = defaultSystemPrompt) -> String {
        jinja.replacingOccurrences(of: placeholder, with: literal(system))
    }

    private static let placeholder = "SYSTEM"

    /// A text as the inside of a string in Jinja.
    package static func literal(_ text: String) -> String {
        var result = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let escape: String.UnicodeScalarView? =
                switch scalar {
                case "\\", "\"": "\\\(scalar)".unicodeScalars
                case "\n": "\\n".unicodeScalars
                case "\r": "\\r".unicodeScalars
                case "\t": "\\t".unicodeScalars
                default: nil
                }
            if let escape { result.append(contentsOf: escape) } else { result.append(scalar) }
        }
        return String(result)
    }

    private static let jinja = #"""
        {%- if messages and messages[0].role != "system" -%}
        {{ "<|im_start|>system\nSYSTEM<|im_end|>\n" }}
        {%- endif -%}
        {%- for message in messages -%}
        {{ "<|im_start|>" + message.role + "\n" }}
        {%- if message.content is string -%}
        {{ message.content }}
        {%- else -%}
        {%- for part in message.content -%}
        {%- if part.type == "image" or "image" in part or "image_url" in part -%}
        {{ "<|vision_start|><|image_pad|><|vision_end|>" }}
        {%- elif part.type == "video" or "video" in part -%}
        {{ "<|vision_start|><|video_pad|><|vision_end|>" }}
        {%- elif "text" in part -%}
        {{ part.text }}
        {%- else -%}
        {{ raise_exception("a part of a message is neither text nor a picture nor a film") }}
        {%- endif -%}
        {%- endfor -%}
        {%- endif -%}
        {{ "<|im_end|>\n" }}
        {%- endfor -%}
        {%- if add_generation_prompt -%}
        {{ "<|im_start|>assistant\n" }}
        {%- endif -%}
        """#
}
