import Testing
import Tokenizers

@testable import Segmentation

@Suite struct PromptTemplateTests {
    // A changed byte here is a changed task for weights that were trained with this text.
    private let system =
        "You are a remote sensing analysis assistant. Your task is to generate spatial prompts for the Segment Anything Model (SAM) based on a user's request."
    private let user = """
        Please find "where can \\ {Question} boats "moor"?", identify the target. For each target instance, provide:
        1.  `bbox_2d`: A tight bounding box.
        2.  `positive_points`: Exactly two points, placed inside the target.
        Output your thinking process in <think> </think> tags.
        Output the final answer in <answer> </answer> tags with the specified JSON format. If no targets are found, output an empty list.
        i.e. <think> thinking process here </think>\u{20}
        <answer>```json[{"bbox_2d": [310,360,567,586], "positive_points": [[434, 474], [450, 460]]}, {"bbox_2d": [10,200,100,320], "positive_points": [[50, 250], [90, 300]]}]```</answer>
        """

    @Test("the main variant says the method's words, byte for byte, and quotes the question as is")
    func mainText() {
        let messages = PromptTemplate().messages(
            question: "where can \\ {Question} boats \"moor\"?")
        #expect(
            messages == [
                ChatMessage(role: .system, parts: [.text(system)]),
                ChatMessage(role: .user, parts: [.image, .text(user)]),
            ])
        #expect(Array(PromptTemplate().system.utf8) == Array(system.utf8))
    }

    /// The line of the example; the lines above it name the tags too.
    private func lastLine(of text: String) -> String {
        text.split(separator: "\n").last.map(String.init) ?? ""
    }

    @Test("the example of every variant is an answer to it", arguments: PromptVariant.all)
    func exampleParses(variant: PromptVariant) throws {
        let text = lastLine(of: PromptTemplate(variant).user(question: "q"))
        let answer = try AnswerParser(grammar: variant.grammar, acceptance: .strict)
            .parse(text).get()
        #expect(answer.prompts.count == 2)
        for prompt in answer.prompts {
            #expect(prompt.positivePoints.count == variant.grammar.positivePoints)
            #expect(prompt.negativePoints.count == variant.grammar.negativePoints)
            #expect((prompt.box != nil) == (variant.grammar.box != .forbidden))
        }
        #expect(!answer.wasRepaired)
    }

    @Test("the example of a variant is no answer to one that asks for other points")
    func examplesDiffer() {
        let text = lastLine(of: PromptTemplate(.box4Points).user(question: "q"))
        for variant in PromptVariant.all where variant != .box4Points {
            let parser = AnswerParser(grammar: variant.grammar, acceptance: .strict)
            #expect(throws: ParseFailure.self) { try parser.parse(text).get() }
        }
    }

    @Test("variants are found by their names, which are distinct")
    func names() {
        #expect(PromptVariant.named("box_2points") == .box2Points)
        #expect(PromptVariant.named("box_2point") == nil)
        #expect(Set(PromptVariant.all.map(\.name)).count == PromptVariant.all.count)
    }
}
