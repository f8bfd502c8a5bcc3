import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Testing
import Threads
import Torch
import TrainingTestSupport

@testable import DryRuns
@testable import Settings
@testable import Training
@testable import TrainingRuns

extension EndToEnd {
    /// Runs that leave the number of threads open.
    @Suite struct Threads {
        private let fixture: EndToEndFixture

        init() throws {
            fixture = try EndToEndFixture.shared.get()
        }

        private func open(_ output: String) -> RunConfiguration {
            var result = fixture.cheapConfiguration(output: output)
            (result.threads, result.workers, result.training.maxSteps) = (0, 0, 1)
            return result
        }

        @Test("What was chosen is in run.json, in the checkpoint and in the start's summary")
        func recorded() throws {
            try withFolder { folder in
                let configuration = open(folder + "/run")
                let recipe = try TrainRecipe(configuration, command: ["think2seg"])
                let plan = recipe.threadPlan
                // Small models: never several threads for an operation, whatever the machine.
                #expect(plan.threads == 1 && plan.reason != nil)
                #expect(recipe.summary.contains("threads    \(plan.words)"))
                try recipe.run { _ in }
                let description = try object(contents(folder + "/run/run.json"))
                #expect(description["threads"] as? Int == 1)
                #expect(description["workers"] as? Int == plan.workers)
                let state = try RunCheckpoint(path: folder + "/run/checkpoints/step-1").state
                #expect(state.threads == 1 && state.workers == plan.workers)
                #expect(state.configuration["threads"] == "0")
            }
        }

        @Test("A run that goes on keeps what was chosen; what is configured now counts instead")
        func kept() throws {
            try withFolder { folder in
                let configuration = open(folder + "/run")
                try train(configuration)
                var longer = configuration
                longer.training.maxSteps = 2
                var start = try RunStart(longer, .automatic)
                // As if it had begun on another machine.
                start.checkpoint?.state.threads = 7
                start.checkpoint?.state.workers = 5
                let plan = start.threadPlan(longer, device: .cpu)
                #expect(plan.threads == 7 && plan.workers == 5)
                // Other workers: both are chosen anew.
                longer.workers = 1
                #expect(start.threadPlan(longer, device: .cpu).threads == 1)
                longer.threads = 3
                let other = start.threadPlan(longer, device: .cpu)
                #expect(other.threads == 3 && other.workers == 1)
            }
        }

        @Test("--dry-run says how many threads a run would have, and why")
        func dryRun() throws {
            try withFolder { folder in
                let run = try DryRun(open(folder + "/run"), resume: .automatic)
                let line = try #require(run.lines.first { $0.hasPrefix("threads    ") })
                #expect(line.contains("128 x 320"))
            }
        }
    }
}
