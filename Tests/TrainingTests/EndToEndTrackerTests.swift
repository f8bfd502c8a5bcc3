import EndToEndTestSupport
import EventFiles
import Files
import FilesTestSupport
import Foundation
import NN
import SharedSettings
import Testing
import Trackers
import TrainingTestSupport

@testable import Configuration
@testable import Runs
@testable import Settings
@testable import Training
@testable import TrainingRuns

extension EndToEnd {
    /// What programs are told of a run.
    @Suite(.serialized) struct TrackerTests {
        let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        private func configuration(_ folder: String, kept: String? = nil) -> RunConfiguration {
            var result = fixture.cheapConfiguration(output: folder)
            // What a step computes must not depend on how many there are.
            result.training.schedule = .constant
            result.logging.saveSteps = 1
            result.logging.logImagesSteps = 2
            result.logging.numImages = 1
            if let kept { result.logging.trackers = TrackerTable([keepingTracker(kept)]) }
            return result
        }

        private func run(_ configuration: RunConfiguration) throws -> TrainRecipe {
            let recipe = try TrainRecipe(configuration, command: ["test"], resume: .automatic)
            try recipe.run { _ in }
            return recipe
        }

        private func records(_ kept: String, _ kind: String) throws -> [[String: Any]] {
            try lines(kept).map { try object($0) }.filter { $0["type"] as? String == kind }
        }

        /// Holds what a tracker has to the run's files, but for the clock.
        private func expectAll(_ kept: String, _ run: String) throws {
            func numbers(_ object: [String: Any]) -> [String: Double] {
                object.compactMapValues { $0 as? Double }.filter { name, _ in
                    name != "step" && name != "step_time" && !name.hasPrefix("timing_s/")
                        && !name.hasPrefix("perf/")
                }
            }
            let metrics = try lines(run + "/metrics.jsonl").map { try object($0) }
            let told = try records(kept, "metrics")
            #expect(told.map { $0["step"] as? Int } == metrics.map { $0["step"] as? Int })
            for (record, line) in zip(told, metrics) {
                let found = try #require(record["metrics"] as? [String: Any])
                #expect(numbers(found) == numbers(line))
                #expect(Set(found.keys) == Set(line.keys).subtracting(["step"]))
            }
            for record in try records(kept, "completions") {
                let step = try #require(record["step"] as? Int)
                let rollouts = try lines("\(run)/rollouts/step-\(step).jsonl").map {
                    try object($0)
                }
                let found = try #require(record["completions"] as? [[String: Any]])
                #expect(
                    found.map { $0["completion"] as? String }
                        == rollouts.map { $0["completion"] as? String })
            }
        }

        @Test("A tracker is told all of a run, and changes nothing of it")
        func everything() throws {
            try withFolder { folder in
                let (run, kept) = (folder + "/run", folder + "/kept")
                _ = try self.run(configuration(run, kept: kept))
                _ = try self.run(configuration(folder + "/plain"))
                try expectAll(kept, run)
                let first = try #require(try records(kept, "run").first)
                let values = try #require(first["configuration"] as? [String: Any])
                #expect(Set(values.keys) == Set(RunConfiguration.keys.map(\.name)))
                #expect(values["training.max_steps"] as? Int == 3)
                #expect((values["rewards"] as? [String: Any])?["mask_iou"] as? Double == 2)
                #expect(try records(kept, "completions").map { $0["step"] as? Int } == [1, 2, 3])
                let pictures = try records(kept, "picture")
                #expect(pictures.map { $0["step"] as? Int } == [1, 3])
                for picture in pictures {
                    let file = try #require(picture["file"] as? String)
                    #expect(try contents("\(run)/\(file)").starts(with: [0xFF, 0xD8]))
                }
                #expect(try records(kept, "end").map { $0["ending"] as? String } == ["finished"])
                for file in [
                    "rollouts/step-3.jsonl", "checkpoints/step-3/policy/model.safetensors",
                ] {
                    #expect(try contents("\(run)/\(file)") == contents("\(folder)/plain/\(file)"))
                }
            }
        }

