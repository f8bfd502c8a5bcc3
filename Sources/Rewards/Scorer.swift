public import Imaging
public import Segmentation

/// Turns the completions of a group, all about one picture, into rewards (arXiv 2512.19302).
///
/// The rules of the IoU:
///
/// | truth | answer | IoU |
/// |---|---|---|
/// | no target | `[]` | 1 |
/// | no target | at least one prompt | 0 |
/// | targets | `[]` | 0 |
/// | targets | prompts | of the union of their masks |
/// | any | cannot be read | 0 |
///
/// Pixels that are ignored are taken out of the masks before anything is counted.
///
/// What is wrong with one completion touches no other, and so does a term that has no value for it:
/// that completion alone has no reward (``RewardBreakdown/fault``). A term that abstains is no fault: it is
/// left out of the sum (``RewardWeights/total(_:)``). What is wrong with the segmenter
/// is an error: it says nothing about the policy, and would be a reward of 0 to every answer.
public struct Scorer: Sendable {
    /// Reads the answers.
    public let parser: AnswerParser
    /// What counts how much.
    public let weights: RewardWeights
    /// Whether masks are made where there is no target, which no term of the method needs; an
    /// evaluation that counts false pixels does.
    public let segmentsWithoutTarget: Bool
    /// The terms that may abstain.
    public var abstainingTerms: Set<RewardTerm> {
        Set(functions.filter(\.mayAbstain).map(\.term))
    }
    private let functions: [any RewardTermFunction]
    private let strictParser: AnswerParser
    let leftBehind = RewardsLeftBehind()
    /// How time passes for a limit.
    package var now: @Sendable () -> SuspendingClock.Instant = { .now }

    /// A scorer of the terms that `weights` names.
    ///
    /// - Parameters:
    ///   - parser: reads the answers.
    ///   - weights: the terms, in the order of the breakdowns.
    ///   - registry: where the terms are looked up.
    ///   - segmentsWithoutTarget: whether to make masks where there is no target.
    /// - Throws: ``RewardConfigurationError`` when the registry lacks a term.
    public init(
        parser: AnswerParser = AnswerParser(acceptance: .strict),
        weights: RewardWeights = .standard,
        registry: RewardRegistry = .standard,
        segmentsWithoutTarget: Bool = false
    ) throws(RewardConfigurationError) {
        try self.init(
            parser: parser,
            rewards: weights.entries.map {
                RewardSpecification($0.term.rawValue, weight: $0.weight)
            },
            registry: registry, segmentsWithoutTarget: segmentsWithoutTarget)
    }

    /// A scorer of terms as a configuration has them; programs of terms are started.
    ///
    /// - Parameters:
    ///   - parser: reads the answers.
    ///   - rewards: the terms, in the order of the breakdowns.
    ///   - registry: where the terms are looked up.
    ///   - maxCompletionLength: the most tokens of a completion, for parameters that default to it.
    ///   - segmentsWithoutTarget: whether to make masks where there is no target.
    /// - Throws: ``RewardConfigurationError``
    public init(
        parser: AnswerParser = AnswerParser(acceptance: .strict),
        rewards: [RewardSpecification],
        registry: RewardRegistry = .standard,
        maxCompletionLength: Int? = nil,
        segmentsWithoutTarget: Bool = false
    ) throws(RewardConfigurationError) {
        weights = try RewardWeights(
            rewards.map { RewardWeight(term: RewardTerm(rawValue: $0.name), weight: $0.weight) })
        var functions: [any RewardTermFunction] = []
        for specification in rewards {
            functions.append(
                try registry.function(
                    for: specification, maxCompletionLength: maxCompletionLength))
        }
        self.parser = parser
        self.functions = functions
        self.segmentsWithoutTarget = segmentsWithoutTarget
        strictParser = AnswerParser(grammar: parser.grammar, acceptance: .strict)
    }

