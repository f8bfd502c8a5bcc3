import Foundation
import Imaging
import Segmentation
import Testing

@testable import Rewards

/// The terms beyond the method's three, each on masks and answers small enough to count by hand.
@Suite struct TermTests {
    /// A mask of so many columns and rows from rectangles `x1, y1, x2, y2`, ends excluded.
    private func mask(_ side: Int, _ rectangles: [Int]...) -> BinaryMask {
        var mask = BinaryMask(width: side, height: side)
        for r in rectangles {
            for y in r[1]..<r[3] { for x in r[0]..<r[2] { mask[x, y] = true } }
        }
        return mask
    }

    private func box(_ numbers: [Double]) -> Box {
        Box(x1: numbers[0], y1: numbers[1], x2: numbers[2], y2: numbers[3])
    }

    /// A context of an answer with these prompts; nil: one that cannot be read.
    private func context(
        _ prompts: [SegmentationPrompt]?, truth: BinaryMask, mask: BinaryMask? = nil,
        iou: Double = 0, tokens: Int? = nil
    ) -> RewardContext {
        RewardContext(
            completion: ScoredCompletion("words", tokenCount: tokens),
            parse: prompts.map { .success(ParsedAnswer(prompts: $0)) } ?? .failure(.noFence),
            mask: mask, truth: truth, iou: iou)
    }

