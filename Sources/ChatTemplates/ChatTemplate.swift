import CChatTemplate
import Foundation
public import Tokenizers

/// A chat template of a checkpoint, in Jinja, rendered by llama.cpp's engine as transformers renders it.
///
/// ```swift
/// let template = try ChatTemplate(source: text, origin: "chat_template.jinja", variables: [:])
/// let pieces = try template.render(messages, addGenerationPrompt: true)
/// ```
///
/// The engine keeps apart what was said and what the template adds, so that a question which spells
/// `<|im_end|>` stays text. Nothing in a template may depend on the date.
public struct ChatTemplate: Sendable, Hashable {
    /// How turns are given to a template.
    enum ContentForm: CaseIterable, Sendable {
        /// Each turn is a list of parts.
        case parts
        /// The system's turn is a string, the others are lists of parts.
        case systemString
        /// Each turn is a string, with ``PictureMark/text`` for a picture.
        case strings

        func isString(_ role: ChatMessage.Role) -> Bool {
            self == .strings || self == .systemString && role == .system
        }
    }

    /// The template.
    public let source: String
    /// The file that it was read from.
    public let origin: String
    /// The tokens that it may name, by their roles: `bos_token`, `eos_token`.
    public let variables: [String: String]
    /// How it writes that a picture stands somewhere.
    public let picture: PictureMark
    let engine: Engine
    let form: ContentForm

    /// Reads a template, and tries it with a picture.
    ///
    /// Turns are lists of parts, unless the template writes the picture's place only where they are strings.
    ///
    /// - Parameters:
    ///   - source: the template
    ///   - origin: the file that it was read from
    ///   - variables: the tokens that it may name
    ///   - picture: how it writes that a picture stands somewhere
    /// - Throws: ``ChatTemplateError`` if it is none, refuses a system prompt and a question about a picture,
    ///   or has no place for the picture
    public init(
        source: String, origin: String, variables: [String: String], picture: PictureMark = .qwen
    ) throws {
        self.source = source
        self.origin = origin
        self.variables = variables
        self.picture = picture
        engine = try Self.engine(source, origin)
        form = try Self.form(engine, picture, variables)
    }

    /// An engine for another text in this template's place.
    func reading(_ source: String) throws -> Engine { try Self.engine(source, origin) }

    /// Lines end as Jinja and transformers read them.
    private static func engine(_ source: String, _ origin: String) throws -> Engine {
        try Engine(source.replacingOccurrences(of: "\r\n", with: "\n"), origin: origin)
    }

    /// Templates are the same if they render alike, wherever they come from.
    public static func == (left: Self, right: Self) -> Bool {
        left.source == right.source && left.variables == right.variables
            && left.picture == right.picture
    }

    /// Hashes what ``==(_:_:)`` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(source)
        hasher.combine(variables)
        hasher.combine(picture)
    }

    /// Renders a conversation.
    ///
    /// - Parameters:
    ///   - messages: the turns
    ///   - addGenerationPrompt: whether the text ends where the assistant's answer begins
    /// - Returns: the text in pieces
    /// - Throws: ``ChatTemplateError`` if the template refuses the conversation
    public func render(
        _ messages: [ChatMessage], addGenerationPrompt: Bool
    ) throws -> [ChatText] {
        for case .text(let text) in messages.flatMap(\.parts) {
            try requireKnownSpace(text)
        }
        return try engine.render(
            messages, form: form, picture: picture, variables: variables,
            addGenerationPrompt: addGenerationPrompt)
    }

    /// The engine trims ASCII's white space, Python all of it.
    private func requireKnownSpace(_ text: String) throws {
        func isStrange(_ scalar: Unicode.Scalar?) -> Bool {
            guard let scalar else { return false }
            return !scalar.isASCII && scalar.properties.isWhitespace
                || (0x1C...0x1F).contains(scalar.value)
        }
        let ends = text.unicodeScalars
        guard isStrange(ends.first) || isStrange(ends.last),
            ["trim", "strip"].contains(where: source.contains)
        else { return }
        throw ChatTemplateError(
            origin: origin,
            problem:
                "it trims texts, and a text begins or ends with white space other than ASCII's",
            advice: "remove that white space (prompt.system)")
    }

    /// The form in which a picture has its place, and most of what is said is written.
    private static func form(
        _ engine: Engine, _ picture: PictureMark, _ variables: [String: String]
    ) throws -> ContentForm {
        let texts = ["system \u{1}", "question \u{2}"]
        let user = ChatMessage(role: .user, parts: [.image, .text(texts[1])])
        let system = ChatMessage(role: .system, parts: [.text(texts[0])])
        var failure: (any Error)?
        var places: Int?
        var found: (form: ContentForm, score: Int)?
        // Some templates refuse a system prompt.
        for messages in [[system, user], [user]] where found == nil && places == nil {
            for form in ContentForm.allCases {
                do {
                    let pieces = try engine.render(
                        messages, form: form, picture: picture, variables: variables,
                        addGenerationPrompt: true)
                    let count = pieces.reduce(0) {
                        $0
                            + ($1.isSaid
                                ? 0 : $1.text.components(separatedBy: picture.token).count - 1)
                    }
                    places = places ?? count
                    guard count == 1 else { continue }
                    let text = pieces.map(\.text).joined()
                    // A list of parts that was printed, or added to a text, which Jinja refuses.
                    if text.contains("'type': '") { continue }
                    let score = texts.count { text.contains($0) }
                    if score > found?.score ?? -1 { found = (form, score) }
                } catch {
                    failure = failure ?? error
                }
            }
        }
        if let found { return found.form }
        if places == nil, let failure { throw failure }
        throw ChatTemplateError(
            origin: engine.origin,
            problem:
                "it writes \(places ?? 0) \(picture.token) for one picture, not one; is it "
                + "the template of another model?")
    }
}
