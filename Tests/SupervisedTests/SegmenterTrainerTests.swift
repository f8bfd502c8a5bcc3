import Datasets
import Foundation
import Imaging
import NN
import PromptedMasks
import SAM2
import Scenes
import Supervised
import TestSupport
import Testing
import Torch

/// A SAM2 of some ten thousand parameters that sees 64 × 64 pixels, and scenes for it.
enum TinySegmenter {
    static var sizes: SAM2Configuration {
        var sizes = SAM2Configuration()
        sizes.vision.backbone.imageSize = 64
        sizes.vision.backbone.hiddenSize = 8
        sizes.vision.backbone.embedDimensions = [8, 16, 24, 32]
        sizes.vision.backbone.blocks = [1, 1, 2, 1]
        sizes.vision.backbone.heads = [1, 1, 2, 2]
        sizes.vision.backbone.windows = [8, 4, 4, 2]
        sizes.vision.backbone.globalBlocks = [3]
        sizes.vision.backboneChannels = [32, 24, 16, 8]
        sizes.vision.featureSizes = [[16, 16], [8, 8], [4, 4]]
        sizes.vision.fpnHiddenSize = 16
        sizes.promptEncoder.hiddenSize = 16
        sizes.promptEncoder.imageSize = 64
        sizes.maskDecoder.hiddenSize = 16
        sizes.maskDecoder.mlpSize = 32
        sizes.maskDecoder.heads = 2
        sizes.maskDecoder.iouHeadHiddenSize = 16
        return sizes
    }

    static func model(_ start: SegmenterInitialization = .matched) throws -> SAM2Model {
        let model = try SAM2Model.random(configuration: sizes, seed: 4)
        try start.apply(to: model, seed: 4)
        return model
    }

    static func scenes(_ count: Int, maskSide: Int = 16) throws -> [SegmenterSample] {
        var scenes = SceneConfiguration()
        scenes.side = 64
        scenes.classesPerScene = 1...1
        let synthesizer = try SceneSynthesizer(configuration: scenes)
        return try (0..<count).map { index in
            try SegmenterSample(
                synthesizer.sample(for: synthesizer.scene(seed: 2, index: index)),
                maskSide: maskSide, coarseSide: 4)
        }
    }

    static func trainer(
        _ model: SAM2Model, trains: (String) -> Bool = { _ in true },
        change: (inout SegmenterTrainingOptions) -> Void = { _ in }
    ) throws -> SegmenterTrainer {
        var options = SegmenterTrainingOptions()
        options.optimizer = AdamWOptions(learningRate: 3e-3)
        options.schedule = LearningRateSchedule(
            kind: .constant, warmupSteps: 0, totalSteps: 100)
        options.promptsPerPicture = 4
        options.promptShares = [.boxTwoPoints: 1, .box: 1, .onePoint: 1]
        change(&options)
        return try SegmenterTrainer(
            model: model, processor: PromptedImageProcessor(imageSize: 64), options: options,
            trains: trains)
    }

    /// The keys of the parameters that differ from those of an equal model.
    static func changed(_ model: SAM2Model, from start: SAM2Model) throws -> Set<String> {
        try Set(
            zip(model.parameters, start.parameters)
                .filter { try !$0.tensor.isEqual(to: $1.tensor) }.map(\.0.key))
    }
}

@Suite struct SegmenterTrainerTests {
    @Test("The loss falls by a third on four scenes within 30 steps")
    func learns() throws {
        let trainer = try TinySegmenter.trainer(TinySegmenter.model())
        let scenes = try TinySegmenter.scenes(4)
        let losses = try (0..<30).map { _ in try #require(trainer.step(scenes)["loss"]) }
        let (first, last) = (losses[..<5].reduce(0, +), losses[25...].reduce(0, +))
        #expect(last < first * 2 / 3, "\(first / 5) to \(last / 5)")
    }

    @Test("The same seed gives the same weights, another seed others")
    func seeded() throws {
        func weights(_ seed: UInt64) throws -> SAM2Model {
            let model = try TinySegmenter.model()
            let trainer = try TinySegmenter.trainer(model, change: { $0.seed = seed })
            let scenes = try TinySegmenter.scenes(2)
            for _ in 0..<2 { _ = try trainer.step(scenes) }
            return model
        }
        let first = try weights(1)
        #expect(try TinySegmenter.changed(first, from: weights(1)).isEmpty)
        #expect(try !TinySegmenter.changed(first, from: weights(2)).isEmpty)
    }

    @Test(
        "Alternative masks learn only when their loss counts, mask prompts and the object score never"
    )
    func parts() throws {
        let start = try TinySegmenter.model()
        func changed(_ alternatives: Double) throws -> Set<String> {
            let model = try TinySegmenter.model()
            let trainer = try TinySegmenter.trainer(
                model, change: { $0.weights.alternatives = alternatives })
            let scenes = try TinySegmenter.scenes(2)
            for _ in 0..<4 { _ = try trainer.step(scenes) }
            return try TinySegmenter.changed(model, from: start)
        }
        func isAlternative(_ key: String) -> Bool {
            (1...3).contains { key.contains("output_hypernetworks_mlps.\($0)") }
        }
        let (without, with) = (try changed(0), try changed(1))
        #expect(!without.contains(where: isAlternative))
        #expect(with.contains(where: isAlternative))
        for keys in [without, with] {
            #expect(keys.contains("mask_decoder.output_hypernetworks_mlps.0.proj_out.weight"))
            #expect(keys.contains("mask_decoder.iou_prediction_head.proj_out.weight"))
            #expect(keys.contains("vision_encoder.backbone.patch_embed.projection.weight"))
            #expect(
                !keys.contains {
                    $0.contains(".mask_embed.") || $0.contains("pred_obj_score_head")
                        || $0.hasSuffix("positional_embedding")
                })
        }
    }

