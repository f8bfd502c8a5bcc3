import Foundation
import NN
import TestSupport
import Torch

@testable import Adapters
@testable import PolicyFamilies
@testable import VisionLanguage

/// What adapters/cases.json holds.
struct AdapterCases: Decodable {
    struct Case: Decodable {
        var base: String
        var greedy: [Int]
        var keys: [String]
    }
    var ids: [Int]
    var grids: [[Int]]
    var adapters: [String: Case]

    static let names = [
        "plain", "seven", "expression", "stabilized", "decomposed", "saved", "saved_head",
        "tied_copies", "embedding", "head", "decomposed_table", "patches", "biases", "own_biases",
        "branch_biases", "layers", "numbers", "half", "old",
    ]
    /// Those whose branches have biases that some modules cannot take.
    static let merged = names

    static func load() throws -> AdapterCases {
        try Fixtures.decode(AdapterCases.self, "adapters/cases.json")
    }
}

/// What PEFT makes of one adapter.
struct AdapterReference {
    let name: String
    let record: AdapterCases.Case
    let input: VisionLanguageInput
    private let answers: SafetensorsFile

    init(_ name: String) throws {
        self.name = name
        let cases = try AdapterCases.load()
        answers = try SafetensorsFile(path: Fixtures.path("adapters/answers.safetensors"))
        record = cases.adapters[name] ?? .init(base: name, greedy: [], keys: [])
        guard let entry = answers.entry("patches") else { throw MissingFixture(path: "patches") }
        input = VisionLanguageInput(
            tokenIDs: cases.ids, patches: try answers.tensor(entry),
            grids: cases.grids.map { VisionGrid(frames: $0[0], rows: $0[1], columns: $0[2]) })
    }

    var base: String { Fixtures.path("adapters/" + record.base) }
    var folder: String { Fixtures.path("adapters/" + name) }

    func model(dtype: DType? = nil) throws -> VisionLanguageModel {
        try VisionLanguageModel.load(
            directory: base, adapter: .stored(folder: folder), dtype: dtype)
    }

    /// What PEFT says: log-probabilities after the last tokens, [6, V]; nil where it says nothing.
    func scores(_ kind: String = "scores") throws -> Tensor? {
        try answers.entry("\(name).\(kind)").map { try answers.tensor($0) }
    }

    /// What a model says.
    func scores(_ model: VisionLanguageModel) throws -> Tensor {
        try withoutGradients { try model.logits(input).sliced(0, from: -6).logSoftmax(-1) }
    }

    func greedy(_ model: VisionLanguageModel) throws -> [Int] {
        try model.generate(
            input,
            parameters: GenerationParameters(
                temperature: 0, maxNewTokens: max(1, record.greedy.count)), seeds: [1])[0].tokenIDs
    }
}

/// The largest difference between two tensors of one shape.
func difference(_ a: Tensor, _ b: Tensor) throws -> Double {
    guard a.shape == b.shape else { return .infinity }
    let result = try (a.detached() - b.detached()).abs().max().item()
    return result.isNaN ? .infinity : result
}

/// A base in miniature: text layers and tower blocks, by names as Qwen2.5-VL has them.
struct MiniatureBase {
    let tree: AdapterTree

    init(layers: Int = 2, blocks: Int = 2, isTied: Bool = true) {
        var modules = [
            AdaptableModule(
                name: "visual.patch_embed.proj", kind: .convolution, shape: [8, 3, 2, 4, 4],
                hasBias: false)
        ]
        func add(_ name: String, bias: Bool = false) {
            modules.append(
                AdaptableModule(name: name, kind: .linear, shape: [8, 8], hasBias: bias))
        }
        for block in 0..<blocks {
            for part in ["attn.qkv", "attn.proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"] {
                add("visual.blocks.\(block).\(part)", bias: true)
            }
        }
        for part in ["mlp.0", "mlp.2"] { add("visual.merger.\(part)", bias: true) }
        modules.append(
            AdaptableModule(
                name: "model.embed_tokens", kind: .embedding, shape: [20, 8], hasBias: false))
        for layer in 0..<layers {
            for part in ["q_proj", "k_proj", "v_proj"] {
                add("model.layers.\(layer).self_attn.\(part)", bias: true)
            }
            add("model.layers.\(layer).self_attn.o_proj")
            for part in ["gate_proj", "up_proj", "down_proj"] {
                add("model.layers.\(layer).mlp.\(part)")
            }
        }
        var keys = modules.flatMap { module in
            [module.name + ".weight"] + (module.hasBias ? [module.name + ".bias"] : [])
        }
        keys += ["model.norm.weight", "visual.merger.ln_q.weight"]
        keys += (0..<layers).map { "model.layers.\($0).input_layernorm.weight" }
        modules.append(
            AdaptableModule(name: "lm_head", kind: .linear, shape: [20, 8], hasBias: false))
        if !isTied { keys.append("lm_head.weight") }
        let map = Qwen25VLKeys()
        tree = AdapterTree(
            modules: modules, keys: keys, head: "lm_head", headIsTied: isTied,
            embedding: "model.embed_tokens", empty: map.emptyModules(keys.map(map.memory)),
            memory: map.memory)
    }

    /// The places that a configuration adapts.
    func places(_ configuration: AdapterConfiguration) throws -> [String] {
        try ResolvedAdapter(configuration, tree).modules.map(\.name)
    }

    func places(_ targets: AdapterConfiguration.Modules) throws -> [String] {
        try places(AdapterConfiguration(targets: targets, source: "test"))
    }
}

/// An adapter's configuration from JSON.
func configuration(_ json: String) throws -> AdapterConfiguration {
    try AdapterConfiguration(Data(json.utf8), path: "adapter_config.json")
}
