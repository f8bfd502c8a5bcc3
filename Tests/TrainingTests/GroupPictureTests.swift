import EventFiles
import FilesTestSupport
import Foundation
import Imaging
import Rewards
import Segmentation
import Testing

@testable import Evaluating
@testable import RLTrainer
@testable import Training

@Suite struct GroupPictureTests {
    private struct Prompt: PolicyPrompt {
        var tokenCount: Int { 3 }
        let frame: ImageFrame
    }

    /// A grey square of side 600, asked about in a frame of side 300: the truth is on the left, the
    /// first answer's mask on the right.
    private func group(_ texts: [String], readable: Bool = true) throws -> RolloutGroup<Prompt> {
        let frame = ImageFrame.square(300)
        var truth = BinaryMask(width: 600, height: 600)
        for y in 200..<400 { for x in 60..<180 { truth[x, y] = true } }
        var mask = BinaryMask(width: 300, height: 300)
        for y in 100..<200 { for x in 180..<270 { mask[x, y] = true } }
        let prompt = SegmentationPrompt(
            box: Box(x1: 150, y1: 60, x2: 285, y2: 240), positivePoints: [Point(x: 225, y: 150)])
        let answer = RewardBreakdown(
            terms: [RewardValue(term: RewardTerm(rawValue: "mask_iou"), value: 0.25)], total: 1.5,
            parse: readable
                ? .success(ParsedAnswer(prompts: [prompt]))
                : AnswerParser(acceptance: .strict).parse("no"),
            mask: readable ? mask : nil, iou: 0.25)
        return RolloutGroup(
            example: TrainingExample(
                id: "s1", epoch: 0, question: "Where is it?",
                image: RGBImage(
                    width: 600, height: 600,
                    pixels: [UInt8](repeating: 128, count: 600 * 600 * 3)),
                truth: truth),
            prompt: Prompt(frame: frame), promptTokenCount: 3,
            completions: texts.map {
                Completion(
                    tokenIDs: [1], logProbabilities: [0], text: $0, stopReason: .endOfSequence)
            },
            rewards: texts.map { _ in answer }, advantages: texts.map { _ in 0.5 })
    }

    @Test(
        "Mask, box, points and truth are drawn where they are, in a picture of at most 512 pixels")
    func drawing() throws {
        let drawn = GroupPicture(try group(["a"])).drawn
        #expect(drawn.width == 512 && drawn.height == 512)
        func color(_ x: Double, _ y: Double) -> [UInt8] {
            let place = (Int(y * 512) * 512 + Int(x * 512)) * 3
            return Array(drawn.pixels[place..<place + 3])
        }
        let grey: [UInt8] = [128, 128, 128]
        #expect(color(0.02, 0.02) == grey && color(0.2, 0.5) == grey)
        // The truth's left edge; its inside stays as it is.
        #expect(color(0.1005, 0.5) == [125, 255, 90])
        // The answer's mask is tinted, its point is green, its box's edge has the object's colour.
        let tinted = color(0.65, 0.5)
        #expect(tinted[0] > 140 && tinted[1] < 120)
        #expect(color(0.75, 0.5) == [40, 200, 70])
        #expect(color(0.5, 0.3) == [30, 136, 229])
    }

    @Test(
        "The caption is one line above the picture, and an answer that cannot be read draws nothing"
    )
    func caption() throws {
        let logged = try GroupPicture(try group(["a"], readable: false)).logged(step: 9)
        #expect(logged.width == 512 && (513...560).contains(logged.height))
        let drawn = GroupPicture(try group(["a"], readable: false)).drawn
        #expect(!drawn.pixels.contains(40))
    }

    @Test("Answers stand in blocks of code, line by line, so that nothing in them is Markdown")
    func markdown() throws {
        let text = GroupPicture(try group(["# a\r\n<b>\u{2028}```", "second"])).markdown
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for part in ["# a", "<b>", "```", "second", "Where is it?"] {
            #expect(lines.contains { $0 == "    " + part }, "\(part)")
        }
        #expect(lines.contains("**1. reward 1.5** (mask_iou 0.25, advantage 0.5)"))
        #expect(lines.filter { $0.hasPrefix("**") }.count == 2)
    }

    @Test("What terms abstained from is a dash, and an answer that nothing judges has no reward")
    func abstentions() throws {
        var silent = try group(["first", "second"])
        silent.rewards[1].terms[0].value = nil
        silent.rewards[1].total = .nan
        silent.advantages[1] = nil
        let text = GroupPicture(silent).markdown
        #expect(text.contains("**1. reward 1.5** (mask_iou 0.25, advantage 0.5)"))
        #expect(text.contains("**2. no reward** (mask_iou —, advantage —)"))
    }
}
