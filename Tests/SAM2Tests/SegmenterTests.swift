import Imaging
import NN
import PromptedMasks
import SAM2
import Segmentation
import Testing
import Torch

@Suite("Segmenter")
struct SegmenterTests {
    let cases: Cases
    let model: SAM2Model
    init() throws {
        cases = try SAM2Fixtures.cases()
        model = try SAM2Fixtures.model("windows", sharedPositions: true)
    }

    @Test(
        "many prompts of several lengths are answered as one by one, in their order",
        arguments: [1, 2, 32])
    func batches(promptsPerCall: Int) throws {
        let segmenter = SAM2Segmenter(model: model, promptsPerCall: promptsPerCall)
        let image = try segmenter.embed(cases.picture)
        let prompts = cases.cases.map(\.prompt)
        let together = try image.masks(for: prompts, in: cases.frame, output: cases.outputFrame)
        #expect(together.count == prompts.count)
        let expected = try SAM2Fixtures.expected("windows")
        for (one, answer) in zip(cases.cases, together) {
            let bytes = try expected.tensor(one.name + ".mask").values(UInt8.self)
            let truth = BinaryMask(width: cases.output[0], height: cases.output[1], bytes: bytes)
            let alone = try image.predict(
                one.prompt, in: cases.frame, multimask: false, output: cases.outputFrame)
            expectEqual(
                answer.mask, truth, logits: try alone.logits.floats, tolerance: 5e-4, one.name)
            let iou = try expected.tensor(one.name + ".iou").floats[0]
            #expect(abs(answer.predictedIoU - iou) < 2e-5, "\(one.name)")
            let object = try expected.tensor(one.name + ".object").floats[0]
            #expect(abs(answer.objectScore - object) < 5e-4, "\(one.name)")
        }
    }

    @Test("a negative object score is told, and empties no mask")
    func negativeScores() throws {
        let image = try SAM2Segmenter(model: model).embed(cases.picture)
        let expected = try SAM2Fixtures.expected("windows")
        let negative = try cases.cases.filter {
            try expected.tensor($0.name + ".object").item() < 0
        }
        #expect(!negative.isEmpty)
        let answers = try image.masks(
            for: negative.map(\.prompt), in: cases.frame, output: cases.outputFrame)
        for answer in answers {
            #expect(answer.objectScore < 0)
            #expect(answer.mask.bytes().contains(255))
        }
    }

    @Test("masks too large to be resized together are those that come alone")
    func largeOutput() throws {
        let image = try SAM2Segmenter(model: model).embed(cases.picture)
        let prompts = [cases.cases[0].prompt, cases.cases[5].prompt]
        let output = ImageFrame(width: 3500, height: 2500)
        let together = try image.masks(for: prompts, in: cases.frame, output: output)
        for (prompt, answer) in zip(prompts, together) {
            let alone = try image.predict(
                prompt, in: cases.frame, multimask: false, output: output)
            let shared = answer.mask.intersectionCount(alone.masks[0])
            #expect(answer.mask.unionCount(alone.masks[0]) - shared < output.area / 100_000)
            #expect(shared > 0)
        }
    }

    @Test("coordinates are read in the frame that is named")
    func frames() throws {
        let image = try SAM2Segmenter(model: model).embed(cases.picture)
        let prompt = cases.cases[0].prompt
        let square = ImageFrame.square(840)
        var converted = prompt
        converted.box = prompt.box.map { cases.frame.convert($0, to: square) }
        let direct = try image.predict(
            prompt, in: image.frame, multimask: false, output: cases.outputFrame)
        let other = try image.predict(
            converted, in: square, multimask: false, output: cases.outputFrame)
        let difference = try (direct.lowResolutionLogits - other.lowResolutionLogits).abs().max()
        #expect(try difference.item() < 1e-3)
    }

    @Test("no prompts give no masks, and a prompt without points is an error that names it")
    func empty() throws {
        let image = try SAM2Segmenter(model: model).encode(cases.picture)
        #expect(try image.masks(for: [], in: cases.frame, output: cases.outputFrame).isEmpty)
        let error = #expect(throws: PromptError.self) {
            try image.masks(
                for: [cases.cases[0].prompt, SegmentationPrompt()], in: cases.frame,
                output: cases.outputFrame)
        }
        #expect(error?.index == 1)
    }

    @Test("gradients reach every trainable parameter that a box without a mask prompt touches")
    func gradients() throws {
        for parameter in model.trainableParameters {
            try parameter.tensor.setRequiresGradient(true)
        }
        let features = try model.encode(PromptedImageProcessor(imageSize: 128)(cases.picture))
        let points = PromptPoints(
            coordinates: try Tensor.of(
                [10, 20, 90, 80, 50, 50, 60, 20, 0, 0] as [Float], shape: [1, 5, 2]),
            labels: try Tensor.of([2, 3, 1, 0, -1], shape: [1, 5]))
        let answer = try model.decode(features, points: points)
        try (answer.logits.squared().mean() + answer.predictedIoU.sum() + answer.objectScore.sum())
            .backward()
        let untouched = model.trainableParameters.filter { $0.tensor.gradient == nil }.map(\.key)
        #expect(untouched.allSatisfy { $0.hasPrefix("prompt_encoder.mask_embed.") })
        #expect(!model.trainableParameters.contains { $0.key.hasSuffix("positional_embedding") })
        // Frozen use records nothing, whatever the parameters want.
        let prediction = try SAM2Segmenter(model: model).embed(cases.picture).predict(
            cases.cases[0].prompt, in: cases.frame, multimask: false, output: cases.outputFrame)
        #expect(!prediction.logits.requiresGradient)
    }
}
