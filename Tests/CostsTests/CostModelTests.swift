import CostsTestSupport
import FilesTestSupport
import Foundation
import PromptedMasks
import SAM2
import Testing
import Torch

@testable import Costs
@testable import Evaluating
@testable import PolicyFamilies
@testable import VisionLanguage

/// Counts are held to what torch's FlopCounterMode counts in transformers' own models: the numbers are
/// those that `scripts/count-flops` prints.
@Suite struct CostModelTests {
    let shapes: StepShapes

    init() throws { shapes = try .bench }

    private var text: TextCost { TextCost(shapes.policy.text) }
    private var vision: VisionCost { VisionCost(shapes.policy.vision, grids: shapes.grids) }

    @Test("The vision tower takes transformers' products, and its gradient those of its gradient")
    func tower() {
        #expect(vision.forward == 16_873_684_992)
        #expect(vision.forward + vision.backward(TrainedWeights()).flops == 50_004_492_288)
    }

    @Test("Reading a prompt takes transformers' products, less half of its square of attention")
    func prompt() {
        let half = 4_413_210_624.0 / 2
        #expect(text.forward(shapes.group.prefill) == 27_814_281_216 - half)
    }

    @Test("Decoding a group behind one prompt takes as many products as transformers' does")
    func decoding() {
        #expect(text.forward(shapes.group.decoding) == 89_874_628_608)
    }

    @Test("Scoring a group takes transformers' products, less half of all squares of attention")
    func scoring() {
        // 4 C numbers per pair and layer; each of 8 rows reads 127 tokens.
        let halves = Double(8 * 4 * 512) * Double(519 * 519 + 8 * 127 * 127) / 2
        #expect(text.forward(shapes.group.scoring) == 118_737_616_896 - halves)
        let update = StepCost(shapes)[.update]
        let both = 356_212_850_688 - 3 * halves + 50_004_492_288
        #expect(update?.flops == both)
    }

    @Test(
        "A gradient takes transformers' products whatever is frozen, less half of all squares",
        arguments: [
            ([], 237_475_233_792, 32), (["model.layers.*"], 168_263_974_912, 32),
            (["model.embed_tokens.*"], 237_475_233_792, 32),
            (["model.embed_tokens.*"] + layers(0...5), 110_908_416_000, 8),
            (["model.embed_tokens.*", "model.layers.*.mlp.*"], 184_359_616_512, 32),
            (["model.embed_tokens.*", "model.layers.*.self_attn.*"], 221_379_592_192, 32),
            (["model.embed_tokens.*", "model.layers.*"], 68_719_476_736, 0),
            (["model.embed_tokens.*", "lm_head.*", "model.layers.*"], 34_359_738_368, 0),
            (
                ["model.embed_tokens.*", "lm_head.*", "model.norm.*"] + layers(0...6)
                    + ["q", "k", "o"].map { "model.layers.7.self_attn.\($0)_proj.*" }
                    + ["model.layers.7.mlp.*", "model.layers.7.*norm.*"], 42_953_081_856, 1
            ),
        ] as [([String], Double, Double)])
    func frozenText(frozen: [String], products: Double, squares: Double) {
        // 2 C numbers per pair and product; each of 8 rows reads 127 tokens.
        let half = 512 * Double(519 * 519 + 8 * 127 * 127)
        let found = text.backward(
            shapes.group.scoring, TrainedWeights(frozen: frozen), isTied: false,
            pictureHasGradient: false)
        #expect(found == products - squares * half, "\(frozen)")
    }

    private static func layers(_ range: ClosedRange<Int>) -> [String] {
        range.map { "model.layers.\($0).*" }
    }

