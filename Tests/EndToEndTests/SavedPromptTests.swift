import EndToEndTestSupport
import Files
import Foundation
import Imaging
import Pictures
import Policies
import Segmentation
import TestSupport
import Testing
import Torch
import VisionLanguage

/// Prompts of the carried policy beside those that transformers makes with its folder.
@Suite struct SavedPromptTests {
    private struct Case: Decodable {
        let variant: String
        let question: String
        let side: Int
        let ids: [Int]
    }

    private static let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    @Test(
        "The carried policy is asked with the ids that transformers makes with its folder, system prompt included"
    )
    func ids() throws {
        for one in try Fixtures.decode([Case].self, "saved_prompts/cases.json") {
            let variant = try #require(PromptVariant.named(one.variant))
            let policy = try VisionLanguagePolicy.outline(
                path: Self.checkout + "/Resources/policy", dtype: .float32,
                template: PromptTemplate(variant))
            let prompt = try policy.prompt(image: .black(side: one.side), question: one.question)
            #expect(
                prompt.input.tokenIDs == one.ids,
                "\(one.variant), \(one.question.debugDescription)")
        }
    }

    @Test("The page about use elsewhere has the words of every variant as they are asked")
    func words() throws {
        let page = String(
            decoding: try Data(
                contentsOf: URL(
                    fileURLWithPath: Self.checkout + "/Documentation/use-elsewhere.md")),
            as: UTF8.self)
        for variant in PromptVariant.all {
            let words = PromptTemplate(variant).user(question: "QUESTION")
            #expect(page.contains("`\(variant.name)`:\n\n````text\n\(words)\n````\n"))
        }
        let method = PromptTemplate().user(question: "QUESTION")
        #expect(page.components(separatedBy: "words = \"\"\"\(method)\"\"\"\n").count == 3)
    }
}
