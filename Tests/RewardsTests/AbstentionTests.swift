import Imaging
import Segmentation
import Testing

@testable import Rewards

/// Terms that have nothing to say of a completion.
@Suite struct AbstentionTests {
    /// A term whose value a test decides about.
    private struct Judge: RewardTermFunction {
        let term: RewardTerm
        let body: @Sendable (String) -> Double?

        init(_ name: String, _ body: @escaping @Sendable (String) -> Double?) {
            (term, self.body) = (RewardTerm(rawValue: name), body)
        }

        func value(_ context: RewardContext) -> Double? { body(context.completion) }
    }

    private let completions = ["silent", "both", "half", "both"]

    private func score(
        _ weights: [(String, Double)], timeLimit: Double? = nil
    ) throws -> [RewardBreakdown] {
        var registry = RewardRegistry()
        registry.register(Judge("one") { $0 == "silent" ? nil : 0.25 })
        registry.register(Judge("two") { $0 == "both" ? 3 : nil })
        let scorer = try Scorer(
            weights: RewardWeights(
                weights.map { RewardWeight(term: RewardTerm(rawValue: $0), weight: $1) }),
            registry: registry)
        return try scorer.score(
            completions: completions, policyFrame: .square(2),
            truth: BinaryMask(width: 2, height: 2), timeLimit: timeLimit
        ) { FakeSegmenterImage() }
    }

    @Test(
        "A term that abstains is left out of the sum; if all do there is no reward, and no fault",
        arguments: [nil, 60])
    func sums(timeLimit: Double?) throws {
        let found = try score([("one", 2), ("two", 0.5)], timeLimit: timeLimit)
        #expect(found.map(\.reward) == [nil, 2, 0.5, 2])
        #expect(found.map(\.abstains) == [true, false, false, false])
        #expect(
            found.map { $0.terms.map(\.value) } == [
                [nil, nil], [0.25, 3], [0.25, nil], [0.25, 3],
            ])
        #expect(found.allSatisfy { $0.fault == nil } && found[0].total.isNaN)
        #expect(found[2][RewardTerm(rawValue: "two")] == nil)
    }

    @Test("A term of weight 0 is no reason to have a reward, unless all terms are so")
    func weightless() throws {
        let found = try score([("one", 0), ("two", 0.5)])
        #expect(found.map(\.reward) == [nil, 1.5, nil, 1.5])
        // It is reported all the same.
        #expect(found[2].terms.map(\.value) == [0.25, nil])
        #expect(try score([("one", 0), ("two", 0)]).map(\.reward) == [nil, 0, 0, 0])
        #expect(try score([("one", 1), ("two", 0)]).map(\.reward) == [nil, 0.25, 0.25, 0.25])
    }

    @Test("What abstains beside a term that fails does not hide the fault")
    func fault() throws {
        var registry = RewardRegistry()
        registry.register(Judge("one") { _ in nil })
        registry.register(Judge("two") { $0 == "both" ? .nan : nil })
        let scorer = try Scorer(
            weights: RewardWeights(
                ["one", "two"].map { RewardWeight(term: RewardTerm(rawValue: $0), weight: 1) }),
            registry: registry)
        let found = try scorer.score(
            completions: completions, policyFrame: .square(2),
            truth: BinaryMask(width: 2, height: 2)
        ) { FakeSegmenterImage() }
        #expect(found.map { $0.fault?.kind } == [nil, .notFinite, nil, .notFinite])
        #expect(found.map(\.abstains) == [true, false, true, false])
        #expect(found.allSatisfy { $0.reward == nil })
    }

    /// A kind of term that abstains from completions of one word.
    private struct Words: Reward {
        static let name = "words"
        static let help = "The number of words above one"
        init(_ values: RewardParameters) {}
        func value(_ completion: RewardContext) -> Double? {
            let count = completion.completion.split(separator: " ").count
            return count > 1 ? Double(count - 1) : nil
        }
    }

    @Test("A kind of `Double?` may abstain, its bounds make no value; one of `Double` may not")
    func kinds() throws {
        var registry = RewardRegistry()
        registry.register(Words.self)
        let words = try registry.function(
            for: RewardSpecification("words", parameters: ["min": 2, "max": 5]))
        #expect(words.mayAbstain)
        #expect(try words.value(context("one")) == nil)
        #expect(try words.value(context("one two")) == 2)
        #expect(try words.value(context("1 2 3 4 5 6 7 8")) == 5)
        for kind in RewardRegistry.standard.kinds {
            let built = try registry.function(
                for: RewardSpecification(kind.name), maxCompletionLength: 9)
            #expect(!built.mayAbstain, "\(kind.name)")
        }
        let scorer = try Scorer(
            rewards: [RewardSpecification("mask_iou"), RewardSpecification("words", weight: 0)],
            registry: registry)
        #expect(scorer.abstainingTerms == [RewardTerm(rawValue: "words")])
    }

    @Test("A command abstains with null, and goes on; an object without a reward is a mistake")
    func command() throws {
        let reward = try ExternalReward.shell(
            numbers(
                else: """
                    case "$line" in
                      *bare*) echo null;;
                      *object*) echo '{"reward": null, "why": "no flag in the picture"}';;
                      *) echo '{"why": "no flag"}';;
                    esac
                    """))
        let id = reward.processID
        #expect(reward.mayAbstain)
        for _ in 0..<4 {
            #expect(try reward.value("bare") == nil)
            #expect(try reward.value("object") == nil)
            #expect(try reward.value("2") == 2)
        }
        #expect(reward.processID == id)
        let fault = try #require(try reward.fault("neither"))
        #expect(
            fault.description.contains(
                #"answered '{"why": "no flag"}', expected a number, null, {"reward": number or null}"#
            ))
    }
}
