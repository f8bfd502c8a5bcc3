// Tolerances: 1e-4 between log-probabilities of one row among few and among many, 1e-4 of a tensor's
// largest gradient: matrix products of other heights round otherwise.
import NN
import Testing
import Torch

@testable import PolicyFamilies
@testable import VisionLanguage

@Suite("Several prompts at once")
struct SeveralPromptsTests {
    /// Prompts of different lengths, with pictures and without.
    private static let prompts = ["odd", "two", "text"]
    private static let seeds: [[UInt64]] = [[1, 2, 3], [4], [5, 6]]

    @Test("Rows have places by prompt, as many for each as the fullest one needs")
    func places() {
        let even = RowPlaces(owners: [0, 0, 1, 1], promptCount: 2)
        #expect(even.isIdentity && even.perPrompt == 2)
        let uneven = RowPlaces(owners: [0, 2, 2, 2], promptCount: 3)
        #expect(uneven.perPrompt == 3 && !uneven.isIdentity)
        #expect(uneven.placeOfRow == [0, 6, 7, 8])
        #expect(uneven.rowOfPlace == [0, 0, 0, 0, 0, 0, 1, 2, 3])
        #expect(RowPlaces(owners: [1], promptCount: 2).placeOfRow == [1])
    }

    @Test(
        "Completions drawn together are those drawn prompt by prompt, whenever their rows end",
        arguments: Reference.models, [1.0, 0])
    func generation(model: String, temperature: Double) throws {
        let reference = try Reference(model)
        let parameters = GenerationParameters(temperature: temperature, maxNewTokens: 12)
        let inputs = try Self.prompts.map(reference.input)
        let together = try reference.model.generate(
            reference.model.prefill(inputs), parameters: parameters, seeds: Self.seeds)
        #expect(together.map(\.count) == [3, 1, 2])
        for (index, input) in inputs.enumerated() {
            let alone = try reference.model.generate(
                input, parameters: parameters, seeds: Self.seeds[index])
            for (a, b) in zip(together[index], alone) {
                #expect(a.tokenIDs == b.tokenIDs && a.stopReason == b.stopReason)
                for (x, y) in zip(a.logProbabilities, b.logProbabilities) {
                    #expect(abs(x - y) < 1e-4)
                }
            }
        }
    }

    @Test("Rows that end early leave, and the others go on as if alone")
    func leaving() throws {
        var reference = try Reference("tied").model
        // Many tokens end a completion, so that rows end at different times.
        reference.generation.eosTokenIDs = Array(0..<60)
        let loaded = try Reference("tied")
        let inputs = try Self.prompts.map(loaded.input)
        let parameters = GenerationParameters(maxNewTokens: 12)
        let together = try reference.generate(
            reference.prefill(inputs), parameters: parameters, seeds: Self.seeds)
        let lengths = Set(together.joined().map(\.tokenIDs.count))
        #expect(lengths.count > 1)
        for (index, input) in inputs.enumerated() {
            let alone = try Self.seeds[index].map {
                try reference.generate(input, parameters: parameters, seeds: [$0])[0]
            }
            #expect(together[index].map(\.tokenIDs) == alone.map(\.tokenIDs))
        }
    }

    @Test(
        "Scores and gradients of several prompts are those of one after the other",
        arguments: Reference.models)
    func scores(model: String) throws {
        let completions = [
            [[11, 54, 3], [7]], [[120, 11, 40, 41]], [[9, 8], [30, 31, 32], [5]],
        ]
        func gradients(together: Bool) throws -> (scores: [[Float]], gradients: [String: Tensor]) {
            let reference = try Reference(model)
            for parameter in reference.model.parameters {
                try parameter.tensor.setRequiresGradient(true)
            }
            let groups = try zip(Self.prompts, completions).map {
                PromptCompletions(input: try reference.input($0), completions: $1)
            }
            let scores =
                try together
                ? reference.model.score(groups) : groups.flatMap { try reference.model.score([$0]) }
            // Different weights, so that a gradient of another prompt would show.
            var loss = try scores[0].logProbabilities.sum()
            for (index, score) in scores.enumerated().dropFirst() {
                loss = try loss + score.logProbabilities.sum() * Double(index + 1)
            }
            try loss.backward()
            return (
                try scores.map { try $0.logProbabilities.floats },
                try reference.model.parameters.reduce(into: [:]) {
                    $0[$1.key] = try $1.tensor.gradient?.clone()
                }
            )
        }
        let (together, apart) = (try gradients(together: true), try gradients(together: false))
        for (a, b) in zip(together.scores.joined(), apart.scores.joined()) {
            #expect(abs(a - b) < 1e-4)
        }
        #expect(together.scores.map(\.count) == [6, 4, 9])
        #expect(Set(together.gradients.keys) == Set(apart.gradients.keys))
        for (key, gradient) in together.gradients {
            let other = try #require(apart.gradients[key])
            let largest = try gradient.abs().max().item()
            #expect(try difference(gradient, other) <= 1e-4 * largest + 1e-6, "\(key)")
        }
    }

    @Test(
        "After a change of the weights, decoding and scoring agree: nothing stale is decoded with")
    func changedWeights() throws {
        let reference = try Reference("tied")
        var model = reference.model
        model.leastPackedBytes = 0
        let input = try reference.input("two")
        let parameters = GenerationParameters(maxNewTokens: 4)
        func largestDifference() throws -> Double {
            let drawn = try model.generate(input, parameters: parameters, seeds: [1, 2])
            let scored = try withoutGradients {
                try model.score(input, completions: drawn.map(\.tokenIDs))
                    .logProbabilities.floats
            }
            return zip(drawn.flatMap(\.logProbabilities), scored).map { Double(abs($0 - $1)) }
                .max() ?? .infinity
        }
        #expect(try largestDifference() < 1e-4)
        let before = try model.generate(input, parameters: parameters, seeds: [1, 2])
        try withoutGradients {
            for parameter in model.parameters
            where parameter.key.hasSuffix("down_proj.weight") {
                try parameter.tensor.scaleInPlace(by: 0.5)
            }
        }
        #expect(try largestDifference() < 1e-4)
        let after = try model.generate(input, parameters: parameters, seeds: [1, 2])
        #expect(before != after)
    }

    @Test("Packed weights draw the tokens of plain ones", arguments: Reference.models)
    func packing(name: String) throws {
        let reference = try Reference(name)
        var packed = reference.model
        packed.leastPackedBytes = 0
        let input = try reference.input("two")
        let parameters = GenerationParameters(maxNewTokens: 8)
        let (fast, slow) = try (
            packed.generate(input, parameters: parameters, seeds: [1, 2, 3]),
            reference.model.generate(input, parameters: parameters, seeds: [1, 2, 3])
        )
        #expect(fast.map(\.tokenIDs) == slow.map(\.tokenIDs))
        for (a, b) in zip(fast, slow) {
            for (x, y) in zip(a.logProbabilities, b.logProbabilities) { #expect(abs(x - y) < 1e-4) }
        }
    }
}
