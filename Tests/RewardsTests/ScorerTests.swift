import Imaging
import Segmentation
import Testing

@testable import Rewards

@Suite struct ScorerTests {
    private let frame = ImageFrame.square(10)
    private let image = FakeSegmenterImage()
    private let left = "{\"bbox_2d\": [0,0,4,10], \"positive_points\": [[1,1],[2,2]]}"
    private let right = "{\"bbox_2d\": [6,0,10,10], \"positive_points\": [[7,1],[8,2]]}"
    private let broken = "{\"bbox_2d\": [1,2,3], \"positive_points\": [[7,1],[8,2]]}"

    /// The left four columns, 40 pixels.
    private var truth: BinaryMask {
        var mask = BinaryMask(width: 10, height: 10)
        for y in 0..<10 { for x in 0..<4 { mask[x, y] = true } }
        return mask
    }

    private var nothing: BinaryMask { BinaryMask(width: 10, height: 10) }

    private func completion(_ instances: String...) -> String {
        let list = instances.joined(separator: ", ")
        return "<think>t</think><answer>```json[\(list)]```</answer>"
    }

    private func score(
        _ completions: String..., truth: BinaryMask, scorer: Scorer? = nil
    ) throws -> [RewardBreakdown] {
        try (scorer ?? Scorer()).score(
            completions: completions, image: image, policyFrame: frame, truth: truth)
    }

    @Test("a perfect answer is worth 4: the IoU counts twice, the formats once")
    func perfect() throws {
        let found = try #require(score(completion(left), truth: truth).first)
        #expect(
            found.terms == [
                RewardValue(term: .maskIoU, value: 1), RewardValue(term: .samJSONFormat, value: 1),
                RewardValue(term: .thinkAnswerFormat, value: 1),
            ])
        #expect(found.total == 4)
        #expect(found.iou == 1)
        #expect(found.mask == truth)
        #expect(found.prompts.count == 1)
    }

    @Test("the masks of an answer are united before they are compared")
    func union() throws {
        let found = try #require(score(completion(left, right), truth: truth).first)
        #expect(found.iou == 0.5)
        #expect(found.total == 3)
        #expect(found.mask?.count == 80)
    }

    @Test("boxes around one thing are thinned out before the segmenter sees them")
    func suppression() throws {
        let inner = "{\"bbox_2d\": [0,0,4,9], \"positive_points\": [[1,1],[2,2]]}"
        let found = try score(completion(inner, left), truth: truth)
        #expect(image.calls.map(\.count) == [1])
        #expect(found[0].iou == 1)
    }

    @Test("an empty list on a target has both formats and no IoU, and an empty mask")
    func emptyOnTarget() throws {
        let found = try #require(score(completion(), truth: truth).first)
        #expect(found.iou == 0)
        #expect(found.total == 2)
        #expect(found.mask == nothing)
        #expect(image.calls.isEmpty)
    }

    @Test("without a target, the empty list is right, anything else wrong, and nothing segmented")
    func noTarget() throws {
        let found = try score(completion(), completion(left), "no target", truth: nothing)
        #expect(found.map(\.iou) == [1, 0, 0])
        #expect(found.map(\.total) == [4, 2, 0])
        #expect(found.map { $0.mask == nil } == [false, true, true])
        #expect(image.calls.isEmpty)
    }

    @Test("without a target, masks are made on demand and change no reward")
    func noTargetSegmented() throws {
        let scorer = try Scorer(segmentsWithoutTarget: true)
        let found = try score(completion(), completion(left), truth: nothing, scorer: scorer)
        #expect(found.map(\.iou) == [1, 0])
        #expect(found.map { $0.mask?.count } == [0, 40])
        #expect(image.calls.count == 1)
    }

    @Test("without a target, prompts are wrong even if their masks come out empty")
    func noTargetEmptyMask() throws {
        let scorer = try Scorer(segmentsWithoutTarget: true)
        let flat = "{\"bbox_2d\": [3,3,3,3], \"positive_points\": [[3,3],[3,3]]}"
        let found = try score(completion(flat), truth: nothing, scorer: scorer)
        #expect(found[0].mask == nothing)
        #expect(found[0].iou == 0)
    }

    @Test("a completion that cannot be read is worth its format only, and touches no other")
    func oneBroken() throws {
        let alone = try score(completion(left), completion(right), truth: truth)
        let beside = try score(
            completion(left), completion(broken), "words", completion(right), truth: truth)
        #expect(beside.map(\.total) == [4, 1, 0, 2])
        #expect(alone.map(\.total) == [4, 2])
        #expect(beside[1].failure?.kind == "wrong_count")
        #expect(beside[2].failure == .noFence)
        #expect(beside[1].mask == nil)
        #expect(beside[1].prompts.isEmpty)
    }

    @Test("all prompts of a group go to the segmenter in one call, equal ones once, in order")
    func oneCall() throws {
        let found = try score(
            completion(right), completion(left, right), completion(left), completion(),
            truth: truth)
        #expect(image.calls.count == 1)
        #expect(image.calls[0].map(\.box?.x1) == [6, 0])
        #expect(found.map(\.iou) == [0, 0.5, 1, 0])
    }

    @Test("the picture is encoded once if a mask is needed, else never")
    func lazyImage() throws {
        var encoded = 0
        let scorer = try Scorer()
        func run(_ completions: [String], _ truth: BinaryMask) throws {
            _ = try scorer.score(completions: completions, policyFrame: frame, truth: truth) {
                encoded += 1
                return image
            }
        }
        try run(["words", completion(), completion(broken)], truth)
        try run([completion(left)], nothing)
        #expect(encoded == 0)
        try run([completion(left), completion(right)], truth)
        #expect(encoded == 1)
    }

    @Test("a group without completions has no rewards")
    func emptyGroup() throws {
        #expect(
            try Scorer().score(completions: [], image: image, policyFrame: frame, truth: truth)
                .isEmpty)
    }

    @Test("an error of the segmenter is thrown, not a reward of 0")
    func segmenterError() {
        image.failure = FakeSegmenterImage.Failure()
        #expect(throws: FakeSegmenterImage.Failure.self) {
            try score("words", completion(left), truth: truth)
        }
    }

    @Test(
        "estimates that are no numbers are an error, except of a prompt that is out of all bounds")
    func notFinite() throws {
        image.predictedIoU = .nan
        #expect(throws: SegmenterAnswerError.notFinite(mask: 1)) {
            let far = "{\"bbox_2d\": [1e308,0,1e308,9], \"positive_points\": [[1,1],[2,2]]}"
            _ = try score(completion(far), completion(left), truth: truth)
        }
        let far = "{\"bbox_2d\": [0,0,1e7,9], \"positive_points\": [[1,-1e9],[2,2]]}"
        #expect(try score(completion(far), truth: truth).map(\.total) == [2 + 2 * 36.0 / 94])
    }

    @Test("a segmenter that gives too few masks is an error that counts them")
    func tooFewMasks() {
        image.missingMasks = 1
        #expect(throws: SegmenterAnswerError.count(found: 1, expected: 2)) {
            try score(completion(left, right), truth: truth)
        }
    }

    @Test("with the lenient parser the IoU counts, but the JSON format stays strict")
    func lenientParser() throws {
        let scorer = try Scorer(parser: AnswerParser(acceptance: .lenient))
        let unfenced = "<think>t</think><answer>[{\"bbox_2d\": [0,0,4,10]}]</answer>"
        let found = try score(unfenced, truth: truth, scorer: scorer)
        #expect(found[0].terms.map(\.value) == [1, 0, 1])
        #expect(found[0].total == 3)
    }
}
