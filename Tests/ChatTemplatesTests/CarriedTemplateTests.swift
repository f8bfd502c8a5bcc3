import Foundation
import Testing
import Tokenizers

@testable import ChatTemplates

@Suite struct CarriedTemplateTests {
    private func text(
        _ template: ChatTemplate, _ turns: [ChatMessage], _ form: ChatTemplate.ContentForm
    ) throws -> String {
        try template.engine.render(
            turns, form: form, picture: template.picture, variables: template.variables,
            addGenerationPrompt: true
        ).map(\.text).joined()
    }

    @Test(
        "A carried template makes the prompts of training for whoever says no system prompt, or says it as a text or as a list"
    )
    func makesPrompts() throws {
        for fixture in try TemplateFixture.all() {
            let own = try fixture.template()
            for one in fixture.cases {
                let source = own.carried(asked: one.messages)
                #expect(source.hasSuffix(fixture.source))
                let carried = try ChatTemplate(
                    source: source, origin: fixture.name, variables: fixture.variables)
                let user = [one.messages[one.messages.count - 1]]
                var ways = [try text(carried, user, .parts)]
                if one.system != nil {
                    ways.append(try text(carried, one.messages, .parts))
                    ways.append(try text(carried, one.messages, .systemString))
                }
                for way in ways {
                    #expect(
                        Array(way.utf8) == Array(one.rendered.utf8),
                        "\(fixture.name): \(way.debugDescription)")
                }
                // It is as it must be: carried on, it stays.
                #expect(carried.carried(asked: one.messages) == source)
            }
        }
    }

    @Test("A template that makes the prompts of training by itself is carried to the byte")
    func staysAsItIs() throws {
        let system = "Say \"so\".\\ {{ 1 }}\n\u{1F6A2}"
        let source = QwenChatTemplate.jinja(system: system)
        let template = try ChatTemplate(source: source, origin: "a", variables: [:])
        let user = ChatMessage(role: .user, parts: [.image, .text("Where?")])
        let asked = [ChatMessage(role: .system, parts: [.text(system)]), user]
        #expect(template.carried(asked: asked) == source)
        let other = [ChatMessage(role: .system, parts: [.text("b")]), user]
        #expect(template.carried(asked: other).hasSuffix("+ messages %}\n" + source))
    }
}