        @Test("A run that lost its last checkpoint tells of no step twice, and of every one")
        func resume() throws {
            try withFolder { folder in
                let (run, kept) = (folder + "/run", folder + "/kept")
                _ = try self.run(configuration(run, kept: kept))
                // As if the process had been killed before it; the next start has one step more.
                try FileManager.default.removeItem(atPath: run + "/checkpoints/step-3")
                var more = configuration(run, kept: kept)
                more.training.maxSteps = 4
                _ = try self.run(more)
                try expectAll(kept, run)
                #expect(try records(kept, "metrics").map { $0["step"] as? Int } == [1, 2, 3, 4])
                #expect(try records(kept, "run").map { $0["step"] as? Int } == [0, 2])
                #expect(Set(try records(kept, "run").map { $0["id"] as? String }).count == 1)
                // From the beginning, in the same folder: it has all of that already.
                for step in CheckpointFolder(run: run).steps {
                    try FileManager.default.removeItem(atPath: "\(run)/checkpoints/step-\(step)")
                }
                _ = try self.run(more)
                #expect(try records(kept, "metrics").count == 4)
            }
        }

        @Test(
            "A run without trackers can be told of later, with the times of its events, and only once"
        )
        func later() throws {
            try withFolder { folder in
                let (run, kept) = (folder + "/run", folder + "/kept")
                let configuration = configuration(run)
                _ = try self.run(configuration)
                for _ in 0..<2 {
                    let recipe = try TrackRecipe(
                        run: run, configuration: configuration,
                        trackers: TrackerTable([keepingTracker(kept)]))
                    let (progress, notes) = recipe.send { _ in }
                    #expect(progress.map(\.left) == [0] && notes.isEmpty)
                }
                try expectAll(kept, run)
                #expect(try records(kept, "completions").count == 3)
                #expect(try records(kept, "picture").map { $0["step"] as? Int } == [1, 3])
                let times = try loggedEvents(run).filter { !$0.scalars.isEmpty }.map(\.time)
                let told = try records(kept, "metrics").compactMap { $0["time"] as? Double }
                #expect(zip(told, times).allSatisfy { abs($0 - $1) < 1e-3 } && told.count == 3)
                #expect(try records(kept, "end").map { $0["ending"] as? String } == ["finished"])
            }
        }

        @Test("A run that is told of later ends as far as its checkpoints tell")
        func laterEnd() throws {
            try withFolder { folder in
                let (run, kept) = (folder + "/run", folder + "/kept")
                var configuration = configuration(run)
                _ = try self.run(configuration)
                configuration.training.maxSteps = 9
                func send() throws {
                    _ = try TrackRecipe(
                        run: run, configuration: configuration,
                        trackers: TrackerTable([keepingTracker(kept)])
                    ).send { _ in }
                }
                let aside = folder + "/step-3"
                try FileManager.default.moveItem(
                    atPath: run + "/checkpoints/step-3", toPath: aside)
                try send()
                #expect(try records(kept, "end").isEmpty)
                try FileManager.default.moveItem(
                    atPath: aside, toPath: run + "/checkpoints/step-3")
                try send()
                #expect(try records(kept, "end").map { $0["ending"] as? String } == ["stopped"])
            }
        }

        @Test("What cannot be written down for trackers is an error, and made up for the next time")
        func notWritten() throws {
            try withFolder { folder in
                let (run, kept) = (folder + "/run", folder + "/kept")
                let configuration = configuration(run)
                _ = try self.run(configuration)
                let table = TrackerTable([keepingTracker(kept)])
                let blocked = run + "/trackers/pictures/step-3-0.jpg"
                try FileManager.default.createDirectory(
                    atPath: blocked + "/in the way", withIntermediateDirectories: true)
                let error = #expect(throws: FileError.self) {
                    _ = try TrackRecipe(run: run, configuration: configuration, trackers: table)
                }
                #expect(error?.path == blocked && error?.kind == .cannotWrite)
                try FileManager.default.removeItem(atPath: blocked)
                let recipe = try TrackRecipe(
                    run: run, configuration: configuration, trackers: table)
                #expect(recipe.send { _ in }.progress.map(\.left) == [0])
                #expect(try records(kept, "picture").map { $0["step"] as? Int } == [1, 3])
                #expect(try records(kept, "end").count == 1)
            }
        }

        @Test("A program or script that is not there keeps a run from beginning, with its place")
        func missing() throws {
            try withFolder { folder in
                let file = folder + "/c.yaml"
                for (command, said) in [
                    ("[pyhton3, a.py]", "PATH leads to no program pyhton3"),
                    ("[sh, \(folder)/trcker.py]", "\(folder)/trcker.py does not exist"),
                ] {
                    let text =
                        configuration(folder + "/run").resolved()
                        .replacing("trackers: {}", with: "trackers: {mine: {command: \(command)}}")
                    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
                    let found = message {
                        _ = try RunConfiguration.load(file: file, overrides: [], toRun: .automatic)
                    }
                    #expect(found.hasPrefix(file + ":"))
                    #expect(found.contains("logging.trackers: mine.command: \(said)"))
                }
            }
        }
    }
}