    @Test("Parameters that shall not learn stay bit for bit")
    func frozen() throws {
        let (model, start) = (try TinySegmenter.model(), try TinySegmenter.model())
        let trainer = try TinySegmenter.trainer(model, trains: { $0.hasPrefix("mask_decoder.") })
        for _ in 0..<2 { _ = try trainer.step(TinySegmenter.scenes(2)) }
        let changed = try TinySegmenter.changed(model, from: start)
        #expect(!changed.isEmpty)
        #expect(changed.allSatisfy { $0.hasPrefix("mask_decoder.") })
    }

    @Test(
        "The losses' grid may be finer than the decoder's, and a scene without objects is no obstacle"
    )
    func grids() throws {
        let trainer = try TinySegmenter.trainer(
            TinySegmenter.model(), change: { $0.maskRefinement = 2 })
        #expect(trainer.maskSide == 32)
        var scenes = try TinySegmenter.scenes(2, maskSide: 32)
        #expect(try trainer.step(scenes)["loss/masks"] != nil)
        scenes[0].objects = []
        #expect(try trainer.step(scenes)["loss/masks"] != nil)
        scenes[1].objects = []
        let step = try trainer.step(scenes)
        #expect(step["loss/masks"] == nil)
        #expect(try #require(step["loss"]).isFinite)
    }

    @Test("A loss that is not finite stops the training and names the step")
    func divergence() throws {
        let model = try TinySegmenter.model()
        let trainer = try TinySegmenter.trainer(model)
        let scenes = try TinySegmenter.scenes(1)
        _ = try trainer.step(scenes)
        for parameter in model.parameters where parameter.key.contains("patch_embed") {
            try withoutGradients { try parameter.tensor.fillInPlace(Double.nan) }
        }
        #expect {
            try trainer.step(scenes)
        } throws: {
            "\($0)".contains("step 2") && "\($0)".contains("not finite")
        }
    }
}

@Suite struct SegmenterInitializationTests {
    @Test("Matched starts have equal orthogonal queries and keys between prompts and picture")
    func matched() throws {
        let model = try TinySegmenter.model(.matched)
        let table = Dictionary(
            uniqueKeysWithValues: model.parameters.map { ($0.key, $0.tensor) })
        let queries = table.keys.filter {
            ($0.contains("cross_attn_") || $0.contains("final_attn_"))
                && $0.hasSuffix("q_proj.weight")
        }
        // Two layers have two each, and there is the last one.
        #expect(queries.count == 5)
        for key in queries {
            let query = try #require(table[key])
            let other = key.replacingOccurrences(of: "q_proj", with: "k_proj")
            #expect(try query.isEqual(to: #require(table[other])))
            let products = try query.matmul(query.transposed(0, 1)).floats
            let side = query.size(0)
            for (index, product) in products.enumerated() {
                // Rows of length 2; float32 rounds their products.
                let expected: Float = index / side == index % side ? 4 : 0
                #expect(abs(product - expected) < 1e-5)
            }
        }
        let places = try #require(table["vision_encoder.backbone.pos_embed"])
        // 392 numbers: their deviation is within a tenth of 0.3 but for 1 in 200 seeds.
        #expect(abs(try places.variance(unbiased: true).sqrt().item() - 0.3) < 0.03)
    }

    @Test("A plain start leaves a random model as it is, and both keep the tied positions")
    func plain() throws {
        let random = try SAM2Model.random(configuration: TinySegmenter.sizes, seed: 4)
        #expect(try TinySegmenter.changed(TinySegmenter.model(.plain), from: random).isEmpty)
        let positions = try TinySegmenter.model(.matched).parameters.filter {
            $0.key.hasSuffix("positional_embedding")
        }
        #expect(positions.count == 2)
        #expect(try positions[0].tensor.isEqual(to: positions[1].tensor))
    }

    @Test("What instances say about ignored pixels changes nothing in a step")
    func ignoredPixels() throws {
        var scenes = SceneConfiguration()
        scenes.side = 64
        scenes.classesPerScene = 1...1
        let synthesizer = try SceneSynthesizer(configuration: scenes)
        var ignored = BinaryMask(width: 64, height: 64)
        for y in 0..<64 { for x in 0..<28 { ignored[x, y] = true } }
        func step(filling: Bool) throws -> [Double] {
            let samples = try (0..<3).map { index in
                var sample = try synthesizer.sample(for: synthesizer.scene(seed: 2, index: index))
                sample.mask = BinaryMask(width: 64, height: 64)
                sample.ignored = ignored
                sample.instances = sample.instances?.map { instance in
                    var other = instance
                    let seen = instance.mask.subtracting(ignored)
                    if filling, !seen.isEmpty {
                        other.mask.formUnion(ignored)
                    } else {
                        other.mask = seen
                    }
                    return other
                }
                return try SegmenterSample(sample, maskSide: 16, coarseSide: 4)
            }
            #expect(samples.contains { !$0.objects.isEmpty })
            #expect(samples.allSatisfy { $0.counted?.first == 0 && $0.counted?.last == 1 })
            let trainer = try TinySegmenter.trainer(
                TinySegmenter.model(), change: { $0.weights.focal = 1 })
            return try trainer.step(samples).entries.map(\.value)
        }
        #expect(try step(filling: true) == step(filling: false))
    }
}
