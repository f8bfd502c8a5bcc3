// Tolerances: sums in another order, in float32, over logits of deviation 1 and more.
import NN
import Testing
import Torch

@testable import VisionLanguage

@Suite("A family with recurrent layers and features for layers")
struct ToyModelTests {
    private let completions = [[11, 5, 3, 9, 12, 0, 2], [2], [20, 0, 11], [7, 8, 9, 10, 2]]

    private func prompts() throws -> [VisionLanguageInput] {
        try [
            pictured([4, 5, 6], [7, 8]), VisionLanguageInput(tokenIDs: [9]),
            pictured([3], [1, 2, 3, 4], seed: 2), VisionLanguageInput(tokenIDs: [6, 5, 4]),
        ]
    }

    /// log p of each token of a completion, by one pass over prompt and completion.
    private func onePass(
        _ model: VisionLanguageModel, _ input: VisionLanguageInput, _ completion: [Int]
    ) throws -> Tensor {
        var whole = input
        whole.tokenIDs += completion
        let logits = try model.logits(whole)
        let start = input.tokenIDs.count
        let rows = try logits.sliced(0, from: start - 1, to: start - 1 + completion.count)
        let bias = (0..<40).map { $0 == ToyFamily.picture ? -Float.infinity : 0 }
        return try (rows + Tensor.of(bias)).logSoftmax(-1)
            .gathered(-1, Tensor.of(completion, shape: [completion.count, 1])).squeezed(-1)
    }

