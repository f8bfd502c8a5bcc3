import Foundation
import NN
import TestSupport
import Torch

@testable import PolicyFamilies
@testable import VisionLanguage

/// The folder of reference values.
func fixture(_ name: String) -> String {
    Fixtures.path("qwen25vl/" + name)
}

/// A folder of its own that goes away afterwards.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFolder(body)
}

/// What cases.json holds.
struct Cases: Decodable {
    struct Case: Decodable {
        var ids: [Int]
        var grids: [[Int]]
        var positions: [[Int]]?
    }
    /// What transformers says with one model, beside the tensors.
    struct Model: Decodable {
        struct Greedy: Decodable {
            var suppressed: [Int]
            var plain: [Int]
        }
        struct HalfPrecision: Decodable {
            var vision: Double
            var hidden: [Double]
            var scores: Double
        }
        var keys: [String]
        var greedy: [String: Greedy]
        var bf16: HalfPrecision
    }
    var salt: String
    var cases: [String: Case]
    var models: [String: Model]
    var completions: [[Int]]
    var rewards: [Double]
    var temperature: Double

    static func load() throws -> Cases { try Fixtures.decode(Cases.self, "qwen25vl/cases.json") }
}

extension Cases.Case {
    var visionGrids: [VisionGrid] {
        grids.map { VisionGrid(frames: $0[0], rows: $0[1], columns: $0[2]) }
    }

    /// The prompt with hashed patches.
    func input(
        _ name: String, _ vision: Qwen25VLConfiguration.Vision, salt: String
    ) throws -> VisionLanguageInput {
        let count = visionGrids.reduce(0) { $0 + $1.patchCount }
        if count == 0 { return VisionLanguageInput(tokenIDs: ids) }
        let values = hashedNumbers(salt + "patches." + name, count * vision.patchElements)
        return VisionLanguageInput(
            tokenIDs: ids,
            patches: try Tensor.of(values, shape: [count, vision.patchElements]) * 2,
            grids: visionGrids)
    }
}

/// A model with hashed weights and what transformers makes of the cases with them.
struct Reference {
    /// Different heads, shared and own embeddings, windows and full attention.
    static let models = ["tied", "untied", "full", "windows", "drawn"]
    static let prompts = ["odd", "two", "text", "drawn"]

    let name: String
    let model: VisionLanguageModel
    let cases: Cases
    private let file: SafetensorsFile

    init(_ name: String, dtype: DType = .float32) throws {
        self.name = name
        cases = try Cases.load()
        let configuration = try Qwen25VLConfiguration.load(path: fixture(name + ".json"))
        model = try VisionLanguageModel(
            configuration: configuration,
            generation: GenerationConfiguration(eosTokenIDs: [2, 3], padTokenID: 0),
            builder: ParameterBuilder(source: HashedWeights(salt: cases.salt), dtype: dtype))
        file = try SafetensorsFile(path: fixture(name + ".safetensors"))
    }

    func input(_ name: String) throws -> VisionLanguageInput {
        guard let entry = cases.cases[name] else { throw MissingFixture(path: name) }
        return try entry.input(name, model.configuration.vision, salt: cases.salt)
    }

    var recorded: Cases.Model {
        get throws {
            guard let model = cases.models[name] else { throw MissingFixture(path: name) }
            return model
        }
    }

    func greedy(_ prompt: String) throws -> Cases.Model.Greedy {
        guard let greedy = try recorded.greedy[prompt] else { throw MissingFixture(path: prompt) }
        return greedy
    }

    func tensor(_ key: String) throws -> Tensor {
        guard let entry = file.entry(key) else { throw MissingFixture(path: key) }
        return try file.tensor(entry)
    }

    /// Values of all completions, one after the other, as rows with 0 at their ends.
    func rows(_ key: String) throws -> Tensor {
        let lengths = cases.completions.map(\.count)
        let longest = lengths.max() ?? 0
        var rest = try tensor(key).floats[...]
        var values: [Float] = []
        for length in lengths {
            values += rest.prefix(length) + [Float](repeating: 0, count: longest - length)
            rest = rest.dropFirst(length)
        }
        return try Tensor.of(values, shape: [lengths.count, longest])
    }
}

/// Rows from first to last, evenly; the fixtures hold these of long tensors.
func spread(_ count: Int, _ samples: Int) throws -> Tensor {
    try Tensor.of((0..<samples).map { $0 * (count - 1) / (samples - 1) })
}

/// The largest difference between two tensors of one shape; infinite if the shapes differ or
/// anything is not a number.
func difference(_ a: Tensor, _ b: Tensor) throws -> Double {
    guard a.shape == b.shape else { return .infinity }
    let result = try (a.detached() - b.detached()).abs().max().item()
    return result.isNaN ? .infinity : result
}

/// The root mean square of the difference between two tensors of one shape.
func meanDifference(_ a: Tensor, _ b: Tensor) throws -> Double {
    guard a.shape == b.shape else { return .infinity }
    let apart = try a.detached().to(.float64) - b.detached().to(.float64)
    let result = try apart.squared().mean().sqrt().item()
    return result.isNaN ? .infinity : result
}

extension VisionLanguageModel {
    /// The family's configuration.
    var configuration: Qwen25VLConfiguration {
        guard let family = family as? Qwen25VLFamily else {
            preconditionFailure("a model of another family")
        }
        return family.configuration
    }

    /// The tower.
    var visual: VisionTransformer {
        guard let tower = encoder as? VisionTransformer else {
            preconditionFailure("a tower of another family")
        }
        return tower
    }

    init(
        configuration: Qwen25VLConfiguration, generation: GenerationConfiguration? = nil,
        builder: ParameterBuilder
    ) throws {
        try self.init(Qwen25VLFamily(configuration), generation: generation, builder: builder)
    }

    init(random configuration: Qwen25VLConfiguration, seed: UInt64, dtype: DType = .float32) throws
    {
        try self.init(random: Qwen25VLFamily(configuration), seed: seed, dtype: dtype)
    }
}

extension Qwen25VLConfiguration {
    /// The placeholders of pictures and videos.
    var placeholderTokenIDs: [Int] { Qwen25VLFamily(self).options.placeholderTokenIDs }
}

extension GenerationConfiguration {
    static func load(
        directory: String, configuration: Qwen25VLConfiguration
    ) throws -> GenerationConfiguration {
        try load(directory: directory, options: Qwen25VLFamily(configuration).options)
    }
}
