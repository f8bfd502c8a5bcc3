// Tolerances: 1e-5 between two of our own ways to compute one log-probability, 1e-4 where a cache of
// decoding is one of them; matrix products of other heights round otherwise. Where the shapes are the
// same, results are the same to the bit.
import Foundation
import NN
import Testing
import Torch

@testable import PolicyFamilies
@testable import VisionLanguage

@Suite("Scores depend on the prompt and the completion only")
struct InvarianceTests {
    /// Lengths from 1 to the longest, pictures in the prompt.
    private let completions = [
        [11, 54, 3, 99, 12, 0, 2], [2], [120, 0, 11], [7, 8, 9, 10, 40, 41, 42],
    ]

    private func scores(
        _ reference: Reference, _ prompt: String, _ completions: [[Int]], chunk: Int = 512
    ) throws -> Tensor {
        try withoutGradients {
            try reference.model.score(
                reference.input(prompt), completions: completions, chunk: chunk
            ).logProbabilities
        }
    }

    /// The gradient of the sum of all log-probabilities of each list of completions, summed.
    private func gradients(
        _ reference: Reference, _ groups: [[[Int]]], chunk: Int = 512
    ) throws -> [String: Tensor] {
        for parameter in reference.model.parameters {
            try parameter.tensor.setRequiresGradient(true)
            try parameter.tensor.setGradient(nil)
        }
        for group in groups {
            try reference.model.score(
                reference.input("two"), completions: group, chunk: chunk
            ).logProbabilities.sum().backward()
        }
        return try reference.model.parameters.reduce(into: [:]) {
            $0[$1.key] = try $1.tensor.gradient?.clone()
        }
    }

