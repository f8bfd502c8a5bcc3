import RLTrainer
import Testing

@Suite struct AdvantageTests {
    private func close(_ a: [[Double]], _ b: [[Double]], _ tolerance: Double = 1e-9) -> Bool {
        zip(a, b).allSatisfy { left, right in
            left.count == right.count
                && zip(left, right).allSatisfy { abs($0 - $1) <= tolerance }
        }
    }

    @Test("A group's advantages are centred and divided by its unbiased deviation plus 1e-4")
    func group() {
        // mean 2; squares 4, 4, 1, 9; sum 18; / 3
        let result = groupAdvantages(rewards: [[0, 0, 3, 5]], scale: .group)
        let divisor = (18.0 / 3).squareRoot() + 1e-4
        #expect(close(result, [[-2 / divisor, -2 / divisor, 1 / divisor, 3 / divisor]]))
    }

    @Test("Two completions get ±0.7071 whatever their difference")
    func pairs() {
        for difference in [0.01, 1, 4] {
            let result = groupAdvantages(rewards: [[0, difference]], scale: .group)[0]
            #expect(abs(result[1] - 0.5.squareRoot()) < 0.011 && result[0] == -result[1])
        }
    }

    @Test("Equal rewards give exactly 0, also where their mean is rounded")
    func flatGroups() {
        for value in [0.1, 1.0 / 3, 4] {
            let rewards = [Double](repeating: value, count: 16)
            for scale in RewardScale.allCases {
                #expect(groupAdvantages(rewards: [rewards], scale: scale)[0].allSatisfy { $0 == 0 })
            }
        }
    }

    @Test("batch divides by the deviation of all completions, none by nothing")
    func otherScales() {
        let rewards: [[Double]] = [[0, 2], [10, 14]]
        #expect(close(groupAdvantages(rewards: rewards, scale: .none), [[-1, 1], [-2, 2]]))
        // mean 6.5; squares 42.25, 20.25, 12.25, 56.25; sum 131; / 3
        let divisor = (131.0 / 3).squareRoot() + 1e-4
        #expect(
            close(
                groupAdvantages(rewards: rewards, scale: .batch),
                [[-1 / divisor, 1 / divisor], [-2 / divisor, 2 / divisor]]))
    }

    @Test("A NaN reward gets 0 and changes nobody else's advantage")
    func nan() {
        let with = groupAdvantages(rewards: [[0, .nan, 1, 2]], scale: .group)[0]
        let without = groupAdvantages(rewards: [[0, 1, 2]], scale: .group)[0]
        #expect([with[0], with[2], with[3]] == without)
        #expect(with[1] == 0)
        #expect(groupAdvantages(rewards: [[.nan, .nan]], scale: .batch)[0] == [0, 0])
    }

    @Test("A group of one has advantage 0")
    func single() {
        #expect(groupAdvantages(rewards: [[3]], scale: .group) == [[0]])
    }

    @Test("Advantages go with their completions and groups, in whatever order those stand")
    func permuted() {
        let rewards: [[Double]] = [[0, 2, 5], [1, 1, 4], [3, 0, 0.5]]
        for scale in RewardScale.allCases {
            for estimator in AdvantageEstimator.allCases {
                let plain = groupAdvantages(rewards: rewards, scale: scale, estimator: estimator)
                let moved = groupAdvantages(
                    rewards: [rewards[2], rewards[0], rewards[1]].map { $0.reversed() },
                    scale: scale, estimator: estimator)
                #expect(close(moved.map { $0.reversed() }, [plain[2], plain[0], plain[1]]))
            }
        }
    }

    @Test("The only winner of a group keeps its advantage when it is left out of its baseline")
    func leaveOneOut() {
        func advantages(_ rewards: [Double]) -> [Double] {
            groupAdvantages(rewards: [rewards], scale: .none, estimator: .leaveOneOut)[0]
        }
        let third: Double = 1 / 3
        #expect(close([advantages([1, 0, 0, 0])], [[1, -third, -third, -third]]))
        #expect(advantages([0.1, 0.1, 0.1]) == [0, 0, 0])
        #expect(advantages([1, .nan, 3]) == [-2, 0, 2] && advantages([1, .nan]) == [0, 0])
    }

    @Test("A completion's seed depends on run, batch, sample and index")
    func seeds() {
        let base = completionSeed(run: 1, generation: 2, sample: "a", index: 3)
        #expect(base == completionSeed(run: 1, generation: 2, sample: "a", index: 3))
        #expect(base != completionSeed(run: 2, generation: 2, sample: "a", index: 3))
        #expect(base != completionSeed(run: 1, generation: 3, sample: "a", index: 3))
        #expect(base != completionSeed(run: 1, generation: 2, sample: "b", index: 3))
        #expect(base != completionSeed(run: 1, generation: 2, sample: "a", index: 4))
    }
}
