import Files
import Testing

@testable import RLTrainer

/// What of a synthetic run's numbers is found, step by step.
@Suite struct RunHealthTests {
    /// Numbers of a step in which all is well.
    private static let well: [String: Double] = [
        "frac_reward_zero_std": 0.25, "parse_failure_rate": 0.1, "answers/met_target": 0.5,
        "answers/empty": 0.1, "answers/iou": 0.4, "completions/clipped_ratio": 0.05,
        "kl": 0.02, "grad_norm": 1,
    ]

    /// A well step with some other numbers; nil leaves one out.
    private func step(_ number: Int, _ changes: [String: Double?] = [:]) -> StepMetrics {
        var metrics = StepMetrics(step: number)
        var values = Self.well
        for (name, value) in changes { values[name] = value }
        for (name, value) in values.sorted(by: { $0.key < $1.key }) { metrics.append(name, value) }
        return metrics
    }

    /// What is found in steps of 16 answers, of at most 100 if not told otherwise.
    private func found(
        _ steps: [[String: Double?]], answers: Double = 16, total: Int = 100
    ) -> [HealthFinding] {
        var health = RunHealth(answersPerStep: answers, totalSteps: total)
        return steps.enumerated().flatMap { health.add(step($0.offset + 1, $0.element)) }
    }

    private func names(_ findings: [HealthFinding]) -> [String] {
        findings.map { "\($0.condition.rawValue) \($0.step)" }
    }

    private func times(_ count: Int, _ changes: [String: Double?]) -> [[String: Double?]] {
        Array(repeating: changes, count: count)
    }

    @Test("Nothing is found in a run whose numbers go up and down as they do")
    func well() {
        let steps = (0..<300).map { index -> [String: Double?] in
            let wave = Double(index * 7919 % 101) / 100
            return [
                "frac_reward_zero_std": wave > 0.9 ? 1 : wave, "parse_failure_rate": wave,
                "answers/met_target": wave < 0.3 ? 0 : wave, "answers/empty": 0.9 * wave,
                "completions/clipped_ratio": wave, "kl": index == 0 ? 0 : 0.6 * wave,
                "grad_norm": 0.1 + 9 * wave * wave,
            ]
        }
        #expect(found(steps).isEmpty)
        #expect(found(times(200, [:])).isEmpty)
    }

