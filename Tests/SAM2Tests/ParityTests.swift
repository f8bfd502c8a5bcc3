import Imaging
import NN
import PromptedMasks
import SAM2
import Segmentation
import Testing
import Torch

/// Against transformers' Sam2Model in float32: logits reach ±60, both sides sum in other orders.
private let logitTolerance = 5e-4
private let scoreTolerance = 2e-5

@Suite("Parity with transformers' Sam2Model")
struct ParityTests {
    let cases: Cases
    init() throws { cases = try SAM2Fixtures.cases() }

    private func segmenter(_ name: String) throws -> SAM2Segmenter {
        SAM2Segmenter(model: try SAM2Fixtures.model(name, sharedPositions: name == "windows"))
    }

    @Test("the picture becomes the official predictor's input: float resize with antialias")
    func pixels() throws {
        let pixels = try PromptedImageProcessor(imageSize: 128)(cases.picture)
        #expect(pixels.shape == [1, 3, 128, 128])
        let some = try pixels.sliced(2, step: 8).sliced(3, step: 8)
        #expect(try SAM2Fixtures.expected("windows").difference("pixels", some) < 1e-5)
    }

    @Test("resizing bytes gives transformers' processor's input")
    func roundedPixels() throws {
        let pixels = try PromptedImageProcessor(imageSize: 128, resizing: .bytes)(cases.picture)
        let some = try pixels.sliced(2, step: 8).sliced(3, step: 8)
        #expect(try SAM2Fixtures.expected("windows").difference("rounded pixels", some) < 1e-5)
    }

    @Test(
        "pictures larger and smaller than the square of 1024 become what the references make of them",
        arguments: [ImageFrame(width: 1500, height: 900), ImageFrame(width: 300, height: 200)])
    func square(frame: ImageFrame) throws {
        let expected = try SAM2Fixtures.expected("preprocessing")
        let name = "\(frame.width)x\(frame.height)"
        let picture = patternPicture(width: frame.width, height: frame.height)
        func input(_ resizing: PromptedImageProcessor.Resizing) throws -> Tensor {
            try PromptedImageProcessor(imageSize: 1024, resizing: resizing)(picture).selected(0, 0)
                .sliced(1, step: 73).sliced(2, step: 73)
        }
        let (floats, bytes) = try (input(.floats), input(.bytes))
        #expect(try expected.difference(name + ".floats", floats) < 1e-5)
        #expect(try expected.difference(name + ".bytes", bytes) < 1e-5)
        // In levels of 255: bytes are rounded, floats are not, and Pillow rounds its weights too.
        let pillow = try expected.tensor(name + ".pillow").to(.float32)
        for (levels, tolerance) in try [(levels(bytes), 1.001), (levels(floats), 1.501)] {
            #expect(try (levels - pillow).abs().max().item() < tolerance)
        }
    }

    /// Undoes the normalisation of [3, .., ..].
    private func levels(_ pixels: Tensor) throws -> Tensor {
        let processor = PromptedImageProcessor(imageSize: 1024)
        let mean = try Tensor.of(processor.mean.map { Float($0) }, shape: [3, 1, 1])
        let deviation = try Tensor.of(processor.deviation.map { Float($0) }, shape: [3, 1, 1])
        return try (pixels * deviation + mean) * 255
    }

    @Test("the three levels are the reference's, padded and pooled windows included")
    func levels() throws {
        let model = try SAM2Fixtures.model("windows", sharedPositions: true)
        let features = try model.encode(PromptedImageProcessor(imageSize: 128)(cases.picture))
        let expected = try SAM2Fixtures.expected("windows")
        #expect(try expected.difference("features.0", features.fine) < 1e-4)
        #expect(try expected.difference("features.1", features.middle) < 1e-4)
        #expect(try expected.difference("features.2", features.embedding) < 1e-4)
    }

