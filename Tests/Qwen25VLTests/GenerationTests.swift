import Foundation
import NN
import Testing
import Torch

@testable import Qwen25VL

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

    @Test("Every step of decoding has the distribution of a full pass")
    func cacheAgreesWithFullPass() throws {
        let reference = try Reference("tied")
        let input = try reference.input("odd")
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

    @Test("A completion depends on its seed, not on the rows beside it")
    func batchInvariance() throws {
        let reference = try Reference("untied")
        let prefix = try reference.model.prefill(reference.input("two"))
        let together = try reference.model.generate(
            prefix, parameters: sampling, seeds: [1, 2, 3, 4, 5])
        for (index, seed) in [UInt64(1), 2, 3, 4, 5].enumerated() {
            let alone = try reference.model.generate(prefix, parameters: sampling, seeds: [seed])
            #expect(alone.first?.tokenIDs == together[index].tokenIDs)
        }
        #expect(Set(together.map(\.tokenIDs)).count == 5)
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
            #expect(drawn.allSatisfy { $0.logProbabilities.allSatisfy { $0 > -50 } })
        }
        #expect(throws: Qwen25VLInputError.self) {
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
            #expect(throws: Qwen25VLInputError.self) {
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
        let count = 20_000
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
