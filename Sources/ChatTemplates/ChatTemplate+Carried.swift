package import Tokenizers

extension ChatTemplate {
    /// The template as saved policies carry it: other programs, which know neither the system prompt of
    /// training nor whether turns are texts or lists of parts, get the prompts of training by it.
    ///
    /// It is this one to the byte where that does so: without a system's turn, and with one as a text and
    /// as a list. Else lines in front of it set the turns right, and the template itself follows as it is.
    ///
    /// - Parameter asked: a conversation of training: a system's turn if it has one, and a question about
    ///   a picture
    /// - Returns: the template; this one where no lines help
    package func carried(asked: [ChatMessage]) -> String {
        guard let wanted = text(engine, asked, form) else { return source }
        let system = asked.first?.role == .system ? asked[0] : nil
        var ways: [(turns: [ChatMessage], form: ContentForm)] = [
            (system == nil ? asked : Array(asked.dropFirst()), .parts)
        ]
        if system != nil { ways += [(asked, .parts), (asked, .systemString)] }
        let said = system.map(Self.said)
        let lines = said.map { [defaultSystem($0)] } ?? []
        for preamble in [[], lines, lines + [rightForm]] {
            let candidate = preamble.joined() + source
            guard let engine = try? reading(candidate) else { continue }
            if ways.allSatisfy({ text(engine, $0.turns, $0.form) == wanted }) { return candidate }
        }
        return source
    }

    private func text(_ engine: Engine, _ messages: [ChatMessage], _ form: ContentForm) -> String? {
        try? engine.render(
            messages, form: form, picture: picture, variables: variables, addGenerationPrompt: true
        ).map(\.text).joined()
    }

    private static func said(_ turn: ChatMessage) -> String {
        turn.parts.map { if case .text(let text) = $0 { text } else { "" } }.joined()
    }

    /// A line that gives a conversation without a system's turn one.
    private func defaultSystem(_ system: String) -> String {
        let text = "\"\(QwenChatTemplate.literal(system))\""
        let content = form.isString(.system) ? text : "[{\"type\": \"text\", \"text\": \(text)}]"
        return """
            {%- set messages = messages if messages and messages[0].role == "system" else \
            [{"role": "system", "content": \(content)}] + messages %}

            """
    }

    /// Lines that make turns texts or lists, as the template takes them.
    private var rightForm: String {
        let list =
            "[{\"type\": \"text\", \"text\": turn.content}] if turn.content is string else turn.content"
        let content =
            switch form {
            case .parts: list
            case .systemString: "turns.text if turn.role == \"system\" else (\(list))"
            case .strings: "turns.text"
            }
        return """
            {%- set turns = namespace(all=[], text="") -%}
            {%- for turn in messages -%}
            {%- set turns.text = turn.content if turn.content is string else "" -%}
            {%- if turn.content and turn.content is not string -%}
            {%- for part in turn.content -%}
            {%- set turns.text = turns.text + (part.text if "text" in part else "\
            \(QwenChatTemplate.literal(picture.text))") -%}
            {%- endfor -%}
            {%- endif -%}
            {%- set turns.all = turns.all + [{"role": turn.role, "content": \(content)}] -%}
            {%- endfor -%}
            {%- set messages = turns.all %}

            """
    }
}
