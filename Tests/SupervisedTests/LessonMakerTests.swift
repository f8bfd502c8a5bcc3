import Datasets
import Imaging
import Segmentation
import Supervised
import Testing

@Suite struct LessonMakerTests {
    private static let frame = ImageFrame.square(64)

    private func block(_ x: Int, _ y: Int) -> BinaryMask {
        var mask = BinaryMask(width: 64, height: 64)
        for v in y..<y + 12 { for u in x..<x + 12 { mask[u, v] = true } }
        return mask
    }

    /// Two ponds, which are asked for, and a ship.
    private func sample(knowsObjects: Bool = true, asksForPonds: Bool = true) -> SegmentationSample
    {
        let masks = [("pond", block(4, 4)), ("pond", block(40, 8)), ("ship", block(20, 40))]
        var union = BinaryMask(width: 64, height: 64)
        if asksForPonds { masks.prefix(2).forEach { union.formUnion($0.1) } }
        return SegmentationSample(
            id: "a", image: [], format: .png, frame: Self.frame,
            questions: ["Where do frogs live?"],
            answers: [], mask: union,
            instances: knowsObjects
                ? masks.map {
                    InstanceTruth(
                        className: $0.0, isTarget: asksForPonds && $0.0 == "pond",
                        box: $0.1.boundingBox ?? Box(x1: 0, y1: 0, x2: 0, y2: 0), mask: $0.1)
                } : nil)
    }

    private func maker(_ change: (inout LessonMaker) -> Void = { _ in }) -> LessonMaker {
        var maker = LessonMaker(
            writer: AnswerWriter(grammar: PromptVariant.box2Points.grammar), seed: 3)
        maker.classNames = ["plane", "pond", "ship"]
        change(&maker)
        return maker
    }

    private func count(_ answer: WrittenAnswer) throws -> Int {
        try AnswerParser(grammar: PromptVariant.box2Points.grammar, acceptance: .strict)
            .parse(answer.completion).get().prompts.count
    }

    @Test("A sample's own question is answered with its targets and their name")
    func own() throws {
        let (answers, objects) = try maker().lessons(sample(), frame: Self.frame, epoch: 0)
        #expect(answers.map(\.question) == ["Where do frogs live?"])
        #expect(try count(answers[0]) == 2)
        #expect(answers[0].completion.contains("means ponds; two are visible."))
        #expect(objects.count == 3)
    }

    @Test("Without known objects the parts of the mask are the targets")
    func parts() throws {
        let answers = try maker().lessons(
            sample(knowsObjects: false), frame: Self.frame, epoch: 0
        ).answers
        #expect(try count(answers[0]) == 2)
        #expect(answers[0].completion.contains("2 regions fit the question."))
    }

    @Test("Classes are asked for by name, each once, and absent ones have no target")
    func named() throws {
        let maker = maker {
            $0.ownQuestions = 0
            $0.namedQuestions = 2
            $0.absentShare = 0
        }
        for epoch in 0..<20 {
            let answers = try maker.lessons(sample(), frame: Self.frame, epoch: epoch).answers
            #expect(Set(try answers.map(count)) == [1, 2])
            for answer in answers {
                let name = try count(answer) == 2 ? "pond" : "ship"
                #expect(answer.question.contains(name) && answer.completion.contains(name + "s;"))
            }
        }
        var absent = maker
        absent.absentShare = 1
        let answers = try absent.lessons(sample(), frame: Self.frame, epoch: 0).answers
        #expect(try answers.allSatisfy { try $0.question.contains("plane") && count($0) == 0 })
    }

    @Test("An own question without a target guesses an absent class only where told to")
    func guesses() throws {
        let empty = sample(asksForPonds: false)
        let plain = try maker().lessons(empty, frame: Self.frame, epoch: 0).answers[0]
        #expect(plain.completion.contains("Nothing in the image fits"))
        let guess = try maker { $0.guessesAbsentClass = true }
            .lessons(empty, frame: Self.frame, epoch: 0).answers[0]
        #expect(guess.completion.contains("means planes; none is visible."))
        #expect(try count(guess) == 0)
    }

    @Test("The same seed, pass and sample give the same lessons, another pass gives others")
    func seeded() throws {
        let maker = maker { $0.namedQuestions = 1 }
        let passes = try (0..<12).map {
            try maker.lessons(sample(), frame: Self.frame, epoch: $0).answers
        }
        #expect(try maker.lessons(sample(), frame: Self.frame, epoch: 5).answers == passes[5])
        #expect(Set(passes).count > 3)
    }

    @Test("Asking by name is refused where objects are not known, with the sample's id")
    func refusal() throws {
        let error = #expect(throws: LessonError.self) {
            try maker { $0.namedQuestions = 1 }
                .lessons(sample(knowsObjects: false), frame: Self.frame, epoch: 0)
        }
        #expect(error?.description.hasPrefix("a: does not know its objects") == true)
    }

    @Test("No negative point is on an ignored pixel")
    func ignored() throws {
        let variant = PromptVariant.box2PointsNegatives
        var maker = maker()
        maker.writer = AnswerWriter(grammar: variant.grammar)
        var sample = sample(knowsObjects: false)
        let parser = AnswerParser(grammar: variant.grammar, acceptance: .strict)
        func negatives() throws -> [Point] {
            let answer = try maker.lessons(sample, frame: Self.frame, epoch: 0).answers[0]
            return try parser.parse(answer.completion).get().prompts.flatMap(\.negativePoints)
        }
        // Everything around the objects, but for the last row.
        let before = try negatives()
        var ignored = BinaryMask(width: 64, height: 64)
        for y in 0..<63 { for x in 0..<64 where !sample.mask[x, y] { ignored[x, y] = true } }
        #expect(before.contains { ignored[Int($0.x), Int($0.y)] })
        sample.ignored = ignored
        let after = try negatives()
        #expect(after.count == before.count && after.allSatisfy { $0.y == 63 })
    }
}
