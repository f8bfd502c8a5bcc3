import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Inference
import NN
import Policies
import RLTrainer
import Segmentation
import Testing
import Tokenizers
import Torch
import VisionLanguage

extension EndToEnd {
    @Suite(.serialized) struct PolicyTests {
        let fixture: EndToEndFixture
        private let image = gradientPicture(side: 84, shift: 3)

        init() throws { fixture = try EndToEndFixture.shared.get() }

        @Test(
            "Scores are those of the tokens that were drawn, where their text has other tokens too")
        func drawnTokens() throws {
            let policy = try fixture.loadPolicy()
            let prompt = try policy.prompt(image: image, question: "Where is it?")
            let drawn = try policy.rollout(
                prompt, sampling: SamplingParameters(maxCompletionLength: 12),
                seeds: [1, 2, 3, 4])
            let scores = try withoutGradients {
                try policy.score(prompt, completions: drawn.map(\.tokenIDs), temperature: 1)
                    .logProbabilities
            }
            var differing = 0
            for (row, completion) in drawn.enumerated() {
                let scored = try scores.selected(0, row).floats
                for (a, b) in zip(completion.logProbabilities, scored) {
                    #expect(abs(a - b) < 1e-4)
                }
                let again = policy.tokenizer.encode(completion.text, specialTokens: .asText)
                if again != completion.tokenIDs { differing += 1 }
            }
            #expect(differing > 0)
        }

        @Test("A question that spells special tokens is text: no turn ends, no picture is added")
        func spelledTokens() throws {
            let policy = try fixture.loadPolicy()
            let spelled = [
                QwenTokens.imagePad, QwenTokens.visionStart, QwenTokens.visionEnd,
                QwenTokens.turnStart, QwenTokens.turnEnd, QwenTokens.endOfText, "<|video_pad|>",
                "<image>",
            ].joined(separator: " and ")
            func counts(_ question: String) throws -> [Int] {
                let ids = try policy.prompt(image: image, question: question).input.tokenIDs
                return try [
                    QwenTokens.imagePad, QwenTokens.visionStart, QwenTokens.visionEnd,
                    QwenTokens.turnStart, QwenTokens.turnEnd, QwenTokens.endOfText,
                    "<|video_pad|>",
                ].map { token in
                    let id = try policy.tokenizer.requiredID(for: token)
                    return ids.count { $0 == id }
                }
            }
            let plain = try counts("Where is it?")
            #expect(plain[0] == 9 && plain[1] == 1 && plain[2] == 1)
            #expect(try counts(spelled) == plain)
            let prompt = try policy.prompt(image: image, question: spelled)
            #expect(
                policy.tokenizer.decode(prompt.input.tokenIDs, skipSpecialTokens: true)
                    .contains(spelled))
        }

        @Test("A prompt with more positions than the model was made for is warned about, never cut")
        func tooLong() throws {
            try withFolder { folder in
                let path = folder + "/policy"
                try FileManager.default.copyItem(atPath: fixture.policy, toPath: path)
                func answer(_ question: String, positions: Int) throws -> Prediction {
                    var configuration = try object(contents(path + "/config.json"))
                    configuration["max_position_embeddings"] = positions
                    try JSONSerialization.data(withJSONObject: configuration)
                        .write(to: URL(fileURLWithPath: path + "/config.json"))
                    var recipe = PredictRecipe(
                        policy: path, segmenter: nil, image: fixture.picture, question: question)
                    recipe.imageSize = 56
                    recipe.sampling = SamplingParameters(temperature: 0, maxCompletionLength: 2)
                    return try recipe.run(output: nil)
                }
                let short = try answer("Where is it?", positions: 4096)
                #expect(short.warnings.isEmpty)
                let question = String(repeating: "Where is it? ", count: 400)
                let long = try answer(question, positions: 1 << 20)
                #expect(long.promptTokenIDs.count > short.promptTokenIDs.count + 400)
                let beyond = try answer(question, positions: 400)
                #expect(beyond.warnings.contains { $0.contains("beyond the 400") })
                #expect(beyond.promptTokenIDs == long.promptTokenIDs)
                #expect(beyond.tokenIDs == long.tokenIDs)
            }
        }

        @Test(
            "A token that ends answers and is not in the vocabulary is refused before the weights")
        func endless() throws {
            try withFolder { folder in
                let path = folder + "/policy"
                try FileManager.default.copyItem(atPath: fixture.policy, toPath: path)
                try JSONSerialization.data(withJSONObject: ["eos_token_id": [2, 900_000]])
                    .write(to: URL(fileURLWithPath: path + "/generation_config.json"))
                let said = message { _ = try fixture.loadPolicy(path) }
                #expect(said.contains("generation_config.json: eos_token_id is 900000, outside"))
            }
        }

        @Test("Temperature, top-k and top-p reach the sampler, and the temperature the scorer")
        func sampling() throws {
            let policy = try fixture.loadPolicy()
            let prompt = try policy.prompt(image: image, question: "Where is it?")
            func drawn(_ temperature: Double, topK: Int = 0, topP: Double = 1) throws -> [[Int]] {
                try policy.rollout(
                    prompt,
                    sampling: SamplingParameters(
                        temperature: temperature, topK: topK, topP: topP, maxCompletionLength: 6),
                    seeds: [1, 2, 3]
                ).map(\.tokenIDs)
            }
            let greedy = try drawn(0)
            #expect(try drawn(1) != greedy)
            #expect(try drawn(1, topK: 1) == greedy)
            #expect(try drawn(1, topP: 1e-6) == greedy)
            #expect(try drawn(1e-4) == greedy)
            let completion = try policy.rollout(
                prompt, sampling: SamplingParameters(temperature: 0.6, maxCompletionLength: 6),
                seeds: [4])[0]
            func score(_ temperature: Double) throws -> [Float] {
                try withoutGradients {
                    try policy.score(
                        prompt, completions: [completion.tokenIDs], temperature: temperature
                    ).logProbabilities.floats
                }
            }
            let pairs = zip(try score(0.6), completion.logProbabilities)
            #expect(pairs.allSatisfy { abs($0 - $1) < 1e-4 })
            let others = zip(try score(1), completion.logProbabilities)
            #expect(others.contains { abs($0 - $1) > 1e-2 })
        }
    }
}
