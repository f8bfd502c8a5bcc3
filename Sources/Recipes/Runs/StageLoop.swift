/// When a stage before reinforcement learning evaluates, saves and ends.
package struct StageLoop {
    /// The step that it ends after.
    private let total: Int
    /// Steps between evaluations; none before the last step if 0.
    private let evalSteps: Int
    /// Steps between checkpoints; only the last one if 0.
    private let saveSteps: Int
    /// Whether the last step is evaluated too, however the run ends; if not, what finishes the stage does.
    private let evaluatesLast: Bool

    /// A value from its parts.
    package init(total: Int, evalSteps: Int, saveSteps: Int, evaluatesLast: Bool) {
        self.total = total
        self.evalSteps = evalSteps
        self.saveSteps = saveSteps
        self.evaluatesLast = evaluatesLast
    }

    /// Takes steps to the end, or until it is told to stop; either way the last one is saved.
    ///
    /// - Parameters:
    ///   - done: steps that were taken before
    ///   - shouldStop: asked after each step
    ///   - step: takes a step, and tells of it
    ///   - evaluate: scores what there is after a step
    ///   - save: keeps what there is after a step
    /// - Throws: what any of them throws
    package func run(
        after done: Int, shouldStop: () -> Bool, step: () throws -> Void,
        evaluate: () throws -> Void, save: () throws -> Void
    ) throws {
        var (count, stops) = (done, false)
        while count < total, !stops {
            try step()
            count += 1
            stops = shouldStop()
            let isLast = stops || count == total
            if isLast ? evaluatesLast : isDue(count, every: evalSteps) { try evaluate() }
            if isLast || isDue(count, every: saveSteps) { try save() }
        }
    }
}