    @Test(
        "logits, predicted IoUs, object scores and masks are the reference's for every prompt",
        arguments: ["windows", "levels"])
    func prompts(name: String) throws {
        let expected = try SAM2Fixtures.expected(name)
        let image = try segmenter(name).embed(cases.picture)
        for one in cases.cases.prefix(name == "windows" ? 8 : 4) {
            let prediction = try image.predict(
                one.prompt, in: cases.frame, multimask: false, output: cases.outputFrame)
            let logits = prediction.lowResolutionLogits
            #expect(
                try expected.difference(one.name + ".logits", logits) < logitTolerance,
                "\(one.name)")
            let iou = try Tensor.of(prediction.predictedIoU)
            #expect(try expected.difference(one.name + ".iou", iou) < scoreTolerance, "\(one.name)")
            let object = try Tensor.of([prediction.objectScore])
            #expect(
                try expected.difference(one.name + ".object", object) < logitTolerance,
                "\(one.name)")
            let truth = BinaryMask(
                width: cases.output[0], height: cases.output[1],
                bytes: try expected.tensor(one.name + ".mask").values(UInt8.self))
            #expect(prediction.masks.count == 1)
            expectEqual(
                prediction.masks[0], truth, logits: try prediction.logits.floats,
                tolerance: logitTolerance, one.name)
            #expect(prediction.logits.shape == [1, cases.output[1], cases.output[0]])
        }
    }

    @Test("with multimask the alternatives come, without the single mask")
    func multimask() throws {
        let expected = try SAM2Fixtures.expected("windows")
        let image = try segmenter("windows").embed(cases.picture)
        for one in cases.cases where ["box", "three points"].contains(one.name) {
            let prediction = try image.predict(
                one.prompt, in: cases.frame, multimask: true, output: cases.outputFrame)
            #expect(prediction.masks.count == 3)
            let key = one.name + ".multimask"
            let logits = prediction.lowResolutionLogits
            #expect(try expected.difference(key + ".logits", logits) < logitTolerance)
            let iou = try Tensor.of(prediction.predictedIoU)
            #expect(try expected.difference(key + ".iou", iou) < scoreTolerance)
        }
    }

    @Test("a mask prompt replaces the embedding for no mask")
    func maskPrompt() throws {
        let model = try SAM2Fixtures.model("windows", sharedPositions: true)
        let features = try model.encode(PromptedImageProcessor(imageSize: 128)(cases.picture))
        // The first case's box, in the model's pixels.
        let scale: [Float] = [128.0 / 150, 128.0 / 110]
        let corners = [20 * scale[0], 15 * scale[1], 90.5 * scale[0], 80.25 * scale[1], 0, 0]
        let points = PromptPoints(
            coordinates: try Tensor.of(corners, shape: [1, 3, 2]),
            labels: try Tensor.of([2, 3, -1], shape: [1, 3]))
        let shape = [1, 1, 32, 32]
        let mask = try Tensor.of(
            HashedWeights(salt: cases.salt).values("mask prompt", shape), shape: shape)
        let answer = try model.decode(
            features, points: points, masks: mask * 8
        )
        .alternatives()
        let expected = try SAM2Fixtures.expected("windows")
        #expect(
            try expected.difference("mask prompt.logits", answer.logits.selected(0, 0))
                < logitTolerance)
    }

    @Test("both outcomes of the stability test occur, for the prompts for which they should")
    func stability() throws {
        let image = try segmenter("windows").embed(cases.picture)
        var replaced: [String] = []
        for one in cases.cases {
            let arguments = (cases.frame, cases.outputFrame)
            let single = try image.predict(
                one.prompt, in: arguments.0, multimask: false, output: arguments.1)
            let all = try image.predict(
                one.prompt, in: arguments.0, multimask: true, output: arguments.1)
            if all.predictedIoU.contains(single.predictedIoU[0]) {
                replaced.append(one.name)
                #expect(single.predictedIoU[0] == all.predictedIoU.max())
            }
        }
        #expect(replaced == cases.unstable)
        #expect((1..<cases.cases.count).contains(replaced.count))
    }
}