    /// Scores a group of completions; the picture is encoded when it is needed.
    ///
    /// All prompts of the group go to the segmenter in one call, equal ones once.
    ///
    /// - Parameters:
    ///   - completions: what the policy wrote.
    ///   - subject: what it was asked about.
    ///   - policyFrame: the frame of the coordinates in the completions.
    ///   - truth: the pixels of the targets, in `policyFrame`.
    ///   - ignored: the pixels that do not count, none of `truth`, in `policyFrame`; nil: all count.
    ///   - timeLimit: seconds that the terms of one completion may take together, above 0; nil: as
    ///     long as they like. The segmenter is under no limit.
    ///   - image: encodes the picture; called once, and only if a mask is needed.
    /// - Returns: one reward per completion, in their order; the same with any limit that none exceeds.
    /// - Throws: what `image` and the segmenter throw; ``SegmenterAnswerError`` when the segmenter
    ///   does not answer as it was asked; ``RewardInfrastructureError`` of a term, and
    ///   ``RewardsHangError`` when 16 threads are left behind.
    public func score(
        completions: [ScoredCompletion], about subject: RewardSubject = RewardSubject(),
        policyFrame: ImageFrame, truth: BinaryMask, ignored: BinaryMask? = nil,
        timeLimit: Double? = nil, image: () throws -> any SegmenterImage
    ) throws -> [RewardBreakdown] {
        precondition(truth.frame == policyFrame, "the truth is not in the policy's frame")
        precondition(
            ignored?.isDisjoint(with: truth) ?? true, "a pixel of the truth is ignored")
        let parses = completions.map { parser.parse($0.text) }
        let group = PromptGroup(parses)
        let noTarget = truth.isEmpty
        var objects: [BinaryMask]?
        if group.prompts.isEmpty {
            objects = []
        } else if !noTarget || segmentsWithoutTarget {
            let answers = try image().masks(
                for: group.prompts, in: policyFrame, output: policyFrame)
            try SegmenterAnswerError.check(answers, of: group.prompts, frame: policyFrame)
            objects = answers.map(\.mask)
        }
        let shapes = TruthShapes(truth, ignored: ignored)
        let masks = completions.indices.map {
            group.mask(of: $0, objects: objects, frame: policyFrame)
        }
        let contexts = completions.indices.map { index in
            let mask = masks[index]?.subtracting(shapes.ignored)
            return RewardContext(
                completions[index], subject, parses[index],
                parser.acceptance == .strict
                    ? parses[index] : strictParser.parse(completions[index].text),
                mask, shapes,
                Self.iou(of: parses[index], mask: mask, truth: truth, noTarget: noTarget))
        }
        return zip(zip(contexts, masks), try values(contexts, timeLimit: timeLimit)).map {
            breakdown($0.0, mask: $0.1, $1)
        }
    }

    /// Scores a group of completions of which nothing but the text is known.
    ///
    /// - Parameters:
    ///   - completions: what the policy wrote.
    ///   - policyFrame: the frame of the coordinates in the completions.
    ///   - truth: the pixels of the targets, in `policyFrame`.
    ///   - timeLimit: seconds that the terms of one completion may take together; nil: no limit.
    ///   - image: encodes the picture; called once, and only if a mask is needed.
    /// - Returns: one reward per completion, in their order.
    /// - Throws: as `score(completions:about:policyFrame:truth:timeLimit:image:)`.
    public func score(
        completions: [String], policyFrame: ImageFrame, truth: BinaryMask,
        timeLimit: Double? = nil, image: () throws -> any SegmenterImage
    ) throws -> [RewardBreakdown] {
        try score(
            completions: completions.map { ScoredCompletion($0) }, policyFrame: policyFrame,
            truth: truth, timeLimit: timeLimit, image: image)
    }

    private func values(
        _ contexts: [RewardContext], timeLimit: Double?
    ) throws -> [RewardValues] {
        guard let timeLimit else { return try contexts.map { try functions.values($0) } }
        return try LimitedRewards(
            functions: functions, limit: .seconds(timeLimit), leftBehind: leftBehind, now: now
        ).values(contexts)
    }

    /// Scores a group of completions about a picture that is encoded already.
    ///
    /// - Parameters:
    ///   - completions: what the policy wrote.
    ///   - image: the encoded picture.
    ///   - policyFrame: the frame of the coordinates in the completions.
    ///   - truth: the pixels of the targets, in `policyFrame`.
    /// - Returns: one reward per completion, in their order.
    /// - Throws: what the segmenter throws; ``SegmenterAnswerError`` when it does not answer as
    ///   it was asked; ``RewardInfrastructureError`` of a term.
    public func score(
        completions: [String], image: any SegmenterImage, policyFrame: ImageFrame,
        truth: BinaryMask
    ) throws -> [RewardBreakdown] {
        try score(completions: completions, policyFrame: policyFrame, truth: truth) { image }
    }

    private static func iou(
        of parse: Result<ParsedAnswer, ParseFailure>, mask: BinaryMask?, truth: BinaryMask,
        noTarget: Bool
    ) -> Double {
        guard case .success(let answer) = parse else { return 0 }
        // Where there is no target the prompts count, even if their masks come out empty.
        if noTarget { return answer.prompts.isEmpty ? 1 : 0 }
        return mask?.intersectionOverUnion(truth) ?? 0
    }

