import Imaging
import Segmentation
import Supervised
import Testing

@Suite struct AnswerWriterTests {
    /// A slanted bar, and a disc to its right.
    private func targets() throws -> [AnswerTarget] {
        var bar = BinaryMask(width: 112, height: 84)
        var disc = BinaryMask(width: 112, height: 84)
        for y in 0..<84 {
            for x in 0..<112 {
                if abs(x - y - 3) < 6, (9..<40).contains(x) { bar[x, y] = true }
                if (x - 80) * (x - 80) + (y - 50) * (y - 50) < 200 { disc[x, y] = true }
            }
        }
        return try [#require(AnswerTarget(mask: disc)), #require(AnswerTarget(mask: bar))]
    }

    private func parsed(_ variant: PromptVariant, step: Int) throws -> [SegmentationPrompt] {
        let writer = AnswerWriter(grammar: variant.grammar, coordinateStep: step)
        let completion = writer.completion(
            thought: AnswerWriter.thought(many: "things", count: 2), targets: try targets())
        #expect(ThinkAnswerFormat.matches(completion))
        return try AnswerParser(grammar: variant.grammar, acceptance: .strict).parse(completion)
            .get()
            .prompts
    }

    @Test("Written answers are read back, whatever the variant", arguments: PromptVariant.all)
    func readBack(variant: PromptVariant) throws {
        let prompts = try parsed(variant, step: 1)
        #expect(prompts.count == 2)
        for prompt in prompts {
            #expect((prompt.box == nil) == (variant.grammar.box == .forbidden))
            #expect(prompt.positivePoints.count == variant.grammar.positivePoints)
            #expect(prompt.negativePoints.count == variant.grammar.negativePoints)
        }
    }

    @Test(
        "Points lie in their object, negative ones outside of all, boxes around it, left to right",
        arguments: [1, 4])
    func places(step: Int) throws {
        let (disc, bar) = (try targets()[0], try targets()[1])
        let prompts = try parsed(.box2PointsNegatives, step: step)
        for (prompt, target) in zip(prompts, [bar, disc]) {
            let box = try #require(prompt.box)
            #expect(abs(box.x1 - target.box.x1) <= Double(step) / 2)
            #expect(abs(box.y2 - target.box.y2) <= Double(step) / 2)
            for point in prompt.positivePoints {
                #expect(target.mask[Int(point.x), Int(point.y)])
                #expect(Int(point.x) % step == 0 && Int(point.y) % step == 0)
            }
            for point in prompt.negativePoints {
                #expect(!disc.mask[Int(point.x), Int(point.y)])
                #expect(!bar.mask[Int(point.x), Int(point.y)])
            }
        }
        let points = prompts[0].positivePoints
        // The bar runs down to the right: so do its points.
        #expect(points[1].x - points[0].x >= 8 && points[1].y - points[0].y >= 8)
    }

    @Test("An object thinner than the step still gets points inside it")
    func thin() throws {
        var mask = BinaryMask(width: 60, height: 60)
        for x in 3..<57 { mask[x, 21] = true }
        let writer = AnswerWriter(grammar: PromptVariant.box2Points.grammar, coordinateStep: 4)
        let completion = writer.completion(
            thought: "", targets: [try #require(AnswerTarget(mask: mask))])
        let prompts = try AnswerParser(grammar: writer.grammar, acceptance: .strict)
            .parse(completion).get().prompts
        #expect(prompts[0].positivePoints.allSatisfy { mask[Int($0.x), Int($0.y)] })
    }

    @Test("Coordinates stand in the frame that a policy writes in, at the same places")
    func otherFrame() throws {
        var mask = BinaryMask(width: 200, height: 50)
        for y in 10..<30 { for x in 20..<120 { mask[x, y] = true } }
        let target = try #require(AnswerTarget(mask: mask))
        var writer = AnswerWriter(grammar: PromptVariant.box2Points.grammar)
        func prompt() throws -> SegmentationPrompt {
            try AnswerParser(grammar: writer.grammar, acceptance: .strict)
                .parse(writer.completion(thought: "", targets: [target])).get().prompts[0]
        }
        let own = try prompt()
        writer.frame = ImageFrame(width: 1000, height: 1000)
        let thousandths = try prompt()
        #expect(thousandths.box == Box(x1: 100, y1: 200, x2: 600, y2: 600))
        #expect(
            thousandths.positivePoints
                == own.positivePoints.map { Point(x: $0.x * 5, y: $0.y * 20) })
    }

    @Test("No target is an empty list, and a mask of no pixels is no target")
    func empty() throws {
        let writer = AnswerWriter(grammar: PromptVariant.box2Points.grammar)
        #expect(
            writer.completion(thought: "x", targets: [])
                == "<think>x</think>\n<answer>```json[]```</answer>")
        #expect(AnswerTarget(mask: BinaryMask(width: 4, height: 4)) == nil)
    }

    @Test(
        "The fixed stretches spell every answer with up to six objects, but for names and numbers")
    func stretches() throws {
        let writer = AnswerWriter(grammar: PromptVariant.box2Points.grammar, coordinateStep: 4)
        let targets = try targets()
        for count in 0...6 {
            let completion = writer.completion(
                thought: AnswerWriter.thought(many: "ponds", count: count),
                targets: (0..<count).map { _ in targets[0] })
            var rest = completion
            for stretch in AnswerWriter.stretches.sorted(by: { $0.count > $1.count }) {
                rest = rest.replacing(stretch, with: "|")
            }
            #expect(
                rest.allSatisfy { $0 == "|" || $0.isNumber || " ponds".contains($0) }, "\(rest)")
        }
    }
}
