public import Datasets
public import Imaging

/// A sample that cannot be made into answers.
public struct LessonError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The sample, what is wrong, and what to do.
    public let description: String

    /// An error from its description.
    public init(description: String) {
        self.description = description
    }
}

/// Derives questions and answers from a sample's truth.
///
/// The sample's own questions are answered with its targets. Where the truth knows every object by name,
/// further questions can ask for classes by their names, absent ones among them.
public struct LessonMaker: Sendable {
    /// Writes the answers.
    public var writer: AnswerWriter
    /// How many of the sample's own questions are asked; the same answer follows each.
    public var ownQuestions = 1
    /// How many classes are asked for by name.
    public var namedQuestions = 0
    /// The share of named questions that ask for an absent class.
    public var absentShare = 0.15
    /// The classes of the data set, for questions that ask for an absent one.
    public var classNames: [String] = []
    /// Whether an own question without a target is answered as if it asked for some absent class: for
    /// sets whose questions have nothing to do with their targets.
    public var guessesAbsentClass = false
    /// Where all choices start.
    public var seed: UInt64

    /// A maker with the defaults.
    public init(writer: AnswerWriter, seed: UInt64) {
        self.writer = writer
        self.seed = seed
    }

    /// The questions of a sample in a pass over the data, with their answers.
    ///
    /// Ignored pixels belong to no object, and no answer says that one of them is outside.
    ///
    /// - Parameters:
    ///   - sample: a sample; its image's bytes are not looked at
    ///   - frame: the policy's frame, that answers are written in
    ///   - epoch: the pass, which decides with the seed and the sample about all choices
    /// - Returns: at least one answer, and the objects that are known
    /// - Throws: ``LessonError`` if named questions are wanted and the sample does not know its objects
    public func lessons(
        _ sample: SegmentationSample, frame: ImageFrame, epoch: Int
    ) throws -> (answers: [WrittenAnswer], objects: [KnownObject]) {
        var random = SeededGenerator(
            seed: StableHash.seed(runSeed: seed, step: epoch, sampleID: sample.id, index: 0))
        let objects = sample.instances.map { instances in
            instances.compactMap { object($0, frame: frame) }
        }
        let ignored = sample.ignored?.resized(to: frame)
        var answers: [WrittenAnswer] = []
        let order = random.permutation(count: sample.questions.count).prefix(ownQuestions)
        for index in order {
            answers.append(
                own(sample.questions[index], sample, objects, frame: frame, ignored, &random))
        }
        if namedQuestions > 0 {
            guard let objects else {
                throw LessonError(
                    description:
                        "\(sample.id): does not know its objects, so no explicit question "
                        + "can ask for one; set data.named_questions to 0")
            }
            answers += named(objects.map(\.known), ignored, &random)
        }
        guard !answers.isEmpty else {
            throw LessonError(
                description: "\(sample.id): nothing to ask; raise data.own_questions or "
                    + "data.named_questions")
        }
        return (answers, objects?.map(\.known) ?? [])
    }

    private func object(
        _ truth: InstanceTruth, frame: ImageFrame
    ) -> (known: KnownObject, isTarget: Bool)? {
        AnswerTarget(mask: truth.mask.resized(to: frame)).map {
            (KnownObject(className: truth.className, target: $0), truth.isTarget)
        }
    }

    private func own(
        _ question: String, _ sample: SegmentationSample,
        _ objects: [(known: KnownObject, isTarget: Bool)]?, frame: ImageFrame,
        _ ignored: BinaryMask?, _ random: inout SeededGenerator
    ) -> WrittenAnswer {
        let targets = objects.map { $0.filter(\.isTarget).map(\.known) }
        let regions =
            targets?.map(\.target) ?? Self.regions(of: sample.mask.resized(to: frame))
        let names = Set(targets?.map(\.className) ?? [])
        let thought: String
        if names.count == 1, let name = names.first {
            thought = AnswerWriter.thought(many: name + "s", count: regions.count)
        } else if regions.isEmpty, guessesAbsentClass, let objects,
            let name = absent(objects.map(\.known.className), &random)
        {
            thought = AnswerWriter.thought(many: name + "s", count: 0)
        } else {
            thought = sample.answers.first ?? AnswerWriter.thought(count: regions.count)
        }
        return WrittenAnswer(
            question: question,
            completion: writer.completion(thought: thought, targets: regions, avoiding: ignored))
    }

    private func named(
        _ objects: [KnownObject], _ ignored: BinaryMask?, _ random: inout SeededGenerator
    ) -> [WrittenAnswer] {
        let present = Set(objects.map(\.className)).sorted()
        var left = random.permutation(count: present.count).map { present[$0] }
        var answers: [WrittenAnswer] = []
        for _ in 0..<namedQuestions {
            let wantsAbsent = random.uniformUnit() < absentShare || left.isEmpty
            guard let name = wantsAbsent ? absent(present, &random) : left.popLast() else {
                continue
            }
            let targets = objects.filter { $0.className == name }.map(\.target)
            let phrasings = ObjectQuestions.naming(one: name, many: name + "s")
            answers.append(
                WrittenAnswer(
                    question: phrasings[random.uniform(below: phrasings.count)],
                    completion: writer.completion(
                        thought: AnswerWriter.thought(many: name + "s", count: targets.count),
                        targets: targets, avoiding: ignored)))
        }
        return answers
    }

    private func absent(_ present: [String], _ random: inout SeededGenerator) -> String? {
        let names = classNames.filter { !present.contains($0) }
        return names.isEmpty ? nil : names[random.uniform(below: names.count)]
    }

    /// The regions of a mask whose objects are not known: its connected parts, those of fewer than 16
    /// pixels left out unless there are no others.
    private static func regions(of mask: BinaryMask) -> [AnswerTarget] {
        let parts = mask.components(.eight)
        let large = parts.filter { $0.pixelCount >= 16 }
        return (large.isEmpty ? parts : large).compactMap { part in
            var region = BinaryMask(width: mask.width, height: mask.height)
            for y in Int(part.box.y1)..<Int(part.box.y2) {
                for x in Int(part.box.x1)..<Int(part.box.x2) where mask[x, y] {
                    region[x, y] = true
                }
            }
            return AnswerTarget(mask: region)
        }
    }
}