    @Test(
        "The tower's gradient takes transformers' products whatever is frozen",
        arguments: [
            ([], 33_130_807_296), (["patch_embed.*"], 32_514_244_608),
            (["blocks.*"], 20_229_128_192),
            (["patch_embed.*"] + (0...5).map { "blocks.\($0).*" }, 10_343_153_664),
            (["patch_embed.*", "blocks.*"], 1_610_612_736),
            (["patch_embed.*", "blocks.*", "merger.ln_q.*", "merger.mlp.0.*"], 268_435_456),
            (["patch_embed.*", "merger.*", "blocks.*.mlp.*", "blocks.*.norm2.*"], 23_102_226_432),
            (["*"], 0),
        ] as [([String], Double)])
    func frozenTower(frozen: [String], products: Double) {
        let found = vision.backward(TrainedWeights(frozen: frozen.map { "visual.\($0)" }))
        #expect(found.flops == products && found.hasGradient == (products > 0), "\(frozen)")
    }

    @Test("Layers have gradients from the lowest one on of which anything is trained")
    func layersWithGradient() {
        func text(_ frozen: [String], picture: Bool = false) -> Int {
            TrainedWeights(frozen: frozen).textLayersWithGradient(
                shapes.policy, pictureHasGradient: picture)
        }
        func vision(_ frozen: [String]) -> Int {
            TrainedWeights(frozen: frozen).visionBlocksWithGradient(shapes.policy.vision)
        }
        #expect(text([]) == 8 && text(["model.layers.*"]) == 8 && vision([]) == 8)
        let embedding = ["model.embed_tokens.*"]
        #expect(text(embedding) == 8 && text(embedding + ["model.layers.*"]) == 0)
        #expect(text(embedding + Self.layers(0...4)) == 3)
        #expect(text(embedding + Self.layers(0...4), picture: true) == 8)
        #expect(text(embedding + ["model.layers.*weight"]) == 8, "biases are trained")
        #expect(vision(["visual.patch_embed.*", "visual.blocks.0.*"]) == 7)
        #expect(vision(["visual.patch_embed.*", "visual.blocks.*"]) == 0)
    }

    @Test(
        "A layer that recurs costs its matrices and its scan, forward and backward, and sees no pairs"
    )
    func recurrence() {
        var policy = shapes.policy
        let work = RecurrentWork(
            matrices: [.init(key: "mix.in", count: 3000), .init(key: "mix.out", count: 1000)],
            scanFLOPs: 70, stateBytes: 640)
        policy.text.mixers[1] = .recurrent(work)
        let (before, after) = (text, TextCost(policy.text))
        let matrices = Double(policy.text.mixerWeights(.attention) - 4000)
        #expect(before.weights - after.weights == matrices)
        #expect(after.cachePerPosition * 8 == before.cachePerPosition * 7)
        #expect(policy.text.stateBytes == 640)
        let pass = TextWork(positions: 100, pairs: 5000, logits: 0)
        let forward = before.forward(pass) - after.forward(pass)
        #expect(forward == 2 * matrices * 100 + 4 * 512 * 5000 - 70 * 100)
        func backward(_ cost: TextCost, _ frozen: [String]) -> Double {
            cost.backward(
                pass, TrainedWeights(frozen: frozen), isTied: true, pictureHasGradient: false)
        }
        #expect(backward(before, []) - backward(after, []) == 2 * forward)
        let rest = ["model.embed_tokens.*", "model.norm.*", "model.layers.*.*norm*"]
        #expect(
            TrainedWeights(
                frozen: rest + ["*self_attn*", "*mlp*"]
            ).textLayersWithGradient(policy, pictureHasGradient: false) == 7)
    }

    @Test("Encoding a picture takes transformers' products, less those that it never uses")
    func encoding() {
        #expect(SegmenterCost(SAM2Configuration.tiny).encoding == 292_678_007_808 - 284_000_256)
        #expect(
            SegmenterCost(SAM2Configuration.basePlus).encoding == 647_824_757_760 - 1_072_619_520)
    }

    @Test("A prompt takes transformers' products; several share what a first layer makes of cells")
    func prompts() {
        let segmenter = SegmenterCost(SAM2Configuration.tiny)
        #expect(segmenter.decoding(prompts: 1, points: 4) == 3_690_650_624)
        // What the first layer makes of 64 · 64 cells, 3 products of 256 by 128 numbers, is made once.
        let shared = Double(2 * 3 * 4096 * 256 * 128)
        #expect(segmenter.decoding(prompts: 2, points: 4) == 7_379_204_096 - shared)
    }
}

