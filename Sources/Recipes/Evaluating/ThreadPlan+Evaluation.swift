import Runs
public import Threads
import Torch

extension ThreadPlan {
    /// Decides for an evaluation, whose samples are independent of each other.
    ///
    /// - Parameters:
    ///   - recipe: names the models
    ///   - threads: threads of an operation; 0: left open
    ///   - workers: samples at a time; 0: left open, or one at a time if threads are given
    public init(evaluating recipe: EvaluateRecipe, threads: Int, workers: Int) {
        var work = Workload(
            policy: recipe.policy, segmenter: recipe.segmenter, pieces: .max,
            device: recipe.device)
        work.divides = false
        let plan = ThreadPlan(work, threads: threads, workers: workers, recorded: Recorded())
        // Each worker then has so many.
        self.init(
            threads: workers > 1 && threads == 0 ? 1 : plan.threads, workers: plan.workers,
            reason: plan.reason)
    }
}
