import EndToEndTestSupport
import Evaluating
import Files
import FilesTestSupport
import Foundation
import Quickstart
import RLTrainer
import Testing

extension EndToEnd {
    @Suite(.serialized) struct QuickstartTests {
        private func recipe(_ folder: String, steps: Int = 2) -> QuickstartRecipe {
            var recipe = QuickstartRecipe(output: folder)
            recipe.resources = "Resources"
            recipe.settings.steps = steps
            recipe.settings.trainScenes = 16
            recipe.settings.heldOutScenes = 4
            return recipe
        }

        private func finished(_ ending: QuickstartRecipe.Ending) throws -> QuickstartResult {
            var result: QuickstartResult?
            if case .finished(let end) = ending { result = end }
            return try #require(result)
        }

        @Test(
            "A quickstart that is interrupted goes on, and ends with the bytes of one that is not")
        func interrupted() throws {
            try withFolder { folder in
                let whole = try finished(recipe(folder + "/whole").run { _ in })
                var asked = 0
                var steps: [Int] = []
                let first = recipe(folder + "/parts")
                let ending = try first.run(shouldStop: { asked > 0 }) { event in
                    if case .step(let metrics) = event {
                        asked += 1
                        steps.append(metrics.step)
                    }
                }
                guard case .stopped = ending else {
                    Issue.record("it was not stopped")
                    return
                }
                var repeated: [String] = []
                let result = try finished(
                    first.run { event in
                        if case .step(let metrics) = event { steps.append(metrics.step) }
                        if case .stage(let text) = event { repeated.append(text) }
                    })
                #expect(steps == [1, 2])
                #expect(!repeated.contains { $0.contains("drawing") })
                #expect(!repeated.contains { $0.contains("the carried policy") })
                let weights = "/model.safetensors"
                #expect(
                    try contents(result.main.policy + weights)
                        == contents(whole.main.policy + weights))
                #expect(
                    try contents(result.main.policy + weights)
                        != contents("Resources/policy" + weights))
                for file in [
                    result.files.report, result.files.strip, result.files.configuration(.rewarded),
                    result.main.run + "/metrics.jsonl",
                ] { #expect(file.hasPrefix(folder) && exists(file), "\(file)") }
                let page = String(decoding: try contents(result.files.report), as: UTF8.self)
                #expect(page.contains("taught something useless on purpose"))
                #expect(result.table.contains { $0.contains("empty-target accuracy") })
                // Before, after and the change, each with its interval or that there is none.
                for line in result.table where line.hasPrefix("  gIoU") {
                    #expect(line.count { $0 == "(" } == 3, "\(line)")
                }
            }
        }

        @Test("Controls change only what they say, and stand in the table beside the result")
        func controls() throws {
            try withFolder { folder in
                var recipe = recipe(folder + "/a", steps: 1)
                recipe.settings.runsControls = true
                let result = try finished(recipe.run { _ in })
                #expect(result.outcomes.map(\.variant) == [.rewarded, .shuffled, .still])
                func keys(_ variant: QuickstartVariant) throws -> Set<String> {
                    Set(try lines(result.files.configuration(variant)))
                }
                let base = try keys(.rewarded)
                #expect(
                    try keys(.shuffled).subtracting(base).filter { !$0.contains("output_dir") }
                        .map { $0.contains("shuffle_rewards: true") } == [true])
                #expect(
                    try keys(.still).subtracting(base).filter { !$0.contains("output_dir") }
                        .map { $0.contains("learning_rate: 0") } == [true])
                #expect(result.table.count { $0.hasPrefix("control: ") } == 2)
                // Learning rate 0 answers as the carried policy does.
                #expect(
                    result.outcomes[2].after.implicit.answers.map(\.completion)
                        == result.before.implicit.answers.map(\.completion))
            }
        }

        @Test("A folder of other settings or of something else is refused and left alone")
        func refusals() throws {
            try withFolder { folder in
                let stopped = recipe(folder + "/a")
                _ = try stopped.run(shouldStop: { true }) { _ in }
                var other = stopped
                other.settings.seed = 7
                let before = try files(folder)
                #expect(message { _ = try other.run { _ in } }.contains("other settings"))
                try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/b"))
                #expect(
                    message { _ = try recipe(folder).run { _ in } }.contains("not empty"))
                #expect(
                    try files(folder + "/a")
                        == before.reduce(into: [:]) {
                            $0[String($1.key.dropFirst(2))] = $1.value
                        })
                var lost = recipe(folder + "/c")
                lost.resources = folder + "/nowhere"
                #expect(
                    message { _ = try lost.run { _ in } }.contains("carried models"))
                #expect(!exists(folder + "/c"))
            }
        }
    }
}