    @Test("Completions behind a shared prefix are scored as each in one pass of its own")
    func sharedPrefix() throws {
        let model = try toy()
        for input in try prompts() {
            let together = try model.score(input, completions: completions).logProbabilities
            for (row, completion) in completions.enumerated() {
                let alone = try onePass(model, input, completion)
                let found = try together.selected(0, row)
                #expect(try difference(found.sliced(0, to: completion.count), alone) < 2e-5)
                #expect(
                    try difference(
                        model.score(input, completions: [completion]).logProbabilities
                            .selected(0, 0), alone) < 2e-5)
            }
        }
    }

    @Test("Prompts of several lengths are scored together as each by itself")
    func severalPrompts() throws {
        let model = try toy()
        let inputs = try prompts()
        let together = try model.score(
            inputs.map { PromptCompletions(input: $0, completions: completions) })
        for (input, scores) in zip(inputs, together) {
            let alone = try model.score(input, completions: completions)
            #expect(try difference(scores.logProbabilities, alone.logProbabilities) < 2e-5)
        }
    }

    @Test("Decoding behind a prompt draws with the probabilities of one pass")
    func decoding() throws {
        let model = try toy()
        for input in try prompts() {
            let drawn = try model.generate(
                input, parameters: GenerationParameters(maxNewTokens: 6), seeds: [1, 2, 3])
            for completion in drawn {
                let expected = try onePass(model, input, completion.tokenIDs)
                let found = try Tensor.of(completion.logProbabilities)
                #expect(try difference(found, expected) < 1e-4)
            }
        }
    }

    @Test(
        "Rows that fork from several prompts and leave one by one are those of single generations")
    func forksAndLeaving() throws {
        var model = try toy()
        // Half of all tokens end a completion, so that rows leave at different steps.
        model.generation = GenerationConfiguration(
            eosTokenIDs: Array(stride(from: 0, to: 40, by: 4)), padTokenID: 0)
        let parameters = GenerationParameters(maxNewTokens: 9)
        let inputs = try prompts()
        let seeds: [[UInt64]] = [[1, 2, 3], [4], [5, 6, 7, 8], [9, 10]]
        let together = try model.generate(
            model.prefill(inputs), parameters: parameters, seeds: seeds)
        #expect(Set(together.joined().map(\.tokenIDs.count)).count > 2, "rows leave one by one")
        for (index, input) in inputs.enumerated() {
            for (row, seed) in seeds[index].enumerated() {
                let alone = try model.generate(input, parameters: parameters, seeds: [seed])[0]
                let found = together[index][row]
                #expect(found.tokenIDs == alone.tokenIDs)
                #expect(
                    try difference(
                        Tensor.of(found.logProbabilities), Tensor.of(alone.logProbabilities)) < 1e-4
                )
            }
        }
    }

    @Test("A prefix is not changed by those who continue it")
    func prefixStays() throws {
        let model = try toy()
        let prefix = try model.prefill(prompts()[0])
        let parameters = GenerationParameters(maxNewTokens: 5)
        let first = try model.generate(prefix, parameters: parameters, seeds: [1, 2])
        _ = try model.generate(prefix, parameters: parameters, seeds: [3, 4, 5])
        #expect(try model.generate(prefix, parameters: parameters, seeds: [1, 2]) == first)
    }

    @Test("Packed weights draw the tokens of plain ones")
    func packing() throws {
        let plain = try toy()
        var packed = plain
        packed.leastPackedBytes = 0
        let parameters = GenerationParameters(maxNewTokens: 6)
        let input = try prompts()[0]
        let (fast, slow) = try (
            packed.generate(input, parameters: parameters, seeds: [1, 2, 3]),
            plain.generate(input, parameters: parameters, seeds: [1, 2, 3])
        )
        #expect(fast.map(\.tokenIDs) == slow.map(\.tokenIDs))
    }

    @Test(
        "Gradients flow to every parameter, and a group's is the sum of its completions'",
        arguments: [HeadKind.own, .tied])
    func gradients(head: HeadKind) throws {
        var family = ToyFamily()
        family.head = head
        let model = try toy(family)
        func gradients(_ groups: [[[Int]]]) throws -> [String: Tensor] {
            for parameter in model.parameters {
                try parameter.tensor.setRequiresGradient(true)
                try parameter.tensor.setGradient(nil)
            }
            for group in groups {
                try model.score(prompts()[0], completions: group).logProbabilities.sum().backward()
            }
            return try model.parameters.reduce(into: [:]) {
                $0[$1.key] = try $1.tensor.gradient?.clone()
            }
        }
        let together = try gradients([completions])
        let apart = try gradients(completions.map { [$0] })
        #expect(together.count == model.parameters.count)
        for (key, gradient) in together {
            let other = try #require(apart[key])
            let largest = try gradient.abs().max().item()
            #expect(largest > 0, "\(key)")
            #expect(try difference(gradient, other) <= 1e-4 * largest + 1e-5, "\(key)")
        }
    }

    @Test("Features for layers are added after their layer, at the picture's places only")
    func perLayer() throws {
        let model = try toy()
        let changed = try toy()
        let weight = try #require(changed.parameters.first { $0.key == "bridge.1.weight" })
        try withoutGradients { try weight.tensor.scaleInPlace(by: 0) }
        let input = try pictured([4, 5, 6], [7, 8])
        func states(_ model: VisionLanguageModel) throws -> [Tensor] {
            var result: [Tensor] = []
            _ = try model.predictors([PromptCompletions(input: input, completions: [[3, 4]])]) {
                result.append($1)
            }
            return result
        }
        let (with, without) = (try states(model), try states(changed))
        #expect(try difference(with[0], without[0]) == 0, "what is for layer 1 is not in layer 0")
        let apart = try (with[1] - without[1]).abs().sum(-1).floats
        for (place, value) in apart.enumerated() {
            #expect((value > 0) == (3..<9).contains(place), "\(place)")
        }
        #expect(try difference(with[3].sliced(0, to: 3), without[3].sliced(0, to: 3)) == 0)
        #expect(try difference(with[3].sliced(0, from: 9), without[3].sliced(0, from: 9)) > 0)
        // Layer 1 gets exactly its features.
        let features = try model.features(
            #require(input.patches), grids: input.grids
        ).perLayer[1]
        let places = try (with[1] - without[1]).sliced(0, from: 3, to: 9)
        #expect(try difference(places, features) < 1e-5)
    }

    @Test("Features that were made before serve as those that are made now, those for layers too")
    func keptFeatures() throws {
        let model = try toy()
        var input = try pictured([4], [7, 8])
        let fresh = try model.score(input, completions: completions).logProbabilities
        input.pictures = try model.features(#require(input.patches), grids: input.grids)
        let kept = try model.score(input, completions: completions).logProbabilities
        #expect(try kept.isEqual(to: fresh))
        input.pictures = PictureFeatures(
            tokens: try #require(input.pictures).tokens,
            perLayer: [try Tensor.zeros([5, 24])])
        #expect(throws: PolicyInputError.self) {
            try model.score(input, completions: completions)
        }
    }

    @Test("A layer of another kind, or the offset of norms, gives other answers")
    func optionsCount() throws {
        let input = try prompts()[0]
        let base = try toy().logits(input)
        var family = ToyFamily()
        family.axes = .chunked([2, 1, 1])
        #expect(try difference(toy(family).logits(input), base) > 1e-3)
        family = ToyFamily()
        family.recurs = false
        #expect(try difference(toy(family).logits(input), base) > 1e-3)
        family = ToyFamily()
        family.positions = .sequential
        #expect(try difference(toy(family).logits(input), base) > 1e-3)
    }

    @Test("A picture's tokens may count up as words do")
    func sequentialPositions() throws {
        let ids = [1] + [Int](repeating: 30, count: 6) + [2, 3]
        let positions = try MultimodalPositions(
            tokenIDs: ids, grids: [VisionGrid(rows: 4, columns: 6)], imageTokenID: 30,
            mergeSize: 2, rule: .sequential)
        #expect(positions == MultimodalPositions(text: 9))
    }

    @Test("Norms with an offset scale by weight + offset, in float32")
    func normOffset() throws {
        let model = try toy()
        let weight = try #require(model.parameters.first { $0.key == "decoder.norm.weight" }).tensor
        let x = try Tensor.normal([3, 24], generator: Generator(seed: 5))
        let values = try x.floats
        let scales = try weight.floats
        let found = try model.text.norm(x).floats
        for row in 0..<3 {
            let part = values[row * 24..<row * 24 + 24].map(Double.init)
            let mean = part.reduce(0) { $0 + $1 * $1 } / 24
            for (place, value) in part.enumerated() {
                let expected = value / (mean + 1e-6).squareRoot() * (1 + Double(scales[place]))
                #expect(abs(Double(found[row * 24 + place]) - expected) < 1e-5)
            }
        }
        let fresh = try VisionLanguageModel(random: ToyFamily(), seed: 1)
        for parameter in fresh.parameters where parameter.key.contains("norm") {
            #expect(try parameter.tensor.abs().max().item() == 0, "\(parameter.key)")
        }
        let half = try model.text.norm(x.to(.bfloat16))
        #expect(half.dtype == .bfloat16)
    }
}
