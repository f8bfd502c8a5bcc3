import Foundation
import Imaging
import Segmentation
import Synchronization
import TestSupport
import Testing

@testable import Rewards

/// Values that a test decides about.
private struct AnyReward: RewardTermFunction {
    let body: @Sendable (RewardContext) throws -> Double?
    var term: RewardTerm { RewardTerm(rawValue: "any") }

    func value(_ context: RewardContext) throws -> Double? { try body(context) }
}

private struct Refusal: Error, CustomStringConvertible {
    let description = "the service said no"
}

/// Terms that have no value for one completion.
@Suite struct RewardFaultTests {
    private let truth = BinaryMask(width: 2, height: 2)
    private let completions = ["<think></think><answer></answer>", "bad", "words", "bad", "more"]

    private func scorer(
        weight: Double = 1, _ body: @escaping @Sendable (RewardContext) throws -> Double
    ) throws -> Scorer {
        var registry = RewardRegistry()
        registry.register(AnyReward(body: body))
        return try Scorer(
            weights: RewardWeights([
                RewardWeight(term: .thinkAnswerFormat, weight: 3),
                RewardWeight(term: RewardTerm(rawValue: "any"), weight: weight),
            ]), registry: registry)
    }

    private func score(_ scorer: Scorer, timeLimit: Double?) throws -> [RewardBreakdown] {
        try scorer.score(
            completions: completions, policyFrame: .square(2), truth: truth, timeLimit: timeLimit
        ) { FakeSegmenterImage() }
    }

    /// All of a breakdown, NaN included.
    private func text(_ breakdowns: [RewardBreakdown]) -> [String] { breakdowns.map { "\($0)" } }

    @Test(
        "a term that throws or is not finite costs its completion the reward, and touches no other",
        arguments: [nil, 60.0])
    func faulty(timeLimit: Double?) throws {
        let cases: [(RewardFault.Kind, String, @Sendable () throws -> Double)] = [
            (.failed, "the reward term 'any' failed: the service said no", { throw Refusal() }),
            (.notFinite, "the reward term 'any' is nan", { .nan }),
            (.notFinite, "the reward term 'any' is -inf", { -.infinity }),
        ]
        let plain = try score(
            scorer { Double($0.completion.count) }, timeLimit: timeLimit)
        for (kind, message, body) in cases {
            let scorer = try scorer {
                $0.completion == "bad" ? try body() : Double($0.completion.count)
            }
            let found = try score(scorer, timeLimit: timeLimit)
            for (index, reward) in found.enumerated() {
                if completions[index] == "bad" {
                    #expect(reward.fault == RewardFault(kind: kind, description: message))
                    #expect(
                        reward.total.isNaN && reward.terms.allSatisfy { $0.value?.isNaN == true })
                    #expect(reward.terms.map(\.term) == plain[0].terms.map(\.term))
                } else {
                    #expect(text([reward]) == text([plain[index]]) && reward.fault == nil)
                }
            }
        }
    }

    @Test("a sum that overflows although its terms do not is no reward either")
    func overflow() throws {
        let found = try score(
            scorer(weight: 1e308) { $0.completion == "bad" ? 1e10 : 0 }, timeLimit: nil)
        #expect(found.map { $0.fault == nil } == [true, false, true, false, true])
        #expect(
            found[1].fault?.description
                == "the reward term 'any' is 10000000000.0 with a weight of 1e+308: the weighted sum of the "
                + "reward terms is inf")
    }

    @Test("an answer that cannot be read is a reward of 0, and no fault")
    func unreadable() throws {
        let found = try Scorer().score(
            completions: ["words"], policyFrame: .square(2), truth: truth, timeLimit: 60
        ) { FakeSegmenterImage() }
        #expect(found[0].total == 0 && found[0].failure != nil && found[0].fault == nil)
    }

    @Test("a term that does not come back costs its completion the reward, and touches no other")
    func slow() throws {
        let gate = DispatchSemaphore(value: 0)
        let returned = DispatchSemaphore(value: 0)
        let body: @Sendable (RewardContext) -> Double = { Double($0.completion.count) }
        let clock = TestClock()
        var scorer = try scorer { context in
            if context.completion == "bad" {
                clock.pass(0.3)
                gate.wait()
                returned.signal()
            }
            return body(context)
        }
        scorer.now = clock.now
        let found = try score(scorer, timeLimit: 0.3)
        let plain = try score(self.scorer(body: body), timeLimit: nil)
        for index in completions.indices where completions[index] != "bad" {
            #expect(text([found[index]]) == text([plain[index]]))
        }
        for index in [1, 3] {
            #expect(found[index].fault?.kind == .timedOut && found[index].total.isNaN)
            #expect(
                found[index].fault?.description
                    == "the reward term 'any' did not come back within 0.3 s")
        }
        // What comes back too late ends its thread, and changes nothing.
        for _ in 0..<2 { gate.signal() }
        for _ in 0..<2 { #expect(returned.wait(timeout: .now() + 600) == .success) }
        let again = try score(self.scorer(body: body), timeLimit: 60)
        #expect(text(again) == text(plain))
    }

    private func scorer(
        body: @escaping @Sendable (RewardContext) -> Double
    ) throws -> Scorer { try scorer(weight: 1, body) }

    @Test("the limit is one completion's, not the group's")
    func limitPerCompletion() throws {
        let clock = TestClock()
        var scorer = try scorer { _ in
            clock.pass(0.03)
            // Who waits for this one looks whether it is late.
            let looks = clock.looks
            while clock.looks == looks { Thread.sleep(forTimeInterval: 0.001) }
            return 1
        }
        scorer.now = clock.now
        #expect(completions.count > 1)
        #expect(try score(scorer, timeLimit: 0.04).allSatisfy { $0.fault == nil })
    }

    @Test("a group costs one change of threads")
    func oneThread() throws {
        let threads = Mutex(Set<pthread_t>())
        let scorer = try scorer { _ in
            threads.withLock { _ = $0.insert(pthread_self()) }
            return 1
        }
        _ = try score(scorer, timeLimit: 60)
        #expect(threads.withLock(\.count) == 1)
        #expect(threads.withLock { !$0.contains(pthread_self()) })
    }

    @Test("sixteen threads that do not come back stop the run; those that do make room again")
    func leftBehind() throws {
        let isOpen = Atomic(false)
        let scorer = try scorer { _ in
            while !isOpen.load(ordering: .acquiring) {
                Thread.sleep(forTimeInterval: 0.001)
            }
            return 1
        }
        func scoreTwo(_ scorer: Scorer) throws -> [RewardBreakdown] {
            try scorer.score(
                completions: ["bad", "bad"], policyFrame: .square(2), truth: truth, timeLimit: 0.01
            ) { FakeSegmenterImage() }
        }
        for _ in 0..<7 { #expect(try scoreTwo(scorer).allSatisfy { $0.fault?.kind == .timedOut }) }
        // A copy of the scorer counts on.
        let copy = scorer
        let error = try #require(throws: RewardsHangError.self) { try scoreTwo(copy) }
        #expect(error.description.contains("16 computations of rewards have not come back"))
        #expect(error.description.contains("the reward term 'any' did not come back within 0.01 s"))
        isOpen.store(true, ordering: .releasing)
        func isLeft() -> Bool { scorer.leftBehind.count.withLock { $0 > 0 } }
        for _ in 0..<60_000 where isLeft() { Thread.sleep(forTimeInterval: 0.001) }
        #expect(!isLeft())
        #expect(try score(copy, timeLimit: 60).allSatisfy { $0.fault == nil })
    }
}
