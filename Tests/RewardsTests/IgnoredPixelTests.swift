import Foundation
import Imaging
import Segmentation
import Testing

@testable import Rewards

/// What pixels that do not count do to each term: nothing.
@Suite struct IgnoredPixelTests {
    /// Numbers that look random.
    private struct Numbers {
        var state: UInt64

        mutating func below(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }

        mutating func mask(_ side: Int, oneIn share: Int, without other: BinaryMask?) -> BinaryMask
        {
            var mask = BinaryMask(width: side, height: side)
            for y in 0..<side {
                for x in 0..<side where below(share) == 0 && !(other?[x, y] ?? false) {
                    mask[x, y] = true
                }
            }
            return mask
        }

        mutating func box(_ side: Int) -> Box {
            let (x, y) = (Double(below(side - 1)), Double(below(side - 1)))
            return Box(
                x1: x + 0.5, y1: y, x2: x + 1.25 + Double(below(side / 2)),
                y2: y + 1 + Double(below(side / 2)))
        }

        mutating func point(_ side: Int) -> Point {
            Point(x: Double(below(side)) + 0.5, y: Double(below(side)))
        }
    }

    private func value(
        _ name: String, _ context: RewardContext, _ parameters: [String: Double] = [:]
    ) throws -> Double {
        try #require(
            try RewardRegistry.standard.function(
                for: RewardSpecification(name, parameters: parameters), maxCompletionLength: 100
            ).value(context))
    }

    private func context(
        _ prompts: [SegmentationPrompt], mask: BinaryMask? = nil, truth: BinaryMask,
        ignored: BinaryMask?
    ) -> RewardContext {
        RewardContext(
            completion: ScoredCompletion("words"), parse: .success(ParsedAnswer(prompts: prompts)),
            mask: mask, truth: truth, ignored: ignored,
            iou: mask?.subtracting(ignored).intersectionOverUnion(truth) ?? 0)
    }

    @Test("Terms of masks are the same whatever is predicted at ignored pixels", arguments: 1...12)
    func invariance(seed: Int) throws {
        var random = Numbers(state: UInt64(seed))
        let side = 11
        let ignored = random.mask(side, oneIn: 3, without: nil)
        var truth = random.mask(side, oneIn: 2, without: ignored)
        truth = truth.isEmpty ? BinaryMask(width: side, height: side) : truth
        let mask = random.mask(side, oneIn: 2, without: ignored)
        var filled = mask
        filled.formUnion(ignored)
        let prompts = [SegmentationPrompt(box: random.box(side))]
        for name in ["mask_iou", "mask_dice", "boundary_iou", "iou_threshold"] {
            let values = try [mask, filled].map {
                try value(
                    name, context(prompts, mask: $0, truth: truth, ignored: ignored))
            }
            #expect(values[0] == values[1], "\(name)")
            // Without the pixels, nothing says that they were ignored.
            #expect(
                try value(name, context(prompts, mask: mask, truth: truth, ignored: nil))
                    == values[0], "\(name)")
        }
    }

    @Test("IoU and Dice are those of counting pixel by pixel", arguments: 1...6)
    func counting(seed: Int) throws {
        var random = Numbers(state: UInt64(seed) &* 977)
        let side = 9
        let ignored = random.mask(side, oneIn: 3, without: nil)
        let truth = random.mask(side, oneIn: 2, without: ignored)
        let mask = random.mask(side, oneIn: 2, without: nil)
        var (both, either, sum) = (0, 0, 0)
        for y in 0..<side {
            for x in 0..<side where !ignored[x, y] {
                both += mask[x, y] && truth[x, y] ? 1 : 0
                either += mask[x, y] || truth[x, y] ? 1 : 0
                sum += (mask[x, y] ? 1 : 0) + (truth[x, y] ? 1 : 0)
            }
        }
        let context = context(
            [SegmentationPrompt(box: random.box(side))], mask: mask, truth: truth,
            ignored: ignored)
        #expect(try value("mask_iou", context) == Double(both) / Double(either))
        #expect(try value("mask_dice", context) == Double(2 * both) / Double(sum))
    }

    @Test("The ignored area of a box is the sum of its parts of pixels")
    func area() {
        var random = Numbers(state: 5)
        let ignored = random.mask(8, oneIn: 2, without: nil)
        let area = IgnoredArea(ignored)
        func slow(_ box: Box) -> Double {
            var sum = 0.0
            for y in 0..<8 {
                for x in 0..<8 where ignored[x, y] {
                    let width = min(box.x2, Double(x + 1)) - max(box.x1, Double(x))
                    let height = min(box.y2, Double(y + 1)) - max(box.y1, Double(y))
                    sum += max(0, width) * max(0, height)
                }
            }
            return sum
        }
        for _ in 0..<60 {
            let box = random.box(8)
            #expect(abs(area.area(of: box) - slow(box)) < 1e-9)
        }
        #expect(area.area(of: Box(x1: -9, y1: -1e30, x2: 1e30, y2: 99)) == area.total)
        #expect(area.area(of: Box(x1: 5, y1: 0, x2: 2, y2: 9)) == 0)
        #expect(area.area(of: Box(x1: .nan, y1: 0, x2: 2, y2: 9)) == 0)
        #expect(!area.contains(Point(x: .nan, y: 1)) && !area.contains(Point(x: 1e300, y: 1)))
    }

    /// A truth of the columns 0 and 1 of a frame of 8 × 8, of which the columns 4 to 7 are ignored.
    private var halves: (truth: BinaryMask, ignored: BinaryMask) {
        var (truth, ignored) = (BinaryMask(width: 8, height: 8), BinaryMask(width: 8, height: 8))
        for y in 0..<8 {
            for x in 0..<2 { truth[x, y] = true }
            for x in 4..<8 { ignored[x, y] = true }
        }
        return (truth, ignored)
    }

    private func box(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> SegmentationPrompt {
        SegmentationPrompt(box: Box(x1: x1, y1: y1, x2: x2, y2: y2))
    }

    @Test("Boxes are compared without ignored area, and those on ignored pixels alone do not count")
    func boxes() throws {
        let (truth, ignored) = halves
        func boxIoU(_ prompts: [SegmentationPrompt], _ ignored: BinaryMask?) throws -> Double {
            try value("box_iou", context(prompts, truth: truth, ignored: ignored))
        }
        #expect(try boxIoU([box(0, 0, 8, 8)], nil) == 16.0 / 64)
        #expect(try boxIoU([box(0, 0, 8, 8)], ignored) == 16.0 / 32)
        #expect(try boxIoU([box(0, 0, 2, 8), box(5, 1, 7.5, 8)], nil) == 0.5)
        #expect(try boxIoU([box(0, 0, 2, 8), box(5, 1, 7.5, 8)], ignored) == 1)
        #expect(try boxIoU([box(0, 0, 2, 8), box(3.5, 1, 7.5, 8)], ignored) == 0.5)
        #expect(try boxIoU([box(5, 1, 7, 8)], ignored) == 0)
        func count(_ prompts: [SegmentationPrompt], _ ignored: BinaryMask?) throws -> Double {
            try value("instance_count", context(prompts, truth: truth, ignored: ignored))
        }
        let points = SegmentationPrompt(positivePoints: [Point(x: 6, y: 1), Point(x: 7, y: 2)])
        #expect(try count([box(0, 0, 2, 8), box(5, 1, 7, 8), points], nil) == 1.0 / 3)
        #expect(try count([box(0, 0, 2, 8), box(5, 1, 7, 8), points], ignored) == 1)
    }

    @Test("Points on ignored pixels are neither right nor wrong")
    func points() throws {
        let (truth, ignored) = halves
        func share(_ positive: [Double], _ negative: [Double]) throws -> Double {
            let prompt = SegmentationPrompt(
                positivePoints: positive.map { Point(x: $0, y: 3) },
                negativePoints: negative.map { Point(x: $0, y: 3) })
            return try value("point_in_mask", context([prompt], truth: truth, ignored: ignored))
        }
        #expect(try share([0, 5], []) == 1)
        #expect(try share([0, 3, 5], [6]) == 0.5)
        #expect(try share([0], [1, 3, 7]) == 2.0 / 3)
        #expect(try share([5, 6], [7]) == 0)
    }

    @Test("The penalty for covered area is of the area that counts")
    func coveredArea() throws {
        let (truth, ignored) = halves
        func penalty(_ prompts: [SegmentationPrompt], _ ignored: BinaryMask) throws -> Double {
            try value("prompt_area_penalty", context(prompts, truth: truth, ignored: ignored))
        }
        #expect(try penalty([box(0, 0, 8, 4)], ignored) == -0.5)
        #expect(try penalty([box(0, 0, 8, 4), box(3, 2, 6, 8)], ignored) == -(16.0 + 4) / 32)
        #expect(try penalty([box(4, 0, 8, 8)], ignored) == 0)
        var everything = BinaryMask(width: 8, height: 8)
        for y in 0..<8 { for x in 0..<8 { everything[x, y] = true } }
        let nothing = BinaryMask(width: 8, height: 8)
        #expect(
            try value(
                "prompt_area_penalty",
                context([box(0, 0, 8, 4)], truth: nothing, ignored: everything)) == 0)
    }

    @Test("A scorer takes ignored pixels out of masks, and the breakdown keeps the whole mask")
    func scorer() throws {
        let (truth, ignored) = halves
        let scorer = try Scorer(
            rewards: [RewardSpecification("mask_iou", weight: 1)])
        let image = FakeSegmenterImage()
        func score(_ text: String, _ truth: BinaryMask) throws -> RewardBreakdown {
            try scorer.score(
                completions: [ScoredCompletion(text)], policyFrame: .square(8), truth: truth,
                ignored: ignored
            ) { image }[0]
        }
        let answer = """
            <think>x</think><answer>```json[{"bbox_2d": [0, 0, 8, 4], "positive_points": \
            [[1, 1], [0, 1]]}]```</answer>
            """
        let result = try score(answer, truth)
        #expect(result.iou == 8.0 / (16 + 8) && result.total == result.iou)
        #expect(result.mask?.count == 32)
        // Where there is no target, naming something is wrong wherever it is.
        #expect(try score(answer, BinaryMask(width: 8, height: 8)).iou == 0)
    }

    @Test("A command gets masks without ignored pixels, and these, where there are some")
    func external() throws {
        let (truth, ignored) = halves
        var mask = truth
        mask.formUnion(ignored)
        func members(_ ignored: BinaryMask?) throws -> [String: Any] {
            let line = try ExternalRequest(
                context([box(0, 0, 8, 8)], mask: mask, truth: truth, ignored: ignored),
                sendsMasks: true
            ).line()
            return try #require(
                JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
        }
        let with = try members(ignored)
        let runs = try #require(with["ignored"] as? [String: Any])
        #expect(runs["counts"] as? [Int] == [32, 32])
        #expect((with["mask"] as? [String: Any])?["counts"] as? [Int] == [0, 16, 48])
        #expect(with["iou"] as? Double == 1)
        #expect(try members(nil)["ignored"] == nil)
        #expect(try members(BinaryMask(width: 8, height: 8))["ignored"] == nil)
    }
}
