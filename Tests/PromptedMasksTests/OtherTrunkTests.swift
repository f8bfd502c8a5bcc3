import Foundation
import Imaging
import NN
import PromptedMasks
import Segmentation
import TestSupport
import Testing
import Torch

@Suite("A family with another trunk")
struct OtherTrunkTests {
    private let model: PromptedModel<ToySizes>
    private let picture: RGBImage
    private let frame = ImageFrame(width: 90, height: 70)
    private let prompts = [
        SegmentationPrompt(box: Box(x1: 8, y1: 9, x2: 60, y2: 50)),
        SegmentationPrompt(positivePoints: [Point(x: 30, y: 30)]),
        SegmentationPrompt(
            box: Box(x1: 1, y1: 2, x2: 80, y2: 60), positivePoints: [Point(x: 20, y: 40)],
            negativePoints: [Point(x: 5, y: 5)]),
        SegmentationPrompt(box: Box(x1: 40, y1: 20, x2: 85, y2: 65)),
    ]

    init() throws {
        model = try PromptedModel.random(configuration: ToySizes(), seed: 3)
        let bytes = (0..<frame.area * 3).map { (place: Int) -> UInt8 in
            UInt8((place * 7 + place / 90 * 11) % 256)
        }
        picture = RGBImage(width: frame.width, height: frame.height, pixels: bytes)
    }

    @Test("encodes a picture once and answers many prompts, each as if it came alone")
    func batches() throws {
        let together = try PromptedSegmenter(model: model).embed(picture)
        let alone = try PromptedSegmenter(model: model, promptsPerCall: 1).embed(picture)
        let first = try together.masks(for: prompts, in: frame, output: frame)
        let second = try alone.masks(for: prompts, in: frame, output: frame)
        #expect(first.count == prompts.count)
        for (index, prompt) in prompts.enumerated() {
            let single = try together.predict(
                prompt, in: frame, multimask: false, output: frame)
            #expect(abs(first[index].predictedIoU - single.predictedIoU[0]) < 1e-5)
            #expect(abs(first[index].predictedIoU - second[index].predictedIoU) < 1e-5)
            #expect(abs(first[index].objectScore - single.objectScore) < 1e-5)
            let differing =
                first[index].mask.unionCount(single.masks[0])
                - first[index].mask.intersectionCount(single.masks[0])
            #expect(differing < frame.area / 1000)
            let alternatives = try together.predict(
                prompt, in: frame, multimask: true, output: frame)
            #expect(alternatives.masks.count == 3)
        }
        #expect(Set(first.map(\.predictedIoU)).count > 1)
    }

    @Test("makes features of the layout that its sizes say, and answers of kept ones to the bit")
    func keptFeatures() throws {
        let segmenter: any FrozenSegmenter = PromptedSegmenter(model: model)
        let features = try segmenter.features(picture)
        let levels = [features.embedding, features.middle, features.fine]
        #expect(segmenter.featureLayout.shapes == levels.map(\.shape))
        #expect(levels.map(\.shape) == [[1, 32, 4, 4], [1, 8, 8, 8], [1, 4, 16, 16]])
        #expect(segmenter.featureLayout.byteCount == features.byteCount)
        let kept = segmenter.image(frame: frame, features: features)
        let fresh = try segmenter.encode(picture)
        let (a, b) = (
            try kept.masks(for: prompts, in: frame, output: frame),
            try fresh.masks(for: prompts, in: frame, output: frame)
        )
        for (a, b) in zip(a, b) {
            #expect(a.mask == b.mask && a.predictedIoU == b.predictedIoU)
        }
    }

    @Test("sees pictures as its family prepares them, not as another does")
    func processing() throws {
        let segmenter = PromptedSegmenter(model: model)
        #expect(segmenter.processor.resizing == .bytes)
        let white = RGBImage(width: 2, height: 2, pixels: [UInt8](repeating: 255, count: 12))
        #expect(try segmenter.processor(white).floats.allSatisfy { $0 == 1 })
        try withTemporaryFolder { folder in
            // What a file leaves open is the family's, too.
            try Data(#"{"image_std": [1, 1, 1]}"#.utf8).write(
                to: URL(fileURLWithPath: folder + "/preprocessor_config.json"))
            let described = try ToySizes().releasedProcessor.described(by: folder)
            #expect(described.mean == [0.5, 0.5, 0.5] && described.deviation == [1, 1, 1])
        }
    }

    @Test("adds what stands for the past of a film to the level that the decoder reads")
    func noMemory() throws {
        let pixels = try PromptedSegmenter(model: model).processor(picture)
        let memory = try #require(model.parameters.first { $0.key == "no_memory_embedding" })
        try memory.tensor.fillInPlace(0)
        let before = try model.encode(pixels)
        try memory.tensor.fillInPlace(1000)
        let after = try model.encode(pixels)
        let moved = try (after.embedding - before.embedding - 1000.0).abs().max().item()
        #expect(moved < 1e-3)
        #expect(try after.middle.isEqual(to: before.middle))
    }
}
