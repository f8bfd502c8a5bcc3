import Foundation
import NN
import Testing
import Torch

@testable import PolicyFamilies
@testable import VisionLanguage

@Suite("Generation")
struct GenerationTests {
    private let sampling = GenerationParameters(temperature: 0.7, maxNewTokens: 12)

    @Test("The sampler's log-probabilities are the scorer's, with and without top-k and top-p")
    func samplerAgreesWithScorer() throws {
        let reference = try Reference("untied")
        let input = try reference.input("two")
        for (topK, topP) in [(0, 1.0), (5, 1.0), (0, 0.5)] {
            var parameters = sampling
            parameters.topK = topK
            parameters.topP = topP
            let drawn = try reference.model.generate(
                input, parameters: parameters, seeds: [1, 2, 3, 4])
            let scores = try withoutGradients {
                try reference.model.score(
                    input, completions: drawn.map(\.tokenIDs), temperature: 0.7)
            }
            for (row, completion) in drawn.enumerated() {
                let scored = try scores.logProbabilities.selected(0, row).floats
                for (a, b) in zip(completion.logProbabilities, scored) {
                    #expect(abs(a - b) < 1e-4)
                }
            }
        }
    }

    @Test(
        "Every step of decoding has the distribution of a full pass", arguments: Reference.models,
        Reference.prompts)
    func cacheAgreesWithFullPass(model: String, prompt: String) throws {
        let reference = try Reference(model)
        let input = try reference.input(prompt)
        let drawn = try reference.model.generate(input, parameters: sampling, seeds: [9])
        let completion = try #require(drawn.first)
        var longer = input
        longer.tokenIDs += completion.tokenIDs.dropLast()
        let logits = try withoutGradients {
            try reference.model.logits(longer).sliced(0, from: input.tokenIDs.count - 1)
        }
        let distribution = try TokenDistribution(
            temperature: 0.7, suppressed: reference.model.configuration.placeholderTokenIDs,
            vocabulary: 200, device: .cpu)
        let index = try Tensor.of(completion.tokenIDs, shape: [completion.tokenIDs.count, 1])
        let full = try distribution.logProbabilities(logits).gathered(-1, index).floats
        for (a, b) in zip(completion.logProbabilities, full) { #expect(abs(a - b) < 1e-4) }
    }

    @Test(
        "Greedy tokens are those of reading everything again at each step, while gradients are on",
        arguments: ["tied", "windows"])
    func greedyWithoutCache(model: String) throws {
        let reference = try Reference(model)
        for parameter in reference.model.parameters {
            try parameter.tensor.setRequiresGradient(true)
        }
        var input = try reference.input("two")
        let drawn = try reference.model.generate(
            input, parameters: GenerationParameters(temperature: 0, maxNewTokens: 8), seeds: [1])
        let held = Set(reference.model.configuration.placeholderTokenIDs)
        for id in drawn[0].tokenIDs {
            let logits = try withoutGradients {
                try reference.model.logits(input).sliced(0, from: -1).floats
            }
            let best = logits.indices.filter { !held.contains($0) }.max { logits[$0] < logits[$1] }
            #expect(id == best)
            input.tokenIDs.append(id)
        }
        #expect(reference.model.parameters.allSatisfy { $0.tensor.gradient == nil })
    }

    @Test("After weights change in place the sampler and the scorer agree, and differ from before")
    func freshWeights() throws {
        let reference = try Reference("full")
        let input = try reference.input("two")
        let before = try reference.model.generate(input, parameters: sampling, seeds: [1, 2, 3])
        for parameter in reference.model.parameters {
            try parameter.tensor.scaleInPlace(by: 1.02)
        }
        let after = try reference.model.generate(input, parameters: sampling, seeds: [1, 2, 3])
        let scores = try withoutGradients {
            try reference.model.score(input, completions: after.map(\.tokenIDs), temperature: 0.7)
        }
        for (row, completion) in after.enumerated() {
            let scored = try scores.logProbabilities.selected(0, row).floats
            for (a, b) in zip(completion.logProbabilities, scored) { #expect(abs(a - b) < 1e-4) }
        }
        #expect(
            zip(before, after).allSatisfy {
                abs($0.logProbabilities[0] - $1.logProbabilities[0]) > 1e-3
            })
    }

    @Test("A completion depends on its seed, not on the rows beside it, however early those end")
    func batchInvariance() throws {
        let reference = try Reference("untied")
        let prefix = try reference.model.prefill(reference.input("two"))
        // Few tokens are possible, one of which ends completions.
        let rare = (0..<200).filter { ![2, 7, 9, 30, 31, 32].contains($0) }
        let flat = GenerationParameters(temperature: 5, maxNewTokens: 12)
        let seeds = [UInt64](1...8)
        for (parameters, suppressed) in [(sampling, nil), (flat, rare)] {
            let together = try reference.model.generate(
                prefix, parameters: parameters, seeds: seeds, suppressing: suppressed)
            for (row, seed) in seeds.enumerated() {
                let alone = try reference.model.generate(
                    prefix, parameters: parameters, seeds: [seed], suppressing: suppressed)
                #expect(alone[0].tokenIDs == together[row].tokenIDs)
                for (a, b) in zip(alone[0].logProbabilities, together[row].logProbabilities) {
                    #expect(abs(a - b) < 1e-5)
                }
            }
            #expect(Set(together.map(\.tokenIDs)).count > 4)
            let lengths = Set(together.map(\.tokenIDs.count))
            if suppressed != nil { #expect(lengths.count > 2, "rows end at different steps") }
        }
    }

    @Test("Generating twice gives the same, and nothing is left in the model")
    func noHiddenState() throws {
        let reference = try Reference("tied")
        func scores(_ name: String) throws -> [Float] {
            try withoutGradients {
                try reference.model.score(
                    reference.input(name), completions: reference.cases.completions
                ).logProbabilities.floats
            }
        }
        let first = try scores("two")
        _ = try scores("odd")
        let drawn = try reference.model.generate(
            reference.input("text"), parameters: sampling, seeds: [1])
        #expect(try scores("two") == first)
        let again = try reference.model.generate(
            reference.input("text"), parameters: sampling, seeds: [1])
        #expect(again == drawn)
    }

    @Test("Each token that ends completions ends one, and is its last token", arguments: [2, 3])
    func endOfSequence(id: Int) throws {
        let reference = try Reference("tied")
        let others = (0..<200).filter { $0 != id && $0 != 7 }
        let drawn = try reference.model.generate(
            reference.input("text"), parameters: GenerationParameters(maxNewTokens: 200),
            seeds: [1, 2, 3], suppressing: others)
        for completion in drawn {
            #expect(completion.stopReason == .eos(id))
            #expect(completion.tokenIDs.last == id)
            #expect(completion.tokenIDs.dropLast().allSatisfy { $0 == 7 })
            #expect(completion.logProbabilities.count == completion.tokenIDs.count)
        }
    }

    @Test("Without an end a completion has as many tokens as it may")
    func length() throws {
        let reference = try Reference("tied")
        var heard: [GeneratedToken] = []
        let drawn = try reference.model.generate(
            reference.input("text"), parameters: GenerationParameters(maxNewTokens: 3),
            seeds: [1], suppressing: [2, 3], onToken: { heard.append($0) })
        let completion = try #require(drawn.first)
        #expect(completion.stopReason == .length)
        #expect(completion.tokenIDs.count == 3)
        #expect(heard.map(\.tokenID) == completion.tokenIDs)
        #expect(heard.map(\.logProbability) == completion.logProbabilities)
    }

    @Test(
        "Placeholders of pictures are never drawn, not even with a logit of 100",
        arguments: [190, 191])
    func suppression(id: Int) throws {
        let reference = try Reference("untied")
        let input = try reference.input("two")
        let hidden = try withoutGradients { try reference.model.hiddenStates(input) }
        let last = try hidden.selected(0, input.tokenIDs.count - 1)
        let row = try last * (100 / (last * last).sum().item())
        try withoutGradients {
            try reference.model.head.selected(0, id).copyInPlace(from: row)
        }
        let logits = try withoutGradients { try reference.model.logits(input) }
        #expect(try abs(logits.sliced(0, from: -1).max().item() - 100) < 0.01)
        for temperature in [0, 1.0] {
            let drawn = try reference.model.generate(
                input, parameters: GenerationParameters(temperature: temperature, maxNewTokens: 8),
                seeds: [1, 2, 3])
            #expect(drawn.allSatisfy { !$0.tokenIDs.contains(id) })
            let scores = try withoutGradients {
                try reference.model.score(input, completions: drawn.map(\.tokenIDs))
            }
            for (row, completion) in drawn.enumerated() {
                let scored = try scores.logProbabilities.selected(0, row).floats
                for (a, b) in zip(completion.logProbabilities, scored) {
                    #expect(abs(a - b) < 1e-4 && a > -50)
                }
            }
        }
        #expect(throws: PolicyInputError.self) {
            try reference.model.score(input, completions: [[5, id, 2]])
        }
    }

    @Test("Bad parameters are refused")
    func parameters() throws {
        let reference = try Reference("tied")
        let input = try reference.input("text")
        for bad in [
            GenerationParameters(temperature: -1, maxNewTokens: 1),
            GenerationParameters(topK: -1, maxNewTokens: 1),
            GenerationParameters(topP: 0, maxNewTokens: 1),
            GenerationParameters(maxNewTokens: 0),
        ] {
            #expect(throws: PolicyInputError.self) {
                try reference.model.generate(input, parameters: bad, seeds: [1])
            }
        }
    }
}