    @Test("No target met is found after ten steps and eighty answers in a row, and once")
    func noTargetMet() {
        let none: [String: Double?] = ["answers/met_target": 0]
        #expect(names(found(times(60, none))) == ["no_target_met 10"])
        #expect(names(found(times(9, none) + times(1, [:]) + times(9, none))) == [])
        #expect(names(found(times(60, none), answers: 2)) == ["no_target_met 40"])
        // A row that was broken and comes again is the same thing, said once.
        #expect(
            names(found(times(12, none) + times(5, [:]) + times(12, none))) == ["no_target_met 10"])
    }

    @Test("A run too short for that is told at its last step, one of less than three steps never")
    func shortRuns() {
        let none: [String: Double?] = ["answers/met_target": 0]
        #expect(names(found(times(5, none), total: 5)) == ["no_target_met 5"])
        #expect(names(found(times(2, none), answers: 1, total: 2)) == [])
    }

    @Test("A step without a target neither counts as a miss nor breaks the row")
    func stepsWithoutTarget() {
        let none: [String: Double?] = ["answers/met_target": 0]
        let without: [String: Double?] = [
            "answers/met_target": nil, "answers/empty": nil,
        ]
        #expect(
            names(found(times(5, none) + times(50, without) + times(5, none))) == [
                "no_target_met 60"
            ])
        #expect(found(times(200, without)).isEmpty)
    }

    @Test(
        "Equal rewards in every group are found after five steps; where answers are right, as that")
    func equalRewards() {
        let equal: [String: Double?] = ["frac_reward_zero_std": 1, "grad_norm": 0]
        #expect(names(found(times(7, equal))) == ["equal_rewards 5"])
        let right = equal.merging(["answers/iou": 0.97, "answers/met_target": 1]) { $1 }
        #expect(names(found(times(7, right))) == ["all_right 5"])
        // Two answers to one question are equal by chance.
        #expect(names(found(times(9, equal), answers: 2)) == [])
        #expect(names(found(times(10, equal), answers: 2)) == ["equal_rewards 10"])
        // Now this question, now that one, each known or not: in no row of one of the two alone.
        let mixed = (0..<8).map { $0 % 2 == 0 ? right : equal }
        #expect(names(found(mixed)) == ["equal_rewards 5"])
    }

    @Test("A group without a number, because all terms abstained, tells nothing of equal rewards")
    func abstention() {
        let equal: [String: Double?] = ["frac_reward_zero_std": 1]
        let none: [String: Double?] = ["frac_reward_zero_std": .nan]
        #expect(
            names(found(times(4, equal) + times(9, none) + times(1, equal))) == ["equal_rewards 14"]
        )
        #expect(found(times(50, none)).isEmpty)
    }

    @Test(
        "Empty answers are found where most of the readable ones are, and there is something to read"
    )
    func emptyAnswers() {
        #expect(names(found(times(6, ["answers/empty": 0.6]))) == ["empty_answers 5"])
        #expect(found(times(50, ["answers/empty": 0.5])).isEmpty)
        let unreadable: [String: Double?] = ["answers/empty": 0, "parse_failure_rate": 1]
        #expect(!names(found(times(50, unreadable))).contains { $0.hasPrefix("empty") })
    }

    @Test("The format has collapsed where it was there before, by a fall or little by little")
    func formatCollapsed() {
        let broken: [String: Double?] = ["parse_failure_rate": 1]
        #expect(names(found(times(2, [:]) + times(4, broken))) == ["format_collapsed 5"])
        // From the second step on, as too high a learning rate has it.
        #expect(
            names(found(times(1, [:]) + times(6, broken), answers: 8)) == ["format_collapsed 4"])
        let slow = (0..<40).map { index -> [String: Double?] in
            ["parse_failure_rate": min(1, Double(index) / 30)]
        }
        #expect(names(found(slow)) == ["format_collapsed 32"])
        #expect(found(times(50, broken)).isEmpty, "a format that was never there")
        #expect(found(times(5, [:]) + times(2, broken) + times(5, [:])).isEmpty, "two bad steps")
        #expect(
            found(times(5, [:]) + times(30, ["parse_failure_rate": 0.9])).isEmpty, "some are left")
    }

    @Test("A lost format is said before what is found in the same step and follows from it")
    func collapseFirst() {
        let broken: [String: Double?] = [
            "parse_failure_rate": 1, "completions/clipped_ratio": 1, "frac_reward_zero_std": 1,
        ]
        let found = names(found(times(1, [:]) + times(3, broken), answers: 8, total: 4))
        #expect(found.first == "format_collapsed 4" && found.contains("all_cut 4"))
    }

    @Test("A format that chance alone made look high in one small step does not count as there")
    func smallSteps() {
        let broken: [String: Double?] = ["parse_failure_rate": 1]
        let lucky = times(20, broken) + times(1, ["parse_failure_rate": 0]) + times(60, broken)
        #expect(found(lucky, answers: 2).isEmpty)
    }

    @Test("Cut answers are found at once in the first step, and later after three in a row")
    func allCut() {
        let cut: [String: Double?] = ["completions/clipped_ratio": 1]
        #expect(names(found(times(5, cut))) == ["all_cut 1"])
        #expect(names(found(times(4, [:]) + times(5, cut))) == ["all_cut 7"])
        #expect(found(times(4, [:]) + times(2, cut) + times(4, [:])).isEmpty)
    }

    @Test("A divergence explodes against what it was, not by growing, and not by one outlier")
    func divergence() {
        #expect(
            names(found(times(20, [:]) + times(5, ["kl": 3]))) == ["kl_exploded 23"])
        #expect(names(found([["kl": 0]] + times(5, ["kl": 40]))) == ["kl_exploded 4"])
        #expect(found((0..<100).map { ["kl": 0.05 * Double($0)] }).isEmpty, "it grows")
        #expect(found(times(20, [:]) + times(2, ["kl": 90]) + times(20, [:])).isEmpty)
        #expect(found(times(20, ["kl": 0.001]) + times(20, ["kl": 0.9])).isEmpty, "it is small")
        #expect(found(times(30, ["kl": nil])).isEmpty, "there is no reference")
        #expect(found(times(20, [:]) + times(9, ["kl": .nan])).isEmpty, "that is a fault")
    }

    @Test("A gradient explodes against what it was; steps without one tell nothing")
    func gradient() {
        #expect(
            names(found(times(20, [:]) + times(5, ["grad_norm": 30]))) == ["gradient_exploded 23"])
        let pauses = (0..<60).map { ["grad_norm": $0 % 3 == 0 ? 8.0 : 0] as [String: Double?] }
        #expect(found(pauses).isEmpty)
        #expect(found(times(20, ["grad_norm": 0.001]) + times(40, [:])).isEmpty, "it is small")
        #expect(found(times(5, [:]) + times(2, ["grad_norm": 90])).isEmpty, "too little was seen")
        #expect(found(times(20, [:]) + times(9, ["grad_norm": .infinity])).isEmpty)
    }

    @Test("Numbers of runs of earlier versions, without those of answers, are no findings")
    func earlierVersions() {
        let old = times(
            60,
            [
                "answers/met_target": nil, "answers/empty": nil,
                "answers/iou": nil,
            ])
        #expect(found(old).isEmpty)
    }

    @Test("A run that goes on from its metrics finds what one that was not interrupted finds")
    func resuming() {
        let bad: [String: Double?] = ["answers/met_target": 0, "parse_failure_rate": 1]
        let steps = times(3, [:]) + times(20, bad)
        let whole = found(steps)
        for cut in steps.indices {
            var first = RunHealth(answersPerStep: 16, totalSteps: 100)
            var all: [HealthFinding] = []
            for index in 0..<cut { all += first.add(step(index + 1, steps[index])) }
            var second = RunHealth(answersPerStep: 16, totalSteps: 100)
            for index in 0..<cut { _ = second.add(step(index + 1, steps[index])) }
            for index in cut..<steps.count { all += second.add(step(index + 1, steps[index])) }
            #expect(all == whole)
        }
        #expect(names(whole) == ["format_collapsed 6", "no_target_met 13"])
    }

    @Test(
        "Rows count until now, also of what was said: a run may be ended later than it was warned")
    func rows() {
        var health = RunHealth(answersPerStep: 16, totalSteps: 100)
        for index in 1...14 { _ = health.add(step(index, ["answers/met_target": 0])) }
        #expect(health.steps(.noTargetMet) == 14 && health.found == [.noTargetMet: 10])
        _ = health.add(step(15))
        #expect(health.steps(.noTargetMet) == 0)
    }
}
