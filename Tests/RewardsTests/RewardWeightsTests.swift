import Imaging
import Segmentation
import Testing

@testable import Rewards

/// Counts the characters of the completion.
private struct LengthReward: RewardTermFunction {
    var term: RewardTerm { RewardTerm(rawValue: "length") }

    func value(_ context: RewardContext) -> Double? { Double(context.completion.count) }
}

@Suite struct RewardWeightsTests {
    @Test("weights are kept in their order, and the total is their sum with the values")
    func order() throws {
        var registry = RewardRegistry()
        registry.register(LengthReward())
        let weights = try RewardWeights([
            RewardWeight(term: LengthReward().term, weight: -0.5),
            RewardWeight(term: .thinkAnswerFormat, weight: 3),
            RewardWeight(term: .maskIoU, weight: 0),
        ])
        let scorer = try Scorer(weights: weights, registry: registry)
        let completion = "<think></think><answer></answer>"
        let found = try scorer.score(
            completions: [completion], image: FakeSegmenterImage(), policyFrame: .square(2),
            truth: BinaryMask(width: 2, height: 2))[0]
        #expect(found.terms.map(\.term) == weights.entries.map(\.term))
        #expect(found.terms.map(\.value) == [32, 1, 0])
        #expect(found.total == -13)
        #expect(found[.thinkAnswerFormat] == 1)
        #expect(found[.samJSONFormat] == nil)
    }

    @Test("the method's weights are 2, 1 and 1")
    func standard() {
        #expect(
            RewardWeights.standard.entries.map { "\($0.term) \($0.weight)" } == [
                "mask_iou 2.0", "sam_json_format 1.0", "think_answer_format 1.0",
            ])
    }

    @Test("no weights, a weight that is not finite, or one term twice is an error")
    func invalid() {
        let one = RewardWeight(term: .maskIoU, weight: 1)
        #expect(throws: RewardConfigurationError.noTerms) { try RewardWeights([]) }
        #expect(throws: RewardConfigurationError.duplicateTerm(.maskIoU)) {
            try RewardWeights([one, one])
        }
        #expect(throws: RewardConfigurationError.weightNotFinite(.maskIoU)) {
            try RewardWeights([RewardWeight(term: .maskIoU, weight: .nan)])
        }
    }

    @Test("an unknown term is an error that lists the known ones")
    func unknownTerm() throws {
        let weights = try RewardWeights([
            RewardWeight(term: RewardTerm(rawValue: "mask_iuo"), weight: 1)
        ])
        let error = #expect(throws: RewardConfigurationError.self) { try Scorer(weights: weights) }
        #expect(
            error?.description.hasPrefix(
                "there is no reward term 'mask_iuo'; the terms are mask_iou, sam_json_format, "
                    + "think_answer_format, ") == true)
    }

    @Test("a term that is registered again replaces the one of its name")
    func replacement() throws {
        struct Never: RewardTermFunction {
            var term: RewardTerm { .maskIoU }
            func value(_ context: RewardContext) -> Double? { -1 }
        }
        var registry = RewardRegistry()
        registry.register(Never())
        #expect(try registry.function(for: RewardSpecification("mask_iou")) is Never)
    }
}