@Suite("Sampling")
struct SamplerTests {
    private func draw(
        _ logits: [Float], _ parameters: GenerationParameters, count: Int
    ) throws -> [Int] {
        let distribution = try TokenDistribution(
            temperature: parameters.temperature, suppressed: [], vocabulary: logits.count,
            device: .cpu)
        let rows = try distribution.logProbabilities(
            Tensor.of(logits, shape: [1, logits.count]).expanded(count, -1))
        var stream = UniformStream(seed: 3)
        let uniforms = (0..<count).map { _ in stream.next() }
        return try TokenSampler(parameters: parameters)(rows, uniforms: uniforms)
    }

    @Test("Tokens are drawn as often as the softmax says")
    func frequencies() throws {
        let logits: [Float] = [0, 1, 2, -1, 0.5, 1.5]
        let count = 100_000
        let drawn = try draw(
            logits, GenerationParameters(temperature: 0.8, maxNewTokens: 1), count: count)
        let total = logits.reduce(0) { $0 + exp(Double($1) / 0.8) }
        var chiSquared = 0.0
        for (id, logit) in logits.enumerated() {
            let expected = exp(Double(logit) / 0.8) / total * Double(count)
            let seen = Double(drawn.filter { $0 == id }.count)
            chiSquared += (seen - expected) * (seen - expected) / expected
        }
        // 5 degrees of freedom: above 20.5 with probability 0.001.
        #expect(chiSquared < 20.5)
    }