    private func value(
        _ name: String, _ parameters: [String: Double] = [:], _ context: RewardContext,
        maxLength: Int? = nil
    ) throws -> Double {
        try #require(
            try RewardRegistry.standard.function(
                for: RewardSpecification(name, parameters: parameters),
                maxCompletionLength: maxLength
            ).value(context))
    }

    private func prompt(
        _ numbers: [Double]? = nil, _ points: [(Double, Double)] = [],
        not: [(Double, Double)] = []
    ) -> SegmentationPrompt {
        SegmentationPrompt(
            box: numbers.map(box), positivePoints: points.map { Point(x: $0.0, y: $0.1) },
            negativePoints: not.map { Point(x: $0.0, y: $0.1) })
    }

    /// What a term is worth where no masks are compared, in the order of the documentation's table:
    /// unreadable with a target, unreadable without, `[]` without target, prompts without target,
    /// `[]` on a target.
    static let specialCases: [(String, [Double])] = [
        ("mask_iou", [0, 0, 1, 0, 0]), ("mask_dice", [0, 0, 1, 0, 0]),
        ("boundary_iou", [0, 0, 1, 0, 0]), ("iou_threshold", [0, 0, 1, 0, 0]),
        ("box_iou", [0, 0, 1, 0, 0]), ("point_in_mask", [0, 0, 1, 0, 0]),
        ("instance_count", [0, 0, 1, 0.5, 0.5]),
        ("length_penalty", [-0.2, -0.2, -0.2, -0.2, -0.2]),
        ("overlong_penalty", [-1, -1, -1, -1, -1]),
        ("prompt_area_penalty", [0, 0, 0, -0.25, 0]),
        ("sam_json_format", [0, 0, 1, 1, 1]), ("think_answer_format", [0, 0, 0, 0, 0]),
    ]

    @Test(
        "Where no masks are compared, each term has the value of the table", arguments: specialCases
    )
    func special(name: String, expected: [Double]) throws {
        let target = mask(4, [0, 0, 2, 2])
        let none = BinaryMask(width: 4, height: 4)
        let something = prompt([0, 0, 2, 2], [(1, 1)])
        let contexts = [
            context(nil, truth: target, tokens: 200), context(nil, truth: none, tokens: 200),
            context([], truth: none, mask: none, iou: 1, tokens: 200),
            context([something], truth: none, tokens: 200),
            context([], truth: target, mask: none, tokens: 200),
        ]
        for (context, wanted) in zip(contexts, expected) {
            let found = try value(name, [:], context, maxLength: 100)
            #expect(abs(found - wanted) < 1e-12, "\(name)")
        }
        #expect(
            Set(Self.specialCases.map(\.0))
                == Set(RewardRegistry.standard.kinds.map { $0.name })
                .subtracting(customRewards.map { $0.name }))
    }

    @Test("Dice is twice the intersection over the sum of both")
    func dice() throws {
        let answer = context(
            [prompt([0, 0, 4, 2])], truth: mask(8, [0, 0, 4, 4]), mask: mask(8, [0, 0, 4, 2]),
            iou: 0.5)
        #expect(try value("mask_dice", [:], answer) == 2.0 / 3)
    }

    @Test("A threshold is hard, or a logistic step of a width; unreadable answers are below it")
    func threshold() throws {
        func at(_ iou: Double, _ parameters: [String: Double] = [:]) throws -> Double {
            try value(
                "iou_threshold", parameters,
                context([prompt([0, 0, 1, 1])], truth: mask(4, [0, 0, 2, 2]), iou: iou))
        }
        #expect(try [0.49, 0.5, 0.9].map { try at($0) } == [0, 1, 1])
        #expect(try at(0.7, ["threshold": 0.8]) == 0)
        let soft = ["threshold": 0.5, "softness": 0.1]
        #expect(try at(0.5, soft) == 0.5)
        #expect(abs(try at(0.6, soft) - 1 / (1 + exp(-1))) < 1e-12)
        let unreadable = context(nil, truth: mask(4, [0, 0, 2, 2]))
        #expect(try value("iou_threshold", ["threshold": 0, "softness": 0.1], unreadable) == 0)
        #expect(try value("iou_threshold", ["threshold": 0], unreadable) == 0)
    }

    @Test("A boundary is what an erosion takes away, and the frame's edge is one")
    func boundary() {
        let square = mask(8, [0, 0, 6, 6])
        let thin = square.boundary(distance: 1)
        #expect(thin.count == 36 - 16 && !thin[1, 1] && thin[0, 3] && thin[5, 3])
        #expect(square.boundary(distance: 2).count == 36 - 4)
        #expect(square.boundary(distance: 3) == square)
        // A hole has an edge too.
        var ring = mask(9, [1, 1, 8, 8])
        ring[4, 4] = false
        #expect(ring.boundary(distance: 1).count == 48 - (25 - 9))
    }

    @Test("A boundary is what the definition says, pixel by pixel, on ragged masks")
    func definition() {
        var state: UInt64 = 3
        func isIn() -> Bool {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 62 != 0
        }
        for (width, height, distance) in [(9, 7, 1), (13, 11, 2), (6, 17, 3)] {
            var mask = BinaryMask(width: width, height: height)
            for y in 0..<height { for x in 0..<width { mask[x, y] = x % 7 < 5 || isIn() } }
            let boundary = mask.boundary(distance: distance)
            for y in 0..<height {
                for x in 0..<width {
                    let survives = (y - distance...y + distance).allSatisfy { row in
                        (x - distance...x + distance).allSatisfy { column in
                            (0..<width).contains(column) && (0..<height).contains(row)
                                && mask[column, row]
                        }
                    }
                    #expect(boundary[x, y] == (mask[x, y] && !survives), "\(x), \(y)")
                }
            }
        }
    }

    @Test("Boundaries that agree are worth 1, shifted ones less than the masks' IoU")
    func boundaryIoU() throws {
        let truth = mask(40, [5, 5, 30, 30])
        func at(_ mask: BinaryMask) throws -> Double {
            try value(
                "boundary_iou", [:],
                context(
                    [prompt([0, 0, 1, 1])], truth: truth, mask: mask,
                    iou: mask.intersectionOverUnion(truth)))
        }
        #expect(try at(truth) == 1)
        let shifted = mask(40, [7, 5, 32, 30])
        let found = try at(shifted)
        #expect(found > 0 && found < shifted.intersectionOverUnion(truth))
        // One pixel wide at 0.02 of a diagonal of 57: two rings of 96 pixels that share 2 × 23.
        let expected = 46.0 / (2 * 96 - 46)
        #expect(abs(found - expected) < 1e-12)
    }

    @Test("Boxes are matched one to one as well as can be, and extra ones on either side cost")
    func boxes() throws {
        let truth = mask(20, [0, 0, 4, 4], [10, 10, 14, 14])
        func at(_ boxes: [[Double]], _ parameters: [String: Double] = [:]) throws -> Double {
            try value(
                "box_iou", parameters, context(boxes.map { prompt($0) }, truth: truth))
        }
        #expect(try at([[10, 10, 14, 14], [0, 0, 4, 4]]) == 1)
        #expect(try at([[0, 0, 4, 4]]) == 0.5)
        #expect(try at([[0, 0, 4, 4], [10, 10, 14, 14], [15, 15, 16, 16]]) == 2.0 / 3)
        #expect(try at([[0, 0, 4, 4], [0, 0, 4, 4]]) == 0.5, "one part is matched once")
        #expect(try at([[0, 0, 4, 2]]) == 0.25)
        #expect(try at([[4, 4, 0, 0]]) == 0, "corners the wrong way round")
        let points = context([prompt(nil, [(1, 1)])], truth: truth)
        #expect(try value("box_iou", [:], points) == 0)
        var noisy = truth
        noisy[19, 0] = true
        let clean = context([prompt([0, 0, 4, 4]), prompt([10, 10, 14, 14])], truth: noisy)
        #expect(try value("box_iou", [:], clean) == 2.0 / 3)
        #expect(try value("box_iou", ["min_area": 2], clean) == 1)
    }

    @Test("The best matching is no smaller than any other, whichever side is longer")
    func matching() {
        // Greedy takes 0.9 and then 0; the best is 0.8 + 0.8.
        #expect(abs(bestMatching([[0.9, 0.8], [0.8, 0]]) - 1.6) < 1e-12)
        #expect(bestMatching([]) == 0 && bestMatching([[]]) == 0)
        var state: UInt64 = 7
        func number() -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Double(state >> 40) / Double(1 << 24)
        }
        for (rows, columns) in [(1, 1), (2, 3), (3, 2), (4, 4), (4, 6), (5, 3)] {
            let table = (0..<rows).map { _ in (0..<columns).map { _ in number() } }
            #expect(abs(bestMatching(table) - best(table, 0, [])) < 1e-9)
        }
    }

    /// The best sum by trying everything.
    private func best(_ table: [[Double]], _ row: Int, _ used: Set<Int>) -> Double {
        if row == table.count { return 0 }
        var result = best(table, row + 1, used)
        for column in table[row].indices where !used.contains(column) {
            result = max(
                result, table[row][column] + best(table, row + 1, used.union([column])))
        }
        return result
    }

    @Test("Points count where they should be: positive ones in the truth, negative ones beside it")
    func points() throws {
        let truth = mask(10, [0, 0, 5, 5])
        func at(_ prompts: SegmentationPrompt...) throws -> Double {
            try value("point_in_mask", [:], context(prompts, truth: truth))
        }
        #expect(try at(prompt(nil, [(1, 1), (4.9, 4.9)])) == 1)
        #expect(try at(prompt(nil, [(1, 1), (5, 1)])) == 0.5)
        #expect(try at(prompt(nil, [(1, 1)], not: [(7, 7), (2, 2)])) == 2.0 / 3)
        #expect(try at(prompt(nil, [(-1, 1), (1e300, 1), (1, 10)])) == 0)
        #expect(try at(prompt([0, 0, 5, 5])) == 0, "no points")
    }

    @Test("Counts of instances are worth less the farther they are from the truth's parts")
    func counts() throws {
        let truth = mask(12, [0, 0, 2, 2], [4, 4, 6, 6], [8, 8, 10, 10])
        let found = try (0...5).map { count in
            try value(
                "instance_count", [:],
                context(
                    [SegmentationPrompt](repeating: prompt([0, 0, 1, 1]), count: count),
                    truth: truth))
        }
        #expect(found == [0.25, 1.0 / 3, 0.5, 1, 0.5, 1.0 / 3])
    }

    @Test("Boxes cost the share of the frame that they cover together")
    func area() throws {
        let truth = mask(10, [0, 0, 5, 5])
        func at(_ boxes: [Double]...) throws -> Double {
            try value("prompt_area_penalty", [:], context(boxes.map { prompt($0) }, truth: truth))
        }
        #expect(try at([0, 0, 5, 5]) == -0.25)
        #expect(try at([0, 0, 5, 5], [0, 0, 5, 5]) == -0.25)
        #expect(abs(try at([0, 0, 6, 6], [4, 4, 10, 10]) + 0.68) < 1e-12)
        #expect(try at([-100, -100, 1e9, 1e9]) == -1)
        #expect(try at([5, 5, 0, 0]) == 0)
        #expect(abs(try at([0, 0, 2, 10], [1, 2, 9, 4], [8, 0, 10, 10]) + 0.52) < 1e-12)
    }

    @Test("Tokens above a target cost each the same; those of an unknown number are a fault")
    func lengths() throws {
        let truth = mask(4, [0, 0, 2, 2])
        func at(_ tokens: Int?, _ parameters: [String: Double] = [:]) throws -> Double {
            try value("length_penalty", parameters, context(nil, truth: truth, tokens: tokens))
        }
        #expect(try at(100, ["target": 60, "per_token": 0.01]) == -0.4)
        #expect(try at(60, ["target": 60]) == 0)
        #expect(try at(2000, ["min": -1]) == -1)
        #expect(throws: NoTokenCountError.self) { try at(nil) }
    }

    @Test("DAPO's soft punishment falls over the cache, from 0 to -1 at the longest length")
    func overlong() throws {
        let truth = mask(4, [0, 0, 2, 2])
        func at(_ tokens: Int, _ parameters: [String: Double]) throws -> Double {
            try value(
                "overlong_penalty", parameters, context(nil, truth: truth, tokens: tokens),
                maxLength: 20480)
        }
        // The paper's own numbers: 16384 expected tokens and a cache of 4096.
        #expect(
            try [16384, 17408, 18432, 20480, 30000].map { try at($0, ["cache": 4096]) }
                == [0, -0.25, -0.5, -1, -1])
        #expect(try at(90, ["max_length": 100]) == -0.5, "a fifth of it, where nothing is said")
        let error = #expect(throws: RewardConfigurationError.self) {
            try RewardRegistry.standard.function(for: RewardSpecification("overlong_penalty"))
        }
        #expect("\(error!)".contains("max_length"))
    }

    @Test("Every term can be clipped before its weight, and a clipped NaN stays a fault")
    func clipping() throws {
        let answer = context(
            [prompt([0, 0, 1, 1])], truth: mask(4, [0, 0, 2, 2]), mask: mask(4, [0, 0, 2, 2]),
            iou: 0.6)
        #expect(try value("mask_iou", ["min": 0.7], answer) == 0.7)
        #expect(try value("mask_iou", ["max": 0.5], answer) == 0.5)
        struct Broken: Reward {
            static let name = "broken"
            static let help = "Not a number"
            init(_: RewardParameters) {}
            func value(_ completion: RewardContext) -> Double { .nan }
        }
        var registry = RewardRegistry()
        registry.register(Broken.self)
        let broken = try registry.function(
            for: RewardSpecification("broken", parameters: ["min": 0]))
        #expect(try broken.value(answer)?.isNaN == true)
    }

    @Test("One kind can come twice under names of its own, and each is reported by its name")
    func twice() throws {
        let scorer = try Scorer(rewards: [
            RewardSpecification("iou_50", kind: "iou_threshold", parameters: ["threshold": 0.5]),
            RewardSpecification(
                "iou_90", kind: "iou_threshold", weight: 2, parameters: ["threshold": 0]),
        ])
        let found = try scorer.score(
            completions: ["<think></think><answer>```json[]```</answer>"],
            image: FakeSegmenterImage(), policyFrame: .square(2),
            truth: mask(2, [0, 0, 1, 1]))[0]
        #expect(found.terms.map(\.term.rawValue) == ["iou_50", "iou_90"])
        #expect(found.terms.map(\.value) == [0, 1] && found.total == 2)
        #expect(throws: RewardConfigurationError.self) {
            try Scorer(rewards: [
                RewardSpecification("mask_iou"),
                RewardSpecification("mask_iou", kind: "mask_dice"),
            ])
        }
    }

    @Test("A truth's parts are the largest first, and found once for a group")
    func parts() {
        let shapes = TruthShapes(mask(12, [0, 0, 2, 2], [4, 4, 9, 9]))
        #expect(shapes.components.map(\.pixelCount) == [25, 4])
        #expect(shapes.boundary(distance: 1).count == 4 + 16)
    }
}
