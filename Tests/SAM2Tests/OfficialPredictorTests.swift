import Foundation
import Imaging
import NN
import PromptedMasks
import SAM2
import Segmentation
import TestSupport
import Testing
import Torch

/// Against the official code in float32: logits reach ±60, both sides sum in other orders.
private let logitTolerance = 5e-4
private let scoreTolerance = 2e-5

/// What answers.json says.
private struct Answers: Decodable {
    struct Picture: Decodable {
        let width: Int
        let height: Int
        let cases: [Case]

        var name: String { "\(width)x\(height)" }
        var image: RGBImage { patternPicture(width: width, height: height) }
    }
    let pictures: [Picture]
    let batches: [String: [String]]
    let extra: Case
    let unstable: [String]
}

@Suite("Parity with the official SAM2ImagePredictor, its weights from a .pt file")
struct OfficialPredictorTests {
    private let answers: Answers
    private let expected: Expected
    private let segmenter: SAM2Segmenter

    init() throws {
        answers = try Fixtures.decode(Answers.self, "sam2_official/answers.json")
        expected = Expected(
            file: try SafetensorsFile(path: Fixtures.path("sam2_official/answers.safetensors")))
        segmenter = try SAM2Segmenter.load(path: Fixtures.path("sam2_official/checkpoint"))
    }

    /// The bits of a mask or of several, row after row.
    private func bits(_ key: String, count: Int) throws -> [UInt8] {
        let packed = try expected.tensor(key).values(UInt8.self)
        return (0..<count).map { packed[$0 / 8] >> UInt8(7 - $0 % 8) & 1 }
    }

    private func check(_ prediction: PromptPrediction, _ key: String, _ frame: ImageFrame) throws {
        let step = frame.width > 100 ? 7 : 1
        let some = try prediction.logits.sliced(1, step: step).sliced(2, step: step)
        #expect(try expected.difference(key + ".logits", some) < logitTolerance, "\(key)")
        let iou = try Tensor.of(prediction.predictedIoU)
        #expect(try expected.difference(key + ".iou", iou) < scoreTolerance, "\(key)")
        let count = frame.width * frame.height
        let masks = try bits(key + ".masks", count: prediction.masks.count * count)
        let logits = try prediction.logits.floats
        for (place, mask) in prediction.masks.enumerated() {
            let range = place * count..<(place + 1) * count
            let truth = BinaryMask(
                width: frame.width, height: frame.height, bytes: Array(masks[range]))
            expectEqual(mask, truth, logits: Array(logits[range]), tolerance: logitTolerance, key)
        }
    }

    @Test("the three levels are the official encoder's, no_mem_embed on the coarsest only")
    func levels() throws {
        let picture = try #require(answers.pictures.first { $0.width == 150 })
        let features = try segmenter.model.encode(segmenter.processor(picture.image))
        for (index, level) in [features.fine, features.middle, features.embedding].enumerated() {
            let key = "\(picture.name).features.\(index)"
            #expect(try expected.difference(key, level) < 1e-4, "\(key)")
        }
    }

    @Test(
        "boxes, points and both give the official logits, scores and masks at the picture's size",
        arguments: [false, true])
    func prompts(multimask: Bool) throws {
        for picture in answers.pictures {
            let image = try segmenter.embed(picture.image)
            for one in picture.cases {
                let prediction = try image.predict(
                    one.prompt, in: image.frame, multimask: multimask, output: image.frame)
                let key = "\(picture.name).\(one.name)."
                #expect(prediction.masks.count == (multimask ? 3 : 1))
                try check(prediction, key + (multimask ? "several" : "one"), image.frame)
                if multimask { continue }
                // What the predictor hands back is clamped; the masks come from what is not.
                let low = try prediction.lowResolutionLogits.clamped(min: -32).clamped(max: 32)
                #expect(
                    try expected.difference(key + "one.low", low) < logitTolerance, "\(key)")
            }
        }
    }

    @Test("an unstable single mask is replaced by the best alternative, a stable one is kept")
    func fallback() throws {
        var replaced: [String] = []
        for picture in answers.pictures {
            let image = try segmenter.embed(picture.image)
            for one in picture.cases {
                let (single, all) = try (
                    image.predict(
                        one.prompt, in: image.frame, multimask: false, output: image.frame),
                    image.predict(
                        one.prompt, in: image.frame, multimask: true, output: image.frame)
                )
                if all.predictedIoU.contains(single.predictedIoU[0]) {
                    replaced.append("\(picture.name).\(one.name)")
                    #expect(single.predictedIoU[0] == all.predictedIoU.max())
                }
            }
        }
        #expect(replaced == answers.unstable)
        #expect(!replaced.isEmpty)
        #expect(replaced.count < answers.pictures.map(\.cases.count).reduce(0, +))
    }

    @Test("several objects in one call get the masks of the official predictor's one call")
    func batches() throws {
        let picture = try #require(answers.pictures.first { $0.width == 150 })
        let image = try segmenter.embed(picture.image)
        let cases = Dictionary(
            uniqueKeysWithValues: (picture.cases + [answers.extra]).map { ($0.name, $0) })
        for (name, names) in answers.batches {
            let prompts = try names.map { try #require(cases[$0]).prompt }
            let together = try image.masks(for: prompts, in: image.frame, output: image.frame)
            let key = "\(picture.name).batch.\(name)"
            let scores = try Tensor.of(together.map(\.predictedIoU), shape: [prompts.count, 1])
            #expect(try expected.difference(key + ".iou", scores) < scoreTolerance, "\(key)")
            let count = image.frame.width * image.frame.height
            let masks = try bits(key + ".masks", count: prompts.count * count)
            for (place, prompt) in prompts.enumerated() {
                let truth = BinaryMask(
                    width: image.frame.width, height: image.frame.height,
                    bytes: Array(masks[place * count..<(place + 1) * count]))
                let alone = try image.predict(
                    prompt, in: image.frame, multimask: false, output: image.frame)
                let logits = try alone.logits.floats
                expectEqual(
                    together[place].mask, truth, logits: logits, tolerance: logitTolerance, key)
                let low = try expected.tensor(key + ".low").selected(0, place)
                let ours = try alone.lowResolutionLogits.clamped(min: -32).clamped(max: 32)
                #expect(try (low - ours).abs().max().item() < logitTolerance, "\(names[place])")
            }
        }
    }
}