    @Test(
        "A completion alone has the log-probabilities that it has beside shorter and longer ones",
        arguments: Reference.models, Reference.prompts)
    func aloneAndTogether(model: String, prompt: String) throws {
        let reference = try Reference(model)
        let together = try scores(reference, prompt, completions)
        for (row, completion) in completions.enumerated() {
            let alone = try scores(reference, prompt, [completion]).selected(0, 0)
            let beside = try together.selected(0, row)
            #expect(
                try difference(beside.sliced(0, to: completion.count), alone) < 1e-5, "\(row)")
            let rest = try beside.sliced(0, from: completion.count).floats
            #expect(rest.allSatisfy { $0 == 0 }, "0 past the end")
        }
    }

    @Test(
        "The group's gradient is the sum of its completions' gradients, for every parameter",
        arguments: Reference.models)
    func gradientsAdd(model: String) throws {
        let reference = try Reference(model)
        let together = try gradients(reference, [completions])
        let apart = try gradients(reference, completions.map { [$0] })
        #expect(together.count == reference.model.parameters.count)
        for (key, gradient) in together {
            let other = try #require(apart[key])
            let largest = try gradient.abs().max().item()
            #expect(largest > 0, "\(key)")
            #expect(try difference(gradient, other) <= 1e-4 * largest + 1e-6, "\(key)")
        }
    }

    @Test("Logits in pieces give the same gradient, for every parameter")
    func gradientsOfPieces() throws {
        let reference = try Reference("tied")
        let whole = try gradients(reference, [completions])
        let pieces = try gradients(reference, [completions], chunk: 4)
        for (key, gradient) in whole {
            let other = try #require(pieces[key])
            let largest = try gradient.abs().max().item()
            #expect(try difference(gradient, other) <= 1e-5 * largest + 1e-7, "\(key)")
        }
    }

    @Test(
        "Another completion beside it leaves a completion's log-probabilities as they are, to the bit"
    )
    func isolation() throws {
        let reference = try Reference("untied")
        let before = try scores(reference, "two", completions)
        for changed in completions.indices {
            var others = completions
            others[changed] = others[changed].map { ($0 * 7 + 31) % 180 + 4 }
            let after = try scores(reference, "two", others)
            for row in completions.indices {
                let isSame = try before.selected(0, row).isEqual(to: after.selected(0, row))
                #expect(isSame == (row != changed))
            }
        }
    }

    @Test("The first token of a completion is scored as decoding draws it, and has a gradient")
    func firstToken() throws {
        let reference = try Reference("tied")
        let input = try reference.input("odd")
        let drawn = try reference.model.generate(
            input, parameters: GenerationParameters(maxNewTokens: 1), seeds: [1, 2, 3, 4])
        for parameter in reference.model.parameters {
            try parameter.tensor.setRequiresGradient(true)
        }
        let scores = try reference.model.score(input, completions: drawn.map(\.tokenIDs))
        #expect(scores.logProbabilities.shape == [4, 1])
        for (completion, score) in zip(drawn, try scores.logProbabilities.floats) {
            #expect(abs(completion.logProbabilities[0] - score) < 1e-4)
        }
        try scores.logProbabilities.sum().backward()
        for parameter in reference.model.parameters {
            #expect(try parameter.tensor.gradient?.norm().item() ?? 0 > 0, "\(parameter.key)")
        }
    }

    @Test(
        "A completion is scored as the end of one long prompt would be, at the same positions",
        arguments: Reference.models, Reference.prompts)
    func onePass(model: String, prompt: String) throws {
        let reference = try Reference(model)
        var whole = try reference.input(prompt)
        let (start, completion) = (whole.tokenIDs.count, completions[0])
        whole.tokenIDs += completion
        let logits = try withoutGradients { try reference.model.logits(whole) }
        let distribution = try TokenDistribution(
            temperature: 1, suppressed: reference.model.configuration.placeholderTokenIDs,
            vocabulary: 200, device: .cpu)
        let rows = try logits.sliced(0, from: start - 1, to: start - 1 + completion.count)
        let index = try Tensor.of(completion, shape: [completion.count, 1])
        let full = try distribution.logProbabilities(rows).gathered(-1, index).squeezed(-1)
        let scored = try scores(reference, prompt, completions).selected(0, 0)
        #expect(try difference(full, scored) < 1e-5)
    }

    @Test("Logits in pieces of any length give the same scores", arguments: [1, 4, 5])
    func chunks(length: Int) throws {
        let reference = try Reference("windows")
        let whole = try scores(reference, "two", completions)
        let pieces = try scores(reference, "two", completions, chunk: length)
        #expect(try difference(whole, pieces) < 1e-5)
    }

    @Test("The tokens that pad and that end completions are words like others inside a prompt")
    func specialTokensInside() throws {
        let reference = try Reference("tied")
        let input = try reference.input("text")
        for id in [0, 2] {
            let place = try #require(input.tokenIDs.firstIndex(of: id))
            var other = input
            other.tokenIDs[place] = 55
            var shorter = input
            shorter.tokenIDs.remove(at: place)
            let scored = try [input, other, shorter].map { input in
                try withoutGradients {
                    try reference.model.score(input, completions: [[7, 2]]).logProbabilities
                }
            }
            #expect(try difference(scored[0], scored[1]) > 1e-3)
            #expect(try difference(scored[0], scored[2]) > 1e-3)
        }
    }

    @Test("Scoring twice gives the same bits, also where config.json has dropout")
    func dropout() throws {
        let reference = try Reference("tied")
        let text = try String(contentsOfFile: fixture("tied.json"), encoding: .utf8)
        let changed = text.replacingOccurrences(
            of: "\"attention_dropout\": 0.0", with: "\"attention_dropout\": 0.5")
        #expect(changed != text)
        try withFolder { folder in
            try changed.write(toFile: folder + "/config.json", atomically: true, encoding: .utf8)
            let model = try VisionLanguageModel(
                configuration: .load(path: folder + "/config.json"),
                builder: ParameterBuilder(source: HashedWeights(salt: reference.cases.salt)))
            let input = try reference.input("two")
            let first = try model.score(input, completions: completions).logProbabilities
            let second = try model.score(input, completions: completions).logProbabilities
            #expect(try first.isEqual(to: second))
            #expect(try first.isEqual(to: scores(reference, "two", completions)))
        }
    }
}
