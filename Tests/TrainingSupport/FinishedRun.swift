package import EndToEndTestSupport
import Evaluation
package import Files
import FilesTestSupport
import Foundation
import RLTrainer
package import Settings
import Training

/// Runs a configuration to its end.
@discardableResult
package func train(_ configuration: RunConfiguration) throws -> [StepMetrics] {
    var metrics: [StepMetrics] = []
    try TrainRecipe(configuration, command: ["think2seg", "train", "a.yaml"])
        .run { metrics.append($0) }
    return metrics
}

extension EndToEndFixture {
    /// A run of three steps that is evaluated before the first and after the last; its folder.
    package func evaluatedRun(_ output: String, beta: Double) throws -> String {
        var configuration = cheapConfiguration(output: output)
        configuration.grpo.loss.beta = beta
        configuration.data.validation = [shard]
        configuration.evaluation.evalOnStart = true
        configuration.evaluation.evalSteps = 0
        try train(configuration)
        return output
    }
}

/// A line of metrics without what the clock decides.
package func withoutClock(_ line: String) -> String {
    let clock = ["\"step_time\"", "\"timing_s/", "\"perf/"]
    return line.dropFirst().dropLast().components(separatedBy: ", ")
        .filter { field in !clock.contains { field.hasPrefix($0) } }.joined(separator: ", ")
}

/// A run that several tests look at.
package struct FinishedRun: Sendable {
    package let path: String
    package let configuration: RunConfiguration
    package let metrics: [StepMetrics]

    package static let shared = Result { try FinishedRun() }

    private init() throws {
        path = EndToEndFixture.root + "/run"
        var configuration = try EndToEndFixture.shared.get().configuration(output: path)
        // Random policies earn nothing: decay moves the weights first, then the divergence does.
        configuration.training.learningRate = 1e-2
        configuration.training.weightDecay = 1
        configuration.grpo.loss.beta = 0.1
        // Not 1, so that whoever leaves it out is seen.
        configuration.grpo.sampling.temperature = 0.7
        configuration.logging.saveSteps = 1
        self.configuration = configuration
        metrics = try train(configuration)
    }

    package func rollouts(_ step: Int) throws -> [[String: Any]] {
        try lines("\(path)/rollouts/step-\(step).jsonl").map { try object($0) }
    }
}
