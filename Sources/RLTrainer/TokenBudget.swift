import NN

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

extension WorkerPool {
    /// Does what each worker has of `jobCount` jobs in one call: worker w has jobs w, w + count, ….
    ///
    /// - Parameters:
    ///   - jobCount: how many jobs there are
    ///   - body: does all jobs of a worker; gives their results in their order
    /// - Returns: the results of all jobs, in their order
    /// - Throws: the error of the first worker that threw
    func mapShares<Result>(
        _ jobCount: Int, _ body: (_ jobs: [Int], _ worker: Int) throws -> [Result]
    ) throws -> [Result] {
        let busy = min(count, jobCount)
        let shares = try map(busy) { worker, _ in
            try body(Array(stride(from: worker, to: jobCount, by: count)), worker)
        }
        return (0..<jobCount).map { shares[$0 % count][$0 / count] }
    }
}
