import ChatTemplates
import Foundation
import TestSupport
import Testing
import Tokenizers

/// What transformers makes of templates; see `chat_templates_fixtures.py`.
struct TemplateFixture: Decodable {
    struct Case: Decodable {
        let system: String?
        let question: String
        let rendered: String
        let ids: [Int]?

        var messages: [ChatMessage] {
            (system.map { [ChatMessage(role: .system, parts: [.text($0)])] } ?? [])
                + [ChatMessage(role: .user, parts: [.image, .text(question)])]
        }
    }

    let name: String
    let source: String
    let variables: [String: String]
    let cases: [Case]

    static func all() throws -> [TemplateFixture] {
        try Fixtures.decode([TemplateFixture].self, "chat_templates/cases.json")
    }

    func template() throws -> ChatTemplate {
        try ChatTemplate(source: source, origin: name, variables: variables)
    }
}

func smallTokenizer() throws -> Tokenizer {
    try Tokenizer.load(
        directory: URL(fileURLWithPath: Fixtures.path("tokenizers/trained"), isDirectory: true))
}

@Suite struct ChatTemplateTests {
    @Test("Templates of six families render to transformers' texts, whatever is said")
    func rendersAsReference() throws {
        for fixture in try TemplateFixture.all() {
            let format = ChatFormat.template(try fixture.template())
            for one in fixture.cases {
                let text = try format.render(one.messages, addGenerationPrompt: true)
                #expect(
                    Array(text.utf8) == Array(one.rendered.utf8),
                    "\(fixture.name): \(text.debugDescription)")
            }
        }
    }

    @Test("A picture's place is what a family's templates write, between tokens that none writes")
    func otherMark() throws {
        let source = """
            {% for message in messages %}{% for part in message.content %}\
            {% if part.type == 'image' %}<|box_start|>{% else %}{{ part.text }}{% endif %}\
            {% endfor %}{% endfor %}
            """
        let mark = PictureMark(
            token: "<|box_start|>", text: "<|box_start|>", before: ["<|quad_start|>"],
            after: ["<|quad_end|>", "<|object_ref_end|>"])
        let template = try ChatTemplate(source: source, origin: "a", variables: [:], picture: mark)
        let tokenizer = try smallTokenizer()
        let message = ChatMessage(
            role: .user, parts: [.text("a<|box_start|>"), .image, .text("b"), .image])
        let ids = try ChatFormat.template(template).encode(
            [message], imageTokenCounts: [3, 1], addGenerationPrompt: true, tokenizer: tokenizer)
        func id(_ token: String) throws -> Int { try tokenizer.requiredID(for: token) }
        func picture(_ count: Int) throws -> [Int] {
            try [id("<|quad_start|>")] + [Int](repeating: id("<|box_start|>"), count: count)
                + [id("<|quad_end|>"), id("<|object_ref_end|>")]
        }
        func said(_ text: String) -> [Int] { tokenizer.encode(text, specialTokens: .words) }
        #expect(
            try ids == said("a<|box_start|>") + picture(3) + said("b") + picture(1))
        #expect {
            try ChatTemplate(source: source, origin: "a", variables: [:])
        } throws: { "\($0)".contains("0 <|image_pad|> for one picture") }
    }

    @Test("Rendered conversations have transformers' ids, a picture as many as it has tokens")
    func encodesAsReference() throws {
        let tokenizer = try smallTokenizer()
        var count = 0
        for fixture in try TemplateFixture.all() {
            let format = ChatFormat.template(try fixture.template())
            for one in fixture.cases {
                guard let ids = one.ids else { continue }
                count += 1
                let found = try format.encode(
                    one.messages, imageTokenCounts: [4], addGenerationPrompt: true,
                    tokenizer: tokenizer)
                #expect(found == ids, "\(fixture.name): \(one.question.debugDescription)")
            }
        }
        #expect(count > 60)
    }

    @Test("What is said is text with any template, even if it spells a token of the format")
    func saidStaysText() throws {
        let tokenizer = try smallTokenizer()
        let control = Set(try QwenTokens.special.map(tokenizer.requiredID))
        func tokens(_ format: ChatFormat, _ messages: [ChatMessage]) throws -> [Int] {
            try format.encode(
                messages, imageTokenCounts: [4], addGenerationPrompt: true, tokenizer: tokenizer
            ).filter(control.contains)
        }
        var count = 0
        for fixture in try TemplateFixture.all() {
            let format = ChatFormat.template(try fixture.template())
            for one in fixture.cases where one.ids == nil {
                var harmless = one.messages
                harmless[harmless.count - 1].parts[1] = .text("a")
                #expect(
                    try tokens(format, one.messages) == tokens(format, harmless),
                    "\(fixture.name): \(one.question.debugDescription)")
                let ids = try format.encode(
                    one.messages, imageTokenCounts: [1], addGenerationPrompt: true,
                    tokenizer: tokenizer)
                // Equal as characters: the vocabulary composes them.
                #expect(tokenizer.decode(ids, skipSpecialTokens: false) == one.rendered)
                count += 1
            }
        }
        #expect(count > 20)
    }

    @Test("A text that is no template is an error with file, line and reason")
    func refusesNoTemplates() throws {
        func problem(_ source: String) -> ChatTemplateError? {
            do {
                _ = try ChatTemplate(source: source, origin: "a.jinja", variables: [:])
                return nil
            } catch { return error as? ChatTemplateError }
        }
        let sources = [
            "{% for m in messages %}\n{{ m.role }", "{% if %}", "{{ 'a }}", "\n\n{% frob %}",
            "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
            "{{ " + String(repeating: "(", count: 20_000),
            String(repeating: "{% if 1 %}", count: 9_000),
            "{{ " + String(repeating: "not ", count: 20_000) + "1 }}",
            "{{ " + String(repeating: "1+", count: 40_000) + "1 }}",
            "{{ range(10000000000) }}", String(repeating: "a", count: 200_000), "{% set 1 = 2 %}",
            "{% macro 'a'() %}{% endmacro %}", "{{ a | 'b' }}", "{{ a is 1 }}",
            "{# comment", "{{ messages | frobnicate }}", "{% endfor %}", "{{ ) }}", "{% break %}",
        ]
        for source in sources {
            let error = problem(source)
            #expect(error?.problem.isEmpty == false, "\(source): \(String(describing: error))")
            #expect(error?.description.hasPrefix("a.jinja: ") == true)
            #expect(error?.description.contains("\n") == false)
        }
        #expect(problem("")?.description.contains("writes 0 <|image_pad|>") == true)
        let raised = problem("\n\n{{ raise_exception('only pictures') }}")
        #expect(raised?.line == 3)
        #expect(raised?.problem == "it refuses: only pictures")
    }

    @Test("A template that asks for the date is refused, unless it can do without")
    func refusesTheDate() throws {
        let picture =
            "{% for m in messages %}{% for p in m.content %}"
            + "{{ '<|image_pad|>' if p.type == 'image' else p.text }}{% endfor %}{% endfor %}"
        #expect {
            try ChatTemplate(
                source: "{{ strftime_now('%Y') }}" + picture, origin: "a", variables: [:])
        } throws: { "\($0)".contains("asks for the date") }
        let guarded =
            "{% if date_string is not defined %}{% set date_string = '26 Jul 2024' %}"
            + "{% endif %}{{ date_string }}" + picture
        let template = try ChatTemplate(source: guarded, origin: "a", variables: [:])
        let user = ChatMessage(role: .user, parts: [.image, .text("b")])
        #expect(
            try ChatFormat.template(template).render([user], addGenerationPrompt: true)
                == "26 Jul 2024<|image_pad|>b")
    }

    @Test("A template of another model, without the picture's place, is refused")
    func refusesOtherPlaces() throws {
        for places in ["<image>", "<|image_pad|><|image_pad|>"] {
            let source =
                "{% for m in messages %}{% for p in m.content %}"
                + "{{ '\(places)' if p.type == 'image' else p.text }}{% endfor %}{% endfor %}"
            #expect(throws: ChatTemplateError.self) {
                try ChatTemplate(source: source, origin: "a", variables: [:])
            }
        }
    }

    @Test(
        "Texts that the engine would trim otherwise than Python are refused by a template that trims"
    )
    func refusesStrangeSpace() throws {
        let source =
            "{% for m in messages %}{% for p in m.content %}"
            + "{{ '<|image_pad|>' if p.type == 'image' else p.text | trim }}{% endfor %}{% endfor %}"
        let template = try ChatTemplate(source: source, origin: "a", variables: [:])
        func render(_ text: String) throws {
            let user = ChatMessage(role: .user, parts: [.image, .text(text)])
            _ = try template.render([user], addGenerationPrompt: true)
        }
        try render(" a \n")
        #expect(throws: ChatTemplateError.self) { try render("a\u{A0}") }
        #expect(throws: ChatTemplateError.self) { try render("\u{3000}a") }
    }
}
