// Tolerances: logits and log-probabilities 2e-4, embeddings 1e-4, gradients 1e-3 of the largest; two
// ways of transformers' own to compute attention differ by up to 4e-5. Ids and positions are exact.
import NN
import Testing
import Torch

@testable import Qwen25VL

@Suite("The model agrees with transformers")
struct ModelTests {
    @Test(
        "Logits are those of transformers, for one picture, for two, and for text alone",
        arguments: ["tied", "untied"], ["odd", "two", "text"])
    func logits(model: String, prompt: String) throws {
        let reference = try Reference(model)
        let logits = try withoutGradients { try reference.model.logits(reference.input(prompt)) }
        let last = try logits.sliced(0, from: -14)
        #expect(try difference(last, reference.tensor(prompt + ".logits")) < 2e-4)
    }

    @Test(
        "Vision tokens are those of transformers, in windows that do and do not fill the picture",
        arguments: ["tied", "untied"], ["odd", "two"])
    func vision(model: String, prompt: String) throws {
        let reference = try Reference(model)
        let input = try reference.input(prompt)
        let patches = try #require(input.patches)
        let tokens = try reference.model.embedImages(patches, grids: input.grids)
        #expect(try difference(tokens, reference.tensor(prompt + ".vision")) < 1e-4)
    }

    @Test("Pictures of one prompt do not see each other")
    func pictures() throws {
        let reference = try Reference("tied")
        let input = try reference.input("two")
        let patches = try #require(input.patches)
        let both = try reference.model.embedImages(patches, grids: input.grids)
        let first = try reference.model.embedImages(
            patches.sliced(0, to: 24), grids: [input.grids[0]])
        let second = try reference.model.embedImages(
            patches.sliced(0, from: 24), grids: [input.grids[1]])
        let apart = try Tensor.concatenate([first, second], dim: 0)
        #expect(try difference(both, apart) < 1e-5)
    }

    @Test(
        "Greedy completions are those of transformers",
        arguments: ["tied", "untied"], ["odd", "two", "text"])
    func greedy(model: String, prompt: String) throws {
        let reference = try Reference(model)
        let result = try reference.model.generate(
            reference.input(prompt),
            parameters: GenerationParameters(temperature: 0, maxNewTokens: 24), seeds: [1, 2])
        for completion in result { #expect(completion.tokenIDs == reference.greedy(prompt)) }
    }

    @Test(
        "Log-probabilities and entropies are those of one full pass per completion",
        arguments: ["tied", "untied"], ["odd", "two", "text"])
    func scores(model: String, prompt: String) throws {
        let reference = try Reference(model)
        let lengths = reference.cases.completions.map(\.count)
        let scores = try withoutGradients {
            try reference.model.score(
                reference.input(prompt), completions: reference.cases.completions,
                temperature: reference.cases.temperature, withEntropies: true, chunk: 4)
        }
        let entropies = try #require(scores.entropies)
        #expect(scores.logProbabilities.shape == [3, 5])
        for (key, rows) in [("scores", scores.logProbabilities), ("entropies", entropies)] {
            let parts = try lengths.enumerated().map { row, length in
                try rows.selected(0, row).sliced(0, to: length)
            }
            let flat = try Tensor.concatenate(parts, dim: 0)
            #expect(try difference(flat, reference.tensor(prompt + "." + key)) < 2e-4)
            let total = try rows.sum().item()
            #expect(try abs(total - flat.sum().item()) < 1e-4, "0 past the end")
        }
    }

    @Test("Gradients of every parameter are those of transformers", arguments: ["tied", "untied"])
    func gradients(model: String) throws {
        let reference = try Reference(model)
        for parameter in reference.model.parameters {
            try parameter.tensor.setRequiresGradient(true)
        }
        let scores = try reference.model.score(
            reference.input("two"), completions: reference.cases.completions,
            temperature: reference.cases.temperature)
        let weights = (0..<15).map { index -> Float in
            let (row, place) = (index / 5, index % 5)
            return Float((row * 7 + place * 3) % 5 - 2) / 3
        }
        try (scores.logProbabilities * Tensor.of(weights, shape: [3, 5])).sum().backward()
        for parameter in reference.model.parameters {
            let expected = try reference.tensor("gradient." + parameter.key).floats
            let gradient = try #require(parameter.tensor.gradient, "\(parameter.key)")
            let flat = try gradient.reshaped(-1).floats
            let probe = hashed("probe." + parameter.key, flat.count)
            let dot = try (gradient.reshaped(-1).to(.float64) * Tensor.of(probe)).sum().item()
            let samples = (0..<24).map { flat[($0 * 7919 + 13) % flat.count] }
            let norm = try gradient.norm().item()
            let largest = try gradient.abs().max().item()
            #expect(abs(norm - Double(expected[0])) <= 1e-3 * norm, "\(parameter.key)")
            #expect(abs(dot - Double(expected[1])) <= 1e-3 * norm, "\(parameter.key)")
            for (value, other) in zip(samples, expected[2...]) {
                #expect(abs(Double(value - other)) <= 1e-3 * largest, "\(parameter.key)")
            }
            #expect(norm > 0, "\(parameter.key)")
        }
    }

    @Test(
        "Every parameter of transformers' model is there, and no other",
        arguments: ["tied", "untied"])
    func keys(model: String) throws {
        let reference = try Reference(model)
        let file = try SafetensorsFile(path: fixture(model + ".safetensors"))
        let expected = file.entries.map(\.name).filter { $0.hasPrefix("gradient.") }
        #expect(reference.model.parameters.map { "gradient." + $0.key }.sorted() == expected)
    }

    @Test("bfloat16 stays near float32")
    func halfPrecision() throws {
        let reference = try Reference("tied")
        let half = try Qwen25VLModel(
            configuration: reference.model.configuration,
            generation: reference.model.generation,
            builder: ParameterBuilder(source: HashedWeights(), dtype: .bfloat16))
        let input = try reference.input("two")
        let logits = try withoutGradients { try half.logits(input).sliced(0, from: -14) }
        #expect(logits.dtype == .float32)
        // Rounding of 8 bits through sharp random attention; a wrong cast is off by several units.
        #expect(try difference(logits, reference.tensor("two.logits")) < 1.5)
        let completions = try half.generate(
            input, parameters: GenerationParameters(maxNewTokens: 4), seeds: [1, 2])
        #expect(completions.allSatisfy { !$0.tokenIDs.isEmpty })
    }
}
