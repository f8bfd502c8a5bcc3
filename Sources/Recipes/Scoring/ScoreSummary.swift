public import Rewards
import Segmentation

extension ScoreRecipe {
    /// What was scored.
    public struct Summary: Sendable {
        /// Numbers of some of the completions.
        public struct Numbers: Sendable {
            /// How many completions have one.
            public private(set) var count = 0
            /// Their sum.
            public private(set) var sum = 0.0
            /// The sum `2⁶⁴` times smaller, which does not overflow.
            private var smallSum = 0.0

            /// The mean; nil where no completion has a number.
            public var mean: Double? {
                if count == 0 { return nil }
                return sum.isFinite ? sum / Double(count) : smallSum / Double(count) * 0x1p64
            }

            fileprivate mutating func add(_ number: Double?) {
                guard let number else { return }
                count += 1
                sum += number
                smallSum += number * 0x1p-64
            }
        }

        /// How many completions there are.
        public private(set) var count = 0
        /// How many of them could be read.
        public private(set) var parsed = 0
        /// Each term over the completions that it did not abstain from, unweighted, in the order of the
        /// weights.
        public private(set) var terms: [(term: RewardTerm, values: Numbers)]
        /// The totals of the completions that have one.
        public private(set) var totals = Numbers()
        /// How many times each kind of failure came.
        public private(set) var failures: [String: Int] = [:]

        /// Nothing yet, of some terms.
        init(terms: [RewardTerm]) { self.terms = terms.map { ($0, Numbers()) } }

        package mutating func add(_ result: RewardBreakdown) {
            count += 1
            if let failure = result.failure {
                failures[failure.kind, default: 0] += 1
            } else {
                parsed += 1
            }
            totals.add(result.reward)
            for (index, term) in result.terms.enumerated() { terms[index].values.add(term.value) }
        }
    }
}