/// What of a step is counted, and how often.
@Suite struct StepCostTests {
    let shapes: StepShapes

    init() throws { shapes = try .bench }

    private func cost(_ change: (inout StepShapes) -> Void = { _ in }) -> StepCost {
        var changed = shapes
        change(&changed)
        return StepCost(changed)
    }

    private var vision: Double {
        VisionCost(shapes.policy.vision, grids: shapes.grids).forward
    }

    @Test("Windows are counted as the tower cuts them, smaller ones at the edges included")
    func windows() throws {
        for grids in [
            [VisionGrid(rows: 32, columns: 32)], [VisionGrid(rows: 60, columns: 58)],
            [VisionGrid(rows: 2, columns: 6), VisionGrid(frames: 2, rows: 10, columns: 4)],
        ] {
            let layout = VisionLayout(grids: grids, mergeSize: 2, windowCells: 4)
            func pairs(_ runs: [VisionLayout.Run]) -> Double {
                Double(runs.reduce(0) { $0 + $1.count * $1.length * $1.length })
            }
            let counted = try Qwen25VLTowerWork(
                Qwen25VLConfiguration.bench.vision, grids: grids)
            #expect(counted.windowPairs == pairs(layout.windows))
            #expect(counted.framePairs == pairs(layout.frames))
        }
    }

    @Test("A group of one shares nothing: all is counted the same with and without sharing")
    func groupOfOne() {
        let alone = cost {
            $0.groupSize = 1
            $0.instances = 1
        }
        #expect(alone.tokenRatio == 1)
        for phase in alone.phases {
            #expect(abs(phase.flops / phase.unsharedFlops - 1) < 1e-12 || phase.flops == 0)
            #expect(phase.bytes == phase.unsharedBytes)
            #expect(phase.positions == phase.unsharedPositions)
        }
    }

    @Test("Positions are 8 · 646 to 519 + 8 · 127, since no last token is read")
    func tokenRatio() {
        #expect(cost().tokenRatio == 5168.0 / 1535)
        #expect(cost()[.update]?.positions == 1535)
        #expect(cost()[.update]?.unsharedPositions == 5168)
    }

    @Test("A frozen vision tower is gone through once, for policy and reference together")
    func frozenVision() throws {
        let trained = cost { $0.stepsPerGeneration = 2 }
        let frozen = cost {
            $0.stepsPerGeneration = 2
            $0.trained.frozen = ["visual.*"]
        }
        func saved(_ phase: StepPhase) throws -> Double {
            try #require(trained[phase]).flops - #require(frozen[phase]).flops
        }
        #expect(try saved(.prefill) == 0 && abs(saved(.reference) - vision) < 1)
        // One group of two is scored when it is drawn.
        #expect(try abs(saved(.old) - vision / 2) < 1)
        #expect(try saved(.update) == 50_004_492_288)
    }

    @Test("Old log-probabilities cost what updates do not give: none in the first step of a batch")
    func old() throws {
        #expect(cost()[.old] == nil)
        let reference = try #require(cost()[.reference]).flops
        #expect(cost { $0.stepsPerGeneration = 4 }[.old]?.flops == reference * 3 / 4)
        #expect(cost { $0.penalizesDivergence = true }[.old]?.flops == reference)
        #expect(cost { $0.hasReference = false }[.reference] == nil)
    }

