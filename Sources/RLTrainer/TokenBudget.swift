/// Stretches of a list whose sizes together stay within a budget, each as long as it can be; one that
/// is larger than the budget stands alone.
///
/// - Parameters:
///   - sizes: the sizes of the list's members
///   - budget: the most that a stretch may have
/// - Returns: ranges that cover the list in order
func stretches(of sizes: [Int], within budget: Int) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var (start, sum) = (0, 0)
    for (index, size) in sizes.enumerated() {
        if index > start, sum + size > budget {
            result.append(start..<index)
            (start, sum) = (index, 0)
        }
        sum += size
    }
    if start < sizes.count { result.append(start..<sizes.count) }
    return result
}

extension RolloutGroup {
    /// Positions that go through a model which reads the prompt once.
    var positionCount: Int {
        completions.reduce(promptTokenCount) { $0 + $1.tokenIDs.count }
    }
}
