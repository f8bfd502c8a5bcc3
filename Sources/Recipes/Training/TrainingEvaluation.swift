package import Evaluating
package import Evaluation
package import Files
package import Policies
import RLTrainer
package import Runs
package import Segmentation
package import Settings
import Shards
import TextFiles

/// Greedy answers about held-out samples while a policy is trained: what `evaluate` says of a checkpoint,
/// without the checkpoint.
///
/// Nothing that training depends on is changed.
package final class TrainingEvaluation {
    /// What was found so far.
    package var progress: EvaluationProgress
    private let section: EvaluationSection
    private let settings: EvaluateRecipe.Settings
    private let data: [String]
    private let source: ShardedDataset

    /// The evaluation that a configuration asks for; nil if it names no held-out shards.
    ///
    /// - Throws: `ShardError`
    package init?(_ configuration: RunConfiguration, workers: Int, progress: EvaluationProgress?)
        throws
    {
        data = configuration.data.validation
        if data.isEmpty { return nil }
        section = configuration.evaluation
        source = try ShardedDataset(paths: data)
        var settings = EvaluateRecipe.Settings()
        settings.limit = section.evalSamples
        settings.imageSize = configuration.data.imageSize
        settings.questions = section.question
        settings.maxCompletionLength = configuration.grpo.sampling.maxCompletionLength
        settings.parser = configuration.prompt.parser
        settings.seed = UInt64(configuration.seed)
        settings.workers = workers
        settings.threadsPerWorker = 1
        self.settings = settings
        self.progress = progress ?? EvaluationProgress()
    }

    /// How many held-out samples are answered.
    package var sampleCount: Int { min(source.count, section.evalSamples ?? source.count) }

    /// What is evaluated, in a line for people.
    package var summary: String {
        let steps = section.evalSteps
        return "\(counted(sampleCount, "held-out sample")) in \(counted(data.count, "shard")), "
            + (steps > 1
                ? "every \(steps) steps" : steps == 1 ? "every step" : "after the last step")
    }

    /// Whether the policy after `step` is to be evaluated, and was not yet.
    func isPending(_ step: Int, of total: Int) -> Bool {
        if progress.lastStep == step { return false }
        if step == 0 { return section.evalOnStart }
        return isDue(step, every: section.evalSteps) || step == total
    }

    /// Whether training is to end because nothing gets better.
    package var isStalled: Bool { progress.isStalled(patience: section.earlyStoppingPatience) }

    /// Evaluates a policy.
    ///
    /// - Parameters:
    ///   - policy: the policy after `step`
    ///   - segmenter: makes the masks
    ///   - step: the optimizer step
    ///   - onProgress: is told after each sample; what it throws ends the evaluation
    /// - Returns: answers and numbers
    /// - Throws: the error of a sample or model, or what `onProgress` throws; nothing counts then
    package func run(
        _ policy: VisionLanguagePolicy, _ segmenter: any Segmenter, step: Int,
        onProgress: (EvaluateRecipe.Progress) throws -> Void
    ) throws -> Outcome {
        var result = try EvaluateRecipe.run(
            policy: policy, segmenter: segmenter, source: source, settings: settings,
            onProgress: onProgress)
        result.setup.data = data
        let value = result.summary[section.metricForBestModel].value
        let isBest = progress.add(
            value, step: step, threshold: section.earlyStoppingThreshold)
        return Outcome(
            step: step, metric: section.metricForBestModel, value: value, isBest: isBest,
            result: result)
    }

    /// An evaluation that was made.
    package struct Outcome {
        package let step: Int
        package let metric: Metric
        package let value: Double?
        package let isBest: Bool
        package let result: EvaluationResult
        /// That it tells too little to choose by, if so.
        package var shortage: SampleShortage? { SampleShortage(result.summary) }

        /// The numbers, as a line of `metrics.jsonl`: `eval_…`.
        package var numbers: StepMetrics {
            var numbers = StepMetrics(step: step)
            for metric in Metric.allCases {
                guard let value = result.summary[metric].value else { continue }
                numbers.append("eval_\(metric.rawValue)", value)
            }
            numbers.append("timing_s/eval", result.seconds)
            return numbers
        }
    }
}