    @Test("Rollouts that serve two passes cost each step half, its update the same")
    func iterations() throws {
        let (once, twice) = (cost(), cost { $0.numIterations = 2 })
        for phase in once.phases {
            let other = try #require(twice[phase.phase])
            let isShared = phase.phase != .update && phase.phase != .optimizer
            #expect(other.flops == (isShared ? phase.flops / 2 : phase.flops))
        }
    }

    @Test("A picture's encoding that is kept, and objects that are named twice, cost nothing")
    func segmenter() {
        #expect(cost { $0.keptEncodings = 1 }[.encode] == nil)
        let segmenter = SegmenterCost(SAM2Configuration.tiny)
        #expect(cost()[.masks]?.flops == segmenter.decoding(prompts: 16, points: 4))
        #expect(
            cost { $0.distinctPrompts = 3 }[.masks]?.flops
                == segmenter.decoding(prompts: 3, points: 4))
        #expect(cost()[.masks]?.unsharedFlops == 16 * segmenter.decoding(prompts: 1, points: 4))
        #expect(
            segmenter.decoding(prompts: 40, points: 4)
                == segmenter.decoding(prompts: 32, points: 4)
                + segmenter.decoding(prompts: 8, points: 4))
    }

    @Test("Decoding reads the weights in every step, and what each row has by then")
    func decodingBytes() throws {
        // Layers and head of 8 · 2 818 048 and 512 · 32 768 numbers, 2 · 128 per layer and position.
        let weights = 127.0 * 8 * 2_818_048 + 128 * 512 * 32_768
        let shared = 127.0 * 519 + 8 * 127 * 128 / 2
        let unshared = 8 * 127.0 * 519 + 8 * 127 * 128 / 2
        let phase = try #require(cost()[.decode])
        #expect(phase.bytes == 4 * (weights + shared * 8 * 256))
        #expect(phase.unsharedBytes == 4 * (weights + unshared * 8 * 256))
        let together = cost {
            $0.promptsPerStep = 2
            $0.groupsDecodedTogether = 2
        }
        #expect(together[.decode]?.bytes == 4 * (weights + 2 * shared * 8 * 256))
        #expect(cost()[.optimizer]?.bytes == 40.0 * 47_537_088)
    }

    @Test("Shapes beyond all machines are counted all the same")
    func large() {
        let large = cost {
            $0.completionLength = 1_000_000_000
            $0.groupSize = 1_000_000
            $0.promptsPerStep = 1_000_000
        }
        #expect(large.flops.isFinite && large.flops > 1e30)
    }
}

/// What a step's cost takes on a machine.
@Suite struct StepTimeTests {
    let shapes: StepShapes
    let speed = MachineSpeed(
        policyFLOPS: 1e11, segmenterFLOPS: 2e11, decodingFLOPS: 2e10, memoryBytes: 2e10,
        operation: 1e-5)
    private let full = PhaseEfficiency(
        prefill: 1, decode: 1, encode: 1, masks: 1, scoring: 1, update: 1, optimizer: 1)

    init() throws { shapes = try .bench }

    private func seconds(_ phase: StepPhase, _ shapes: StepShapes) -> Double {
        StepCost(shapes).seconds(speed, efficiency: full).first { $0.phase == phase }?.seconds ?? 0
    }

    @Test("A phase takes what bounds it: products, memory, or calls")
    func bounds() throws {
        let cost = StepCost(shapes)
        #expect(try seconds(.update, shapes) == #require(cost[.update]).flops / 1e11)
        #expect(try seconds(.encode, shapes) == #require(cost[.encode]).flops / 2e11)
        #expect(try seconds(.optimizer, shapes) == #require(cost[.optimizer]).bytes / 2e10)
        let decode = try #require(cost[.decode])
        #expect(seconds(.decode, shapes) == decode.flops / 2e10 + 128 * (60 * 8 + 40) * 1e-5)
        var one = shapes
        one.groupSize = 1
        let alone = try #require(StepCost(one)[.decode])
        #expect(seconds(.decode, one) == alone.bytes / 2e10 + 128 * (60 * 8 + 40) * 1e-5)
    }

