import ChatTemplates
import Foundation
import Imaging
import NN
import Torch

@testable import VisionLanguage

/// A family with what no family of the project has: layers that recur, features for layers, norms of
/// heads, an offset of norms, a rotary embedding by turns over a part of a head, heads wider than C / H.
struct ToyFamily: PolicyFamily {
    static let modelTypes = ["toy"]
    static let name = "Toy"
    static let pictureBlock = 2
    static let chat = ChatConvention(format: .builtin, turnEnd: "<end>", picture: .qwen)

    /// Where the head's matrix comes from.
    var head = HeadKind.own
    /// Whether layers 0 and 2 of 4 recur.
    var recurs = true
    /// Sizes of the rotary embedding.
    var axes = RotaryPlan.Axes.interleaved([2, 1, 1])
    /// How pictures count.
    var positions = PicturePositions.grid

    init() {}
    init(configuration data: Data, path: String) throws {}

    static let picture = 30
    static let patchElements = 6

    var options: PolicyOptions {
        var text = TextOptions(
            vocabularySize: 40, hiddenSize: 24, intermediateSize: 20, layerCount: 4, headCount: 4,
            keyValueHeadCount: 2, headSize: 16, normEpsilon: 1e-6,
            rotary: RotaryPlan(theta: 100, headSize: 16, partialFactor: 0.5, axes: axes),
            head: head, initializerRange: 0.3)
        text.normOffset = 1
        text.normalizesHeads = true
        if recurs {
            let work = RecurrentWork(
                matrices: [
                    .init(key: "mix.in", count: 24 * 48), .init(key: "mix.out", count: 576),
                ],
                scanFLOPs: 100, stateBytes: 2 * 24 * 4)
            text.mixers[0] = .recurrent(work)
            text.mixers[2] = .recurrent(work)
        }
        var options = PolicyOptions(
            text: text,
            vision: VisionOptions(
                depth: 1, hiddenSize: 6, intermediateSize: 6, patchSize: 1,
                patchElements: Self.patchElements, mergeSize: 2,
                work: { _ in TowerWork(stem: [], blocks: [[]], ending: []) }),
            placeholders: Placeholders(picture: Self.picture), answerFrame: .thousandths,
            architecture: "ToyForConditionalGeneration", eosTokenIDs: [2])
        options.keys.text = "decoder"
        options.keys.head = "out"
        options.keys.vision = ["tower", "bridge"]
        options.positions = positions
        return options
    }

