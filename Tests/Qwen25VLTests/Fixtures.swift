import Foundation
import NN
import TestSupport
import Torch

@testable import Qwen25VL

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
        var greedy: [String: [Int]]
    }
    var cases: [String: Case]
    var completions: [[Int]]
    var temperature: Double

    static func load() throws -> Cases {
        let data = try Data(contentsOf: URL(fileURLWithPath: fixture("cases.json")))
        return try JSONDecoder().decode(Cases.self, from: data)
    }
}

extension Cases.Case {
    var visionGrids: [VisionGrid] {
        grids.map { VisionGrid(frames: $0[0], rows: $0[1], columns: $0[2]) }
    }

    /// The prompt with hashed patches.
    func input(_ name: String, _ vision: Qwen25VLConfiguration.Vision) throws -> Qwen25VLInput {
        let count = visionGrids.reduce(0) { $0 + $1.patchCount }
        if count == 0 { return Qwen25VLInput(tokenIDs: ids) }
        let values = hashed("patches." + name, count * vision.patchElements)
        return Qwen25VLInput(
            tokenIDs: ids,
            patches: try Tensor.of(values, shape: [count, vision.patchElements]) * 2,
            grids: visionGrids)
    }
}

/// A model with hashed weights and what transformers makes of the cases with them.
struct Reference {
    let name: String
    let model: Qwen25VLModel
    let cases: Cases
    private let file: SafetensorsFile

    init(_ name: String) throws {
        self.name = name
        let configuration = try Qwen25VLConfiguration.load(path: fixture(name + ".json"))
        model = try Qwen25VLModel(
            configuration: configuration,
            generation: GenerationConfiguration(eosTokenIDs: [2, 3], padTokenID: 0),
            builder: ParameterBuilder(source: HashedWeights()))
        cases = try Cases.load()
        file = try SafetensorsFile(path: fixture(name + ".safetensors"))
    }

    func input(_ name: String) throws -> Qwen25VLInput {
        guard let entry = cases.cases[name] else { throw MissingFixture(path: name) }
        return try entry.input(name, model.configuration.vision)
    }

    func greedy(_ name: String) -> [Int] { cases.cases[name]?.greedy[self.name] ?? [] }

    func tensor(_ key: String) throws -> Tensor {
        guard let entry = file.entry(key) else { throw MissingFixture(path: key) }
        return try file.tensor(entry)
    }
}

/// The largest difference between two tensors of one shape; infinite if the shapes differ.
func difference(_ a: Tensor, _ b: Tensor) throws -> Double {
    guard a.shape == b.shape else { return .infinity }
    return try (a.detached() - b.detached()).abs().max().item()
}