    @Test("Half the efficiency takes twice the time, and sharing never takes longer")
    func efficiency() {
        var half = full
        half.update = 0.5
        let cost = StepCost(shapes)
        for (fast, slow) in zip(
            cost.seconds(speed, efficiency: full), cost.seconds(speed, efficiency: half))
        { #expect(slow.seconds == fast.seconds * (fast.phase == .update ? 2 : 1)) }
        for (shared, unshared) in zip(cost.seconds(speed), cost.seconds(speed, shared: false)) {
            #expect(shared.seconds <= unshared.seconds)
        }
    }

    @Test("Workers that have no group wait for those that have one")
    func idling() {
        var (three, four) = (shapes, shapes)
        (three.promptsPerStep, three.workers) = (3, 2)
        (four.promptsPerStep, four.workers) = (4, 2)
        #expect(abs(seconds(.update, three) / seconds(.update, four) - 1) < 1e-12)
    }

    @Test("A machine is measured in seconds, and with the threads that it had before")
    func probe() async {
        // A process of its own, as the number of threads is all tests'.
        await #expect(processExitsWith: .success) {
            try TorchRuntime.setThreadCount(2)
            var small = try StepShapes.bench
            small.policy.text.vocabularySize = 1024
            let start = ContinuousClock.now
            let found = try MachineProbe(device: .cpu, threads: 1).measure(
                small, policy: .float32, segmenter: .float32)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            #expect(TorchRuntime.threadCount == 2)
            #expect(found.policyFLOPS == found.segmenterFLOPS)
            // However busy the machine is: what was measured is done within the time of measuring.
            let product = 2.0 * 1024 * 512 * 1408
            #expect(found.policyFLOPS * seconds > product)
            #expect(found.memoryBytes * seconds > 2 * 268_435_456)
            #expect(found.decodingFLOPS * seconds > 1e6)
            #expect(found.operation > 0 && found.operation < seconds)
            // Nor is it another machine: the same here, once warm, is not a hundred times as slow.
            try TorchRuntime.setThreadCount(1)
            let (x, weight) = (try Tensor.ones([1024, 512]), try Tensor.ones([1408, 512]))
            let large = try Tensor.ones([1 << 24])
            let few = try Tensor.ones([8])
            let flops = try product / leastSeconds { _ = try x.linear(weight) }
            let bytes = try Double(8 << 24) / leastSeconds { try large.scaleInPlace(by: 1) }
            let operation = try leastSeconds { _ = try few * 1.0 }
            #expect(found.policyFLOPS < 100 * flops)
            #expect(found.decodingFLOPS < 100 * flops)
            #expect(found.memoryBytes < 100 * bytes)
            #expect(found.operation < 100 * operation && 100 * found.operation > operation)
        }
    }

    @Test("The lines say FLOPs with and without sharing, and the time if the machine was measured")
    func lines() {
        let cost = StepCost(shapes)
        let silent = CostReport(cost: cost, steps: 3600, speed: nil).lines
        #expect(
            silent == [
                "compute    1.0 TFLOP a step with the longest completions "
                    + "(4.5 TFLOP without sharing prompts and pictures)"
            ])
        let told = CostReport(cost: cost, steps: 3600, speed: speed).lines
        #expect(told.count == 2 && told[0] == silent[0])
        #expect(told[1].hasPrefix("time       at 100 GFLOP/s and 20 GB/s measured here about "))
        let words = ["rollout ", ", reward ", ", reference ", ", update ", ", optimizer "]
        for word in words { #expect(told[1].contains(word), "\(word)") }
        #expect(told[1].hasSuffix(" hours for 3600 steps"))
    }
}

/// The shortest of twenty runs.
private func leastSeconds(_ body: () throws -> Void) throws -> Double {
    var least = Duration.seconds(3600)
    for _ in 0..<20 { least = min(least, try ContinuousClock().measure(body)) }
    return least / .seconds(1)
}