    func configurationFile() throws -> Data { Data(#"{"model_type": "toy"}"#.utf8) }
    func keyMap() -> any CheckpointKeyMap { ToyKeys() }

    func encoder(_ root: ParameterScope, device: Device) throws -> any VisionEncoder {
        try ToyTower(root)
    }

    func recurrentMixer(_ scope: ParameterScope, layer: Int) throws -> any TokenMixer {
        try ToyMixer(scope / "mix", options.text)
    }

    func processor(directory: String) throws -> FoundProcessor {
        FoundProcessor(processor: ToyProcessor())
    }

    func releasedProcessorFile() throws -> CompanionFile {
        CompanionFile(name: "preprocessor_config.json", data: Data("{}".utf8))
    }

    func releasedProcessor() throws -> any PictureProcessor { ToyProcessor() }
}

/// Pictures of 4 × 4 patches whatever they show.
struct ToyProcessor: PictureProcessor {
    func resizedFrame(_ frame: ImageFrame) throws -> ImageFrame { ImageFrame(width: 4, height: 4) }

    func process(_ image: RGBImage) throws -> ProcessedImage {
        ProcessedImage(
            patches: try Tensor.zeros([16, ToyFamily.patchElements]),
            grid: VisionGrid(rows: 4, columns: 4), frame: try resizedFrame(image.frame),
            tokenCount: 4)
    }
}

/// Files may have `net.` in front of every key, all or none; `extra.*` is passed over.
struct ToyKeys: CheckpointKeyMap {
    private var prefix = ""

    mutating func canonical(_ key: String) -> String {
        guard key.hasPrefix("net.") else { return key }
        prefix = "net."
        return String(key.dropFirst(4))
    }

    func written(_ key: String) -> String { prefix + key }
    func isPassedOver(_ key: String) -> Bool { key.hasPrefix("extra.") }
}

/// The mean of 4 patches makes a token, and features for layers 0 and 1.
private struct ToyTower: VisionEncoder {
    let token: Linear
    let deep: [Linear]

    init(_ root: ParameterScope) throws {
        let size = ToyFamily.patchElements
        let spread = Initializer.normal(deviation: 0.5)
        token = try Linear(root / "tower" / "token", size, 24, initializer: spread)
        deep = try (0..<2).map {
            try Linear(root / "bridge" / $0, size, 24, bias: false, initializer: spread)
        }
    }

    func callAsFunction(
        _ patches: Tensor, grids: [VisionGrid], checkpointsLayers: Bool
    ) throws -> PictureFeatures {
        let merged = try patches.reshaped(-1, 4, ToyFamily.patchElements).mean(1)
        return PictureFeatures(tokens: try token(merged), perLayer: try deep.map { try $0(merged) })
    }
}

/// A leaky average of what came, after a look one step back: two states.
private struct ToyMixer: TokenMixer {
    private var input: Linear
    private var output: Linear

    init(_ scope: ParameterScope, _ options: TextOptions) throws {
        let size = options.hiddenSize
        let spread = options.initializer
        input = try Linear(scope / "in", size, 2 * size, bias: false, initializer: spread)
        output = try Linear(scope / "out", size, size, bias: false, initializer: spread)
    }

    func packed(rows: Int) throws -> any TokenMixer {
        var mixer = self
        mixer.input = try input.packed(rows: rows)
        mixer.output = try output.packed(rows: rows)
        return mixer
    }

    func callAsFunction(
        _ x: Tensor, rotary: Rotary, layer: Int, pattern: any SequencePattern
    ) throws -> Tensor {
        let both = try input(x)
        let size = x.size(1)
        return try output(
            pattern.recur(
                layer: layer,
                [both.sliced(-1, to: size), both.sliced(-1, from: size).sigmoid()],
                through: LeakyAverage()))
    }
}

/// s_t = u_t + u_{t-1} / 2, h_t = a_t h_{t-1} + (1 - a_t) s_t; both begin with 0.
private struct LeakyAverage: Recurrence {
    func callAsFunction(
        _ inputs: [Tensor], from state: RecurrentState?
    ) throws -> (output: Tensor, state: RecurrentState) {
        let (u, a) = (inputs[0], inputs[1])
        let start = try Tensor.zeros([u.size(0), u.size(2)])
        var (last, h) = (state?.tensors[0] ?? start, state?.tensors[1] ?? start)
        var outputs: [Tensor] = []
        for step in 0..<u.size(1) {
            let (now, leak) = (try u.selected(1, step), try a.selected(1, step))
            let sum = try now + last * 0.5
            h = try leak * (h - sum) + sum
            last = now
            outputs.append(h)
        }
        return (try Tensor.stack(outputs, dim: 1), RecurrentState([last, h]))
    }
}

/// A toy with weights of a seed, whose norms scale too.
func toy(_ family: ToyFamily = ToyFamily(), seed: UInt64 = 7) throws -> VisionLanguageModel {
    let model = try VisionLanguageModel(random: family, seed: seed)
    let generator = try Generator(seed: seed)
    try withoutGradients {
        for parameter in model.parameters where parameter.key.contains("norm") {
            let shape = parameter.tensor.shape
            try parameter.tensor.copyInPlace(
                from: Tensor.normal(shape, generator: generator) * 0.3)
        }
    }
    return model
}

/// A prompt of text around a picture of 4 × 6 patches.
func pictured(_ before: [Int], _ after: [Int], seed: UInt64 = 1) throws -> VisionLanguageInput {
    let generator = try Generator(seed: seed)
    return VisionLanguageInput(
        tokenIDs: before + [Int](repeating: ToyFamily.picture, count: 6) + after,
        patches: try Tensor.normal([24, ToyFamily.patchElements], generator: generator),
        grids: [VisionGrid(rows: 4, columns: 6)])
}

/// The largest difference between two tensors of one shape; infinite if the shapes differ or anything is
/// not a number.
func difference(_ a: Tensor, _ b: Tensor) throws -> Double {
    guard a.shape == b.shape else { return .infinity }
    let result = try (a.detached() - b.detached()).abs().max().item()
    return result.isNaN ? .infinity : result
}