    @Test("Of two hundred nearly equal tokens each is drawn as often as it should")
    func longTail() throws {
        // A sampler that keeps fifty of them unasked would never draw the others.
        let logits = (0..<200).map { Float($0 % 7) * 0.05 }
        let drawn = try draw(
            logits, GenerationParameters(temperature: 1, maxNewTokens: 1), count: 100_000)
        var seen = [Double](repeating: 0, count: logits.count)
        for id in drawn { seen[id] += 1 }
        let total = logits.reduce(0) { $0 + exp(Double($1)) }
        let chiSquared = zip(logits, seen).reduce(0) { sum, pair in
            let expected = exp(Double(pair.0)) / total * 100_000
            return sum + (pair.1 - expected) * (pair.1 - expected) / expected
        }
        // 199 degrees of freedom: above 267 with probability 0.001.
        #expect(chiSquared < 267)
    }

    @Test("Log-probabilities of the largest vocabulary are those of float64")
    func precision() throws {
        // Rows of other sizes and spreads; logits in bfloat16 are widened before anything is summed.
        let generator = try Generator(seed: 5)
        let logits = try Tensor.normal([3, 151_936], generator: generator) * 8 + 20
        for dtype in [DType.float32, .bfloat16] {
            let given = try logits.to(dtype)
            let distribution = try TokenDistribution(
                temperature: 0.7, suppressed: [], vocabulary: 151_936, device: .cpu)
            let found = try distribution.logProbabilities(given)
            let expected = try (given.to(.float64) / 0.7).logSoftmax(-1)
            #expect(found.dtype == .float32)
            let largest = try expected.abs().max().item()
            // One part in 2²³ of the largest is what float32 can tell.
            #expect(try difference(found.to(.float64), expected) < max(1e-5, largest * 0x1p-22))
        }
    }

    @Test("Top-k and top-p draw among the most likely tokens only")
    func restriction() throws {
        let logits: [Float] = [0, 3, 2, -1, 1, 2.5]
        let two = try draw(logits, GenerationParameters(topK: 2, maxNewTokens: 1), count: 500)
        #expect(Set(two) == [1, 5])
        // Probabilities 0.46, 0.28, 0.17, …: it takes three to reach 0.8.
        let nucleus = try draw(logits, GenerationParameters(topP: 0.8, maxNewTokens: 1), count: 500)
        #expect(Set(nucleus) == [1, 5, 2])
        let one = try draw(logits, GenerationParameters(topP: 0.01, maxNewTokens: 1), count: 50)
        #expect(Set(one) == [1])
    }

    @Test("A token without probability is not drawn at either end of the unit interval")
    func ends() throws {
        let values: [Float] = [-.infinity, 0, -.infinity, 0, -.infinity]
        let rows = try Tensor.of(values + values, shape: [2, 5]).logSoftmax(-1)
        let sampler = TokenSampler(parameters: GenerationParameters(maxNewTokens: 1))
        #expect(try sampler(rows, uniforms: [0, 1 - 0x1p-52]) == [1, 3])
    }

    @Test("Uniform numbers are those of SplitMix64")
    func stream() {
        var stream = UniformStream(seed: 0)
        // The generator's published first output for seed 0 is e220a8397b1dcdaf.
        #expect(stream.next() == Double(UInt64(0xe220_a839_7b1d_cdaf) >> 12) * 0x1p-52)
    }
}
