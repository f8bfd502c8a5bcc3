import EndToEndTestSupport
import EventFiles
import FilesTestSupport
import Foundation
import Imaging
import RLTrainer
import Testing
import TrainingTestSupport

@testable import Evaluating
@testable import Files
@testable import Runs
@testable import Settings
@testable import Training
@testable import TrainingRuns

/// The events of a run, of all its files in TensorBoard's order.
func loggedEvents(_ run: String) throws -> [LoggedEvent] {
    let place = RunEvents.place(run)
    return try RunEvents.files(in: place).flatMap {
        EventFile.events(in: [UInt8](try contents("\(place)/\($0)")))
    }
}

extension LoggedEvent {
    var values: [LoggedValue] { if case .values(let values) = content { values } else { [] } }

    /// The numbers, by name.
    var scalars: [String: Float] {
        var result: [String: Float] = [:]
        for case let value in values {
            if case .scalar(let number) = value.content { result[value.tag] = number }
        }
        return result
    }

    var pictures: [(tag: String, picture: LoggedPicture)] {
        values.compactMap { value in
            if case .picture(let picture) = value.content { (value.tag, picture) } else { nil }
        }
    }

    var texts: [String] {
        values.compactMap { if case .text(let text) = $0.content { text } else { nil } }
    }
}

extension EndToEnd {
    /// What TensorBoard gets of a run.
    @Suite(.serialized) struct EventTests {
        let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        private func configuration(_ folder: String) -> RunConfiguration {
            var result = fixture.configuration(output: folder)
            result.threads = 1
            result.grpo.numGenerations = 2
            result.grpo.sampling.maxCompletionLength = 4
            result.logging.saveSteps = 1
            return result
        }

        /// Holds the scalars of a run's events to the lines of its metrics, each step once.
        private func expectMetrics(_ run: String) throws {
            let steps = try loggedEvents(run).filter { !$0.scalars.isEmpty }
            // JSONSerialization reads some numbers as their neighbours.
            let metrics = try lines(run + "/metrics.jsonl").map {
                try JSONDecoder().decode([String: Double?].self, from: Data($0.utf8))
            }
            #expect(steps.map { Double($0.step) } == metrics.map { $0["step"] ?? nil })
            for (event, line) in zip(steps, metrics) {
                var wanted: [String: Float] = [:]
                for (name, value) in line where name != "step" {
                    if let value { wanted[name] = Float(value) }
                }
                #expect(event.scalars == wanted)
            }
        }

        @Test("The scalars of every step are the floats nearest to those in metrics.jsonl")
        func scalars() throws {
            let run = try FinishedRun.shared.get()
            try expectMetrics(run.path)
            let events = try loggedEvents(run.path)
            #expect(events[0].content == .version("brain.Event:2"))
            #expect(events[1].content == .start && events[1].step == 1)
        }

        @Test("The first step has pictures and answers of as many questions as are asked for")
        func pictures() throws {
            let run = try FinishedRun.shared.get()
            let shown = try loggedEvents(run.path).filter { !$0.pictures.isEmpty }
            #expect(shown.map(\.step) == [1])
            let event = try #require(shown.first)
            #expect(event.pictures.map(\.tag) == ["samples/0/picture", "samples/1/picture"])
            for (tag, picture) in event.pictures {
                let decoded = try ImageCodec.decode(picture.file, name: tag)
                #expect(decoded.width == 56 && picture.width == 56)
                #expect(decoded.height == picture.height && picture.height > 56)
            }
            let rollouts = try run.rollouts(1)
            for (index, text) in event.texts.enumerated() {
                for record in rollouts[index * 3..<index * 3 + 3] {
                    let question = try #require(record["question"] as? String)
                    #expect(text.hasPrefix("    \(question)\n"))
                    let completion = try #require(record["completion"] as? String)
                    let line = completion.split(whereSeparator: \.isNewline).first ?? ""
                    #expect(text.contains("    " + line))
                }
            }
        }

        @Test("Keys decide whether there are events, when there are pictures, and how many")
        func keys() throws {
            try withFolder { folder in
                var other = configuration(folder + "/few")
                other.logging.logImagesSteps = 2
                other.logging.numImages = 1
                try train(other)
                let shown = try loggedEvents(folder + "/few").filter { !$0.pictures.isEmpty }
                #expect(shown.map(\.step) == [1, 3])
                #expect(shown.allSatisfy { $0.pictures.count == 1 && $0.texts.count == 1 })
                other = configuration(folder + "/none")
                other.training.maxSteps = 1
                other.logging.logImagesSteps = 0
                try train(other)
                #expect(try loggedEvents(folder + "/none").allSatisfy { $0.pictures.isEmpty })
                other = configuration(folder + "/off")
                other.training.maxSteps = 1
                other.logging.tensorboard = false
                try train(other)
                #expect(RunEvents.files(in: folder + "/off").isEmpty)
            }
        }