    /// The breakdown of a completion; `mask` has the ignored pixels too.
    private func breakdown(
        _ context: RewardContext, mask: BinaryMask?, _ values: RewardValues
    ) -> RewardBreakdown {
        func breakdown(_ values: [Double?], _ total: Double, _ fault: RewardFault?)
            -> RewardBreakdown
        {
            RewardBreakdown(
                terms: zip(functions, values).map { RewardValue(term: $0.term, value: $1) },
                total: total, parse: context.parse, mask: mask, iou: context.iou,
                fault: fault)
        }
        let none = functions.map { _ in Double?(.nan) }
        switch values {
        case .failure(let fault): return breakdown(none, .nan, fault)
        case .success(let values):
            guard let total = weights.total(values) else { return breakdown(values, .nan, nil) }
            if total.isFinite { return breakdown(values, total, nil) }
            let fault = RewardFault(sum: total, of: weights.parts(values))
            return breakdown(none, .nan, fault)
        }
    }
}

/// The prompts of all completions, each distinct one once.
private struct PromptGroup {
    /// The distinct prompts, in the order in which they first come.
    private(set) var prompts: [SegmentationPrompt] = []
    /// Per completion the indices of its prompts in `prompts`; nil where it could not be read.
    private var members: [[Int]?] = []

    init(_ parses: [Result<ParsedAnswer, ParseFailure>]) {
        var places: [SegmentationPrompt: Int] = [:]
        for parse in parses {
            guard case .success(let answer) = parse else {
                members.append(nil)
                continue
            }
            var indices: [Int] = []
            for prompt in answer.prompts {
                let place = places[prompt] ?? prompts.count
                if place == prompts.count {
                    places[prompt] = place
                    prompts.append(prompt)
                }
                indices.append(place)
            }
            members.append(indices)
        }
    }

    /// The union of the masks of one completion; nil where it has none, because it could not be
    /// read or no masks were made.
    func mask(of completion: Int, objects: [BinaryMask]?, frame: ImageFrame) -> BinaryMask? {
        guard let indices = members[completion] else { return nil }
        var union = BinaryMask(width: frame.width, height: frame.height)
        if indices.isEmpty { return union }
        guard let objects else { return nil }
        for index in indices { union.formUnion(objects[index]) }
        return union
    }
}

/// A segmenter's answer that does not fit what it was asked.
public enum SegmenterAnswerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// There are not as many masks as prompts.
    case count(found: Int, expected: Int)
    /// A mask, counted from 0, is in another frame.
    case frame(mask: Int, found: ImageFrame, expected: ImageFrame)
    /// The estimates of a mask, counted from 0, are no numbers although its prompt is a usual one.
    case notFinite(mask: Int)

    /// Coordinates below this are no reason for a segmenter to overflow; those of an answer may be
    /// anything, and then an empty mask is what it is worth.
    private static let usualCoordinate = 1e6

    /// Checks that a segmenter answered as it was asked.
    ///
    /// - Parameters:
    ///   - answers: what it gave
    ///   - prompts: what it was asked
    ///   - frame: the frame that the masks are to have
    /// - Throws: the first thing that does not fit
    public static func check(
        _ answers: [ObjectMask], of prompts: [SegmentationPrompt], frame: ImageFrame
    ) throws(SegmenterAnswerError) {
        if answers.count != prompts.count {
            throw .count(found: answers.count, expected: prompts.count)
        }
        for (index, answer) in answers.enumerated() {
            if answer.mask.frame != frame {
                throw .frame(mask: index, found: answer.mask.frame, expected: frame)
            }
            let isFinite = answer.predictedIoU.isFinite && answer.objectScore.isFinite
            if !isFinite, isUsual(prompts[index]) { throw .notFinite(mask: index) }
        }
    }

    private static func isUsual(_ prompt: SegmentationPrompt) -> Bool {
        let points = prompt.positivePoints + prompt.negativePoints
        let corners = prompt.box.map { [$0.x1, $0.y1, $0.x2, $0.y2] } ?? []
        return (corners + points.flatMap { [$0.x, $0.y] })
            .allSatisfy { $0.magnitude < usualCoordinate }
    }

    /// The sentence for people.
    public var description: String {
        switch self {
        case .count(let found, let expected):
            "the segmenter gave \(found) masks for \(expected) prompts"
        case .frame(let mask, let found, let expected):
            "mask \(mask) of the segmenter is \(found.width)×\(found.height) pixels, "
                + "expected \(expected.width)×\(expected.height)"
        case .notFinite(let mask):
            "the segmenter's estimates of mask \(mask) are not numbers: its weights are damaged, "
                + "or the dtype is too narrow for them"
        }
    }
}
