import Evaluating
import Evaluation
import Foundation
import Reporting

/// What an ablation has found so far: one record per run that is done.
package struct AblationRecord {
    let plan: AblationPlan
    let grid: AblationGrid
    /// The results, by the run's number.
    let results: [Int: RunResult]

    /// A run that is trained and evaluated.
    package struct RunResult {
        let run: AblationRun
        /// The folder of the run; another ablation's where it was taken from there.
        let folder: String
        let evaluation: EvaluationResult
        let record: RunRecord
    }

    /// Reads what is there; runs that are not done are left out.
    ///
    /// - Throws: ``EvaluationError`` of an evaluation that is damaged, and errors of runs' records
    init(_ plan: AblationPlan, _ grid: AblationGrid, _ fingerprints: Fingerprints) throws {
        self.plan = plan
        self.grid = grid
        var results: [Int: RunResult] = [:]
        for run in grid.runs {
            let work = AblationWork(run, of: plan, fingerprints)
            guard work.isDone else { continue }
            // Seed and draws are the plan's, whatever the evaluation was written with.
            var evaluation = try EvaluationResult.load(folder: run.evaluation)
            let (seed, resamples) = (UInt64(plan.measure.seed), plan.measure.resamples)
            if !evaluation.isComputed(seed: seed, resamples: resamples) {
                evaluation = evaluation.recomputed(seed: seed, resamples: resamples)
            }
            results[run.number] = RunResult(
                run: run, folder: run.folder, evaluation: evaluation,
                record: try RunRecord(path: run.folder))
        }
        self.results = results
    }

    /// The results of a variant, in the order of the seeds.
    func results(of variant: Int) -> [RunResult] {
        plan.seeds.compactMap { seed in
            grid.run(variant, seed: seed).flatMap { results[$0.number] }
        }
    }

    /// Runs that are not done.
    var missing: [AblationRun] { grid.runs.filter { results[$0.number] == nil } }
}