        @Test("A run that was killed and goes on has each step once, whatever the killed one left")
        func resume() throws {
            try withFolder { folder in
                let run = configuration(folder + "/run")
                try train(run)
                // As if the last checkpoint had not been made before the process was killed.
                try FileManager.default.removeItem(atPath: folder + "/run/checkpoints/step-3")
                let path = folder + "/run"
                let first = try #require(RunEvents.files(in: path).first)
                let torn = TFRecord.framed([UInt8](repeating: 7, count: 900)).prefix(500)
                let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(path)/\(first)"))
                try file.seekToEnd()
                try file.write(contentsOf: Data(torn))
                try TrainRecipe(run, command: ["test"], resume: .automatic).run { _ in }
                try expectMetrics(folder + "/run")
                let names = RunEvents.files(in: path)
                #expect(names.count == 2 && names.first == first)
                let starts = try loggedEvents(folder + "/run").filter { $0.content == .start }
                #expect(starts.map(\.step) == [1, 3])

                // Without a checkpoint nothing is left of the first attempt.
                for step in CheckpointFolder(run: folder + "/run").steps {
                    try FileManager.default.removeItem(
                        atPath: "\(folder)/run/checkpoints/step-\(step)")
                }
                try TrainRecipe(run, command: ["test"], resume: .automatic).run { _ in }
                try expectMetrics(folder + "/run")
                #expect(RunEvents.files(in: path).count == 1)
            }
        }

        @Test("A run that was begun when events stood in a folder of their own goes on there")
        func oldPlace() throws {
            try withFolder { folder in
                let run = configuration(folder + "/run")
                try train(run)
                try FileManager.default.removeItem(atPath: folder + "/run/checkpoints/step-3")
                let place = folder + "/run/tensorboard"
                try FileManager.default.createDirectory(
                    atPath: place, withIntermediateDirectories: false)
                for name in RunEvents.files(in: folder + "/run") {
                    try FileManager.default.moveItem(
                        atPath: "\(folder)/run/\(name)", toPath: "\(place)/\(name)")
                }
                try TrainRecipe(run, command: ["test"], resume: .automatic).run { _ in }
                try expectMetrics(folder + "/run")
                #expect(RunEvents.files(in: place).count == 2)
                #expect(RunEvents.files(in: folder + "/run").isEmpty)
            }
        }

        @Test("Each session says which charts come first, and they are of numbers that there are")
        func layout() throws {
            let run = try FinishedRun.shared.get()
            let layouts = try loggedEvents(run.path).flatMap(\.values).filter {
                $0.tag == ScalarLayout.tag
            }
            guard case .layout(let bytes)? = layouts.first?.content, layouts.count == 1 else {
                Issue.record("no layout")
                return
            }
            let text = String(decoding: bytes, as: UTF8.self)
            for name in ["reward", "rewards/mask_iou/mean", "parse_failure_rate", "kl"] {
                #expect(text.contains("^\(name)$") && run.metrics[0][name] != nil)
            }
            let first = try #require(text.range(of: "^reward$"))
            #expect(text[first.upperBound...].contains("^grad_norm$"))
        }

        @Test("Events that cannot be written end the run, with their path")
        func cannotWrite() throws {
            try withFolder { folder in
                let run = configuration(folder + "/run")
                let recipe = try TrainRecipe(run, command: ["test"])
                try FileManager.default.removeItem(atPath: folder + "/run")
                try Data().write(to: URL(fileURLWithPath: folder + "/run"))
                let error = #expect(throws: FileError.self) { try recipe.run { _ in } }
                #expect(error?.path == folder + "/run")
                #expect(error?.message.hasPrefix("cannot write: ") == true)
            }
        }

        @Test(
            "Numbers that are not finite are left out, others of the caller's choice can be added")
        func otherNumbers() throws {
            try withFolder { folder in
                let events = try #require(RunEvents(configuration(folder), after: 6))
                var metrics = StepMetrics(step: 7)
                metrics.append("a", 0.1)
                metrics.append("b", .nan)
                metrics.append("c", -.infinity)
                metrics.append("e", 1e300)
                try events.append(metrics)
                try events.write(scalars: [("eval_giou", 0.5)], step: 7)
                try events.write(scalars: [("d", .nan)], step: 7)
                try RunEvents.synchronize(folder)
                let written = try loggedEvents(folder).dropFirst(3)
                #expect(written.map(\.scalars) == [["a": 0.1], ["eval_giou": 0.5]])
                try RunEvents.cutBack(folder, to: 6)
                #expect(try loggedEvents(folder).isEmpty)
            }
        }

        @Test("What is recorded every so many steps is so also where rollouts serve several steps")
        func due() {
            var grpo = GRPOConfiguration()
            func fresh(every interval: Int) -> [Int] {
                (1...12).filter {
                    ($0 - 1) % grpo.stepsPerBatch < grpo.stepsPerGeneration
                        && grpo.isDue($0, every: interval)
                }
            }
            #expect(fresh(every: 0).isEmpty)
            #expect(fresh(every: 1) == Array(1...12))
            #expect(fresh(every: 5) == [5, 10])
            // Steps 1 and 2 learn from the same rollouts, and so on.
            grpo.numIterations = 2
            #expect(fresh(every: 2) == [1, 3, 5, 7, 9, 11])
            #expect(fresh(every: 6) == [5, 11])
            // Steps 1 and 4, 2 and 5, 3 and 6 do.
            grpo.stepsPerGeneration = 3
            #expect(fresh(every: 1) == [1, 2, 3, 7, 8, 9])
            #expect(fresh(every: 4) == [1, 8, 9])
        }
    }
}
