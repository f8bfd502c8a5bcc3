import EndToEndTestSupport
import Evaluation
import FilesTestSupport
import Foundation
import NN
import RLTrainer
import Testing
import TrainingTestSupport

@testable import Reporting
@testable import Runs
@testable import Settings
@testable import Training
@testable import TrainingRuns

extension EndToEnd {
    /// Runs that learn nothing: a random policy writes nothing that can be read, so that all its answers
    /// earn the same and meet no target.
    @Suite(.serialized) struct HealthTests {
        let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        private func configuration(_ folder: String) -> RunConfiguration {
            var result = fixture.cheapConfiguration(output: folder)
            result.training.maxSteps = 4
            result.training.schedule = .constant
            result.logging.saveSteps = 1
            return result
        }

        /// How a session ends, after which step, and what people are told in it.
        private func session(
            _ configuration: RunConfiguration, stopAfter last: Int? = nil
        ) throws -> (ending: TrainEnding, step: Int, notes: [String]) {
            let recipe = try TrainRecipe(configuration, command: [], resume: .automatic)
            var (notes, steps) = ([String](), 0)
            let ending = try recipe.run(
                shouldStop: { steps == last }, onNote: { notes.append($0) },
                onStep: { _ in steps += 1 })
            return (ending, recipe.stepCount, notes)
        }

        private func names(_ run: String) -> [String] {
            RunWarnings.read(run: run).map { "\($0.name) \($0.step)" }
        }

        @Test(
            "A run whose answers meet nothing and earn the same says so, each once, and its page too"
        )
        func told() throws {
            try withFolder { folder in
                let run = configuration(folder + "/run")
                let found = try session(run)
                #expect(found.ending == .finished)
                let stored = RunWarnings.read(run: run.outputDirectory)
                #expect(found.notes == stored.map(\.description))
                let told = names(run.outputDirectory)
                #expect(told.filter { $0.hasPrefix("no_target_met") } == ["no_target_met 4"])
                #expect(told.filter { $0.hasPrefix("equal_rewards") } == ["equal_rewards 4"])
                #expect(stored.allSatisfy { !$0.hint.isEmpty && !$0.message.hasSuffix(".") })
                let page = try RunReport(run: run.outputDirectory).html()
                let head = page.prefix(page.range(of: "<section")!.lowerBound.utf16Offset(in: page))
                #expect(head.contains("This run warns"))
                #expect(head.contains("no answer has met its target"))
            }
        }

        @Test(
            "A run that is interrupted anywhere and goes on warns at the same steps, and not again")
        func resumed() throws {
            try withFolder { folder in
                let whole = configuration(folder + "/whole")
                let all = try session(whole).notes
                for stop in 1...3 {
                    let run = configuration(folder + "/run-\(stop)")
                    let first = try session(run, stopAfter: stop)
                    #expect(first.ending == .stopped && first.step == stop)
                    // A process that is killed has told of steps that are made again.
                    let more = RunWarning(
                        step: stop + 1, name: "equal_rewards", message: "", hint: "")
                    try RunWarnings.append([more], run: run.outputDirectory)
                    let second = try session(run)
                    #expect(first.notes + second.notes == all)
                    let (one, other) = (
                        try contents(whole.outputDirectory + "/warnings.jsonl"),
                        try contents(run.outputDirectory + "/warnings.jsonl")
                    )
                    #expect(one == other)
                    #expect(try session(run).notes == [])
                }
            }
        }

        @Test("stop_when ends the run after so many steps, with a checkpoint, until it is changed")
        func stopped() throws {
            try withFolder { folder in
                var run = configuration(folder + "/run")
                run.training.maxSteps = 6
                run.logging.saveSteps = 0
                run.training.stopWhen = StopTable([
                    .init(.formatCollapsed, steps: 1), .init(.noTargetMet, steps: 2),
                ])
                let first = try session(run)
                guard case .learnsNothing(let reason) = first.ending else {
                    Issue.record("ended otherwise: \(first.ending)")
                    return
                }
                #expect(reason.condition == .noTargetMet && reason.steps == 2 && first.step == 2)
                #expect(reason.message.contains("the last 2 steps"))
                #expect(names(run.outputDirectory).contains("no_target_met 2"))
                #expect(
                    first.notes == RunWarnings.read(run: run.outputDirectory).map(\.description))
                #expect(CheckpointFolder(run: run.outputDirectory).steps == [2])
                let again = try session(run)
                #expect(again.ending == first.ending && again.step == 2)
                run.training.stopWhen = StopTable([.init(.noTargetMet, steps: 5)])
                #expect(try session(run).step == 5)
                run.training.stopWhen = StopTable()
                let last = try session(run)
                #expect(last.ending == .finished && last.step == 6)
            }
        }

        @Test("A best checkpoint of a few held-out samples is said to be of too few, once")
        func fewSamples() throws {
            try withFolder { folder in
                var run = configuration(folder + "/run")
                run.data.validation = [fixture.shard]
                run.evaluation.evalSteps = 1
                run.evaluation.metricForBestModel = .formatValidity
                let recipe = try TrainRecipe(run, command: [], resume: .automatic)
                var shortages: [Int] = []
                _ = try recipe.run(
                    onEvaluation: {
                        if case .finished(_, _, _, _, let shortage, _) = $0 {
                            shortages.append(shortage?.samples ?? -1)
                        }
                    }, onStep: { _ in })
                #expect(shortages == [4, 4, 4, 4])
                #expect(
                    names(run.outputDirectory).filter { $0.hasPrefix("few") } == ["few_samples 1"])
                #expect(recipe.best?.shortage?.samples == 4)
            }
        }
    }
}
