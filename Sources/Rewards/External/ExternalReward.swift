struct ExternalReward: RewardTermFunction {
    let term: RewardTerm
    init(term: RewardTerm, command: [String], timeout: Double, sendsMasks: Bool)
        throws(RewardConfigurationError)
    {
        throw .command(term, "is not built in")
    }
    func value(_ context: RewardContext) throws -> Double { 0 }
}
