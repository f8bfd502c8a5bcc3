@testable import Rewards

// The example of Documentation/rewards.md, word for word; `ExampleRewardTests` compares them.
// begin
/// Terms of your own: write a type that conforms to ``Reward`` in this file, and name it here.
let customRewards: [any Reward.Type] = [FewInstances.self]

/// Pays for answers of few instances.
struct FewInstances: Reward {
    static let name = "few_instances"
    static let help = "1 if the answer has at most `limit` instances, else limit / instances"
    static let parameters = [
        RewardParameter("limit", 3, in: 1...1000, "So many instances cost nothing")
    ]
    let limit: Double

    init(_ values: RewardParameters) { limit = values["limit"] }

    func value(_ completion: RewardContext) throws -> Double {
        guard let prompts = completion.prompts else { return 0 }
        return min(1, limit / Double(max(1, prompts.count)))
    }
}
// end
