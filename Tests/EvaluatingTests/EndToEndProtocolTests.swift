import Datasets
import EndToEndTestSupport
import Evaluation
import FilesTestSupport
import Foundation
import Imaging
import PromptedMasks
import RLTrainer
import SAM2
import Segmentation
import Shards
import Testing
import Torch
import TrainingTestSupport

@testable import Evaluating
@testable import Pictures
@testable import Settings
@testable import TrainingRuns

extension EndToEnd {
    /// Two protocols from one generation; answers that are kept, gone on from and used again.
    @Suite(.serialized) struct ProtocolTests {
        let fixture: EndToEndFixture

        init() throws {
            fixture = try EndToEndFixture.shared.get()
            _ = try TaughtPolicy.shared.get()
            try TorchRuntime.setThreadCount(1)
        }

        private func recipe() -> EvaluateRecipe {
            var recipe = EvaluateRecipe(
                policy: fixture.policy, segmenter: fixture.segmenter, data: [fixture.shard])
            recipe.settings.imageSize = 56
            recipe.settings.maxCompletionLength = 6
            recipe.settings.resamples = 50
            recipe.settings.questions = .all
            recipe.settings.readsAsPaper = true
            return recipe
        }

        /// Pictures of 120 × 90 pixels which the taught policy, seeing 112 × 112, answers with one box
        /// that the lenient parser alone reads; with a target, without one, and with one of a single
        /// pixel that the stretched truth has lost.
        private func source() throws -> InMemoryDataset {
            let picture = try Array(contents(fixture.picture))
            var target = BinaryMask(width: 120, height: 90)
            for x in 30..<80 { for y in 20..<60 { target[x, y] = true } }
            let tiny = try #require(
                (0..<120).lazy.map { x -> BinaryMask in
                    var mask = BinaryMask(width: 120, height: 90)
                    mask[x, 45] = true
                    return mask
                }.first { $0.resized(to: .square(112)).isEmpty })
            return InMemoryDataset(
                [("with", target), ("without", BinaryMask(width: 120, height: 90)), ("tiny", tiny)]
                    .map { id, mask in
                        SegmentationSample(
                            id: id, image: picture, format: .png,
                            frame: ImageFrame(width: 120, height: 90),
                            questions: ["Where could fuel be stored?"], answers: [], mask: mask)
                    })
        }

        @Test("Answers whose evaluation.json is gone are put aside, and said, not overwritten")
        func answersWithoutDocument() throws {
            try withFolder { folder in
                let recipe = recipe()
                _ = try recipe.run(output: folder + "/val")
                let answers = try contents(folder + "/val/predictions.jsonl")
                for number in 1...2 {
                    try FileManager.default.removeItem(atPath: folder + "/val/evaluation.json")
                    var notes: [String] = []
                    _ = try recipe.run(output: folder + "/val", onNote: { notes.append($0) })
                    let aside = "\(folder)/val/without-evaluation-\(number)"
                    #expect(notes.contains { $0.hasSuffix("put aside in \(aside)") })
                    #expect(try contents(aside + "/predictions.jsonl") == answers)
                    #expect(try contents(folder + "/val/predictions.jsonl") == answers)
                }
                try FileManager.default.removeItem(atPath: folder + "/val/evaluation.json")
                _ = try recipe.run(output: folder + "/val", overwrite: true)
                let third = folder + "/val/without-evaluation-3"
                #expect(!FileManager.default.fileExists(atPath: third))
            }
        }

        @Test(
            "Coordinates that the published call cannot use have no mask there, and what we read here"
        )
        func malformedCoordinates() throws {
            let source = try source()
            var settings = EvaluateRecipe.Settings()
            (settings.imageSize, settings.readsAsPaper) = (112, true)
            let segmenter = try SAM2Segmenter.load(path: fixture.segmenter)
            let evaluator = Evaluator(
                policy: try fixture.loadPolicy(fixture.policy), segmenter: segmenter,
                source: source, settings: settings)
            func read(_ instance: String, _ index: Int) throws -> EvaluatedAnswer {
                let sample = source.sample(at: index)
                let square = try squareSample(sample, side: 112)
                let answer = try evaluator.read(
                    Completion(
                        tokenIDs: [], logProbabilities: [],
                        text: "<think></think><answer>```json[\(instance)]```</answer>",
                        stopReason: .endOfSequence),
                    sample, question: 0, frame: .square(112), square: square,
                    picture: EncodedOnce(segmenter, square.image))
                // As a line of predictions.jsonl holds it.
                let line = try JSONEncoder.answers.encode(answer)
                let again = try JSONDecoder.answers.decode(EvaluatedAnswer.self, from: line)
                #expect(try JSONEncoder.answers.encode(again) == line)
                #expect(again.paperOutcome == answer.paperOutcome)
                return again
            }
            let (box, points) = ("\"bbox_2d\": [28,20,84,70]", "[[40,40],[50,50]]")
            let plain = try read("{\(box), \"positive_points\": \(points)}", 0)
            let paper = try #require(plain.paper)
            #expect(paper.segmenterError == nil && paper.mask != nil)
            for instance in [
                "{\(box), \"positive_points\": [[\"40\",40],[50,50]]}",
                "{\(box), \"positive_points\": \(points), \"negative_points\": null}",
                "{\(box), \"positive_points\": [[40,40],[50,1\(String(repeating: "0", count: 30))]]}",
                "{\"bbox_2d\": [null,20,84,70], \"positive_points\": \(points)}",
            ] {
                let found = try read(instance, 0)
                let outcome = try #require(found.paperOutcome)
                #expect(outcome.callRaises && !outcome.hasMask && outcome.isReadable)
                #expect(found.paper?.mask == nil && found.paper?.segmenterError != nil)
                #expect(found.paper?.union == found.paper?.truth)
                let isOurs = !instance.contains("[null")
                #expect((found.parseError == nil) == isOurs && (found.mask != nil) == isOurs)
                let empty = try #require(read(instance, 1).paperOutcome)
                #expect(empty.hasMask && empty.iou == 0)
            }
            let nowhere = try read("{\(box), \"positive_points\": [[NaN,40],[50,1e400]]}", 0)
            let outcome = try #require(nowhere.paperOutcome)
            #expect(outcome.hasMask && !outcome.callRaises && outcome.intersection == 0)
            #expect(nowhere.paper?.mask?.mask?.isEmpty == true)
            #expect(nowhere.paper?.prompts.first?.positivePoints.first?.x.isNaN == true)
            #expect(nowhere.parseError != nil && nowhere.mask == nil)
        }

        private func taught(
            on source: InMemoryDataset? = nil,
            _ change: (inout EvaluateRecipe.Settings) -> Void = { _ in }
        ) throws -> EvaluationResult {
            var settings = EvaluateRecipe.Settings()
            settings.imageSize = 112
            settings.maxCompletionLength = 128
            settings.readsAsPaper = true
            change(&settings)
            return try EvaluateRecipe.run(
                policy: fixture.loadPolicy(TaughtPolicy.shared.get().path),
                segmenter: SAM2Segmenter.load(path: fixture.segmenter),
                source: source ?? self.source(), settings: settings)
        }

        @Test("Ignored pixels are in no strict number, and background in the paper's protocol")
        func ignoredPixels() throws {
            let plain = try taught { $0.parser = .lenient }
            var samples = try source().samples
            // A part of what is predicted, and of what is not; the truth has none of it.
            var ignored = BinaryMask(width: 120, height: 90)
            for y in 40..<90 { for x in 0..<120 { ignored[x, y] = true } }
            ignored.subtract(samples[0].mask)
            samples[0].ignored = ignored
            let result = try taught(on: InMemoryDataset(samples)) { $0.parser = .lenient }
            let (before, after) = (plain.answers[0], result.answers[0])
            let mask = try #require(after.mask?.mask)
            #expect(after.mask == before.mask && after.truth == before.truth)
            let counted = mask.subtracting(ignored)
            #expect(after.outcome.overlap.intersection == before.outcome.overlap.intersection)
            #expect(after.outcome.overlap.union == counted.unionCount(samples[0].mask))
            #expect(after.outcome.overlap.ignored == ignored.count)
            #expect(after.paper == before.paper)
            let strict = try #require(result.summary.ignored)
            #expect(strict.samples == 1 && strict.rule == .leftOut)
            #expect(result.paper?.ignored?.rule == .background && plain.paper?.ignored == nil)
            #expect(result.paper?.metrics == plain.paper?.metrics)
            let table = evaluationTable(result)
            #expect(table.contains("the ignored pixels of 1 sample are left out"))
            #expect(table.contains("the ignored pixels of 1 sample count as background"))
            let line = try JSONEncoder().encode(after)
            #expect(try JSONDecoder().decode(EvaluatedAnswer.self, from: line) == after)
            let other = String(decoding: try JSONEncoder().encode(before), as: UTF8.self)
            #expect(!other.contains("\"ignored\""))
        }

        @Test("One completion is read strictly at the picture's size and leniently in the square")
        func twoReadings() throws {
            let result = try taught()
            let answer = result.answers[0]
            // Strictly nothing can be read.
            #expect(answer.parseError != nil && answer.mask == nil && answer.outcome.iou == 0)
            let paper = try #require(answer.paper)
            #expect(paper.parseError == nil && paper.frame == .square(112))
            #expect(paper.prompts.first?.box == Box(x1: 28, y1: 20, x2: 84, y2: 70))
            let truth = try source().samples[0].mask.resized(to: .square(112))
            let square = try ImageCodec.load(path: fixture.picture)
                .resized(to: .square(112), filter: .lanczos)
            let expected = try SAM2Segmenter.load(path: fixture.segmenter).encode(square)
                .mask(for: paper.prompts, in: .square(112), output: .square(112))
            #expect(paper.mask?.mask == expected)
            #expect(paper.truth == truth.count)
            #expect(paper.intersection == expected.intersectionCount(truth))
            #expect(paper.union == expected.unionCount(truth))
            #expect(try answer.truth == source().samples[0].mask.count)
            #expect(result.paper?[.formatValidity].value == 1)
            #expect(result.summary[.formatValidity].value == 0)
        }

        @Test("Where both readings are the same, each has the mask that it has alone")
        func sharedDecoding() throws {
            let both = try taught { $0.parser = .lenient }
            let alone = try taught {
                $0.parser = .lenient
                $0.readsAsPaper = false
            }
            #expect(both.answers.map(\.mask) == alone.answers.map(\.mask))
            #expect(both.summary == alone.summary && alone.paper == nil)
            #expect(both.answers.map(\.paper) == (try taught().answers.map(\.paper)))
        }

        @Test("Nothing is segmented for the paper's protocol where its square truth is empty")
        func emptyTruth() throws {
            let result = try taught { $0.parser = .lenient }
            for answer in result.answers.dropFirst() {
                let paper = try #require(answer.paper)
                #expect(paper.truth == 0 && paper.mask == nil && !paper.prompts.isEmpty)
                #expect(paper.union == 0 && paper.intersection == 0)
                #expect(answer.mask != nil)
            }
            let summary = try #require(result.paper)
            // The target of one pixel is none in the square, and one at the picture's size.
            #expect(summary.emptyTargets == 2 && result.summary.emptyTargets == 1)
            #expect(summary[.emptyTargetAccuracy].value == 0)
            let first = try #require(result.answers[0].paper)
            #expect(
                summary[.cIoU].value == Double(first.intersection) / Double(first.union))
        }

        @Test("Predictions that are read back give every number again, without a model")
        func recomputed() throws {
            try withFolder { folder in
                let result = try recipe().run(output: folder + "/val")
                let read = try EvaluationResult.load(folder: folder + "/val")
                #expect(read.answers == result.answers && read.paper == result.paper)
                #expect(read.secondsPerSample == result.secondsPerSample)
                let again = read.recomputed(seed: 42, resamples: 50)
                #expect(again.summary == result.summary && again.paper == result.paper)
                let paper = try #require(result.paper)
                let expected = try PaperOutcome.drawn(
                    #require(result.paperOutcomes), seed: 42)
                #expect(paper.samples == 4 && expected?.count == 4)
                // Another seed draws other questions and other intervals.
                let other = read.recomputed(seed: 5, resamples: 50)
                #expect(other.paper?.questionSeed == 5 && other.setup.seed == 5)
                #expect(other.summary.bootstrap.seed == 5)
                #expect(
                    other.summary.metrics.mapValues(\.value)
                        == result.summary.metrics.mapValues(\.value))
            }
        }

        @Test("A finished evaluation is used again without its models, for other seeds too")
        func reuse() throws {
            try withFolder { folder in
                let policy = folder + "/policy"
                try FileManager.default.copyItem(atPath: fixture.policy, toPath: policy)
                var recipe = recipe()
                recipe.policy = policy
                let first = try recipe.run(output: folder + "/val")
                let before = try files(folder + "/val")
                #expect(before.keys.sorted() == ["evaluation.json", "predictions.jsonl"])
                var notes: [String] = []
                func again() throws -> EvaluationResult {
                    try recipe.run(
                        output: folder + "/val",
                        onProgress: { _ in Issue.record("a sample was answered again") },
                        onNote: { notes.append($0) })
                }
                let second = try again()
                #expect(second.answers == first.answers && second.summary == first.summary)
                #expect(try files(folder + "/val") == before)
                #expect(notes.count == 1 && notes[0].contains("no model is loaded"))
                recipe.settings.seed = 7
                let third = try again()
                #expect(third.paper?.questionSeed == 7)
                #expect(try EvaluationResult.load(folder: folder + "/val").paper == third.paper)
                // One protocol is a part of both.
                recipe.settings.readsAsPaper = false
                #expect(try again().paper == third.paper)
            }
        }

        @Test("An evaluation with another setup is refused with key, value then and value now")
        func otherSetup() throws {
            try withFolder { folder in
                let policy = folder + "/policy"
                try FileManager.default.copyItem(atPath: fixture.policy, toPath: policy)
                var recipe = recipe()
                recipe.policy = policy
                recipe.settings.limit = 1
                recipe.settings.readsAsPaper = false
                _ = try recipe.run(output: folder + "/val")
                func refusal(_ change: (inout EvaluateRecipe) -> Void) -> String {
                    var other = recipe
                    change(&other)
                    return message { _ = try other.run(output: folder + "/val") }
                }
                #expect(
                    refusal { $0.settings.imageSize = 84 }.contains("image_size: 56 then, 84 now"))
                #expect(refusal { $0.settings.limit = nil }.contains("limit: 1 then, all now"))
                #expect(
                    refusal { $0.settings.readsAsPaper = true }
                        .contains("protocol: strict then, strict and paper now"))
                #expect(refusal { $0.dtype = .bfloat16 }.contains("dtype: float32 then"))
                // Other weights under the same name.
                let weights = policy + "/model.safetensors"
                var bytes = try contents(weights)
                bytes[bytes.count - 1] ^= 1
                try bytes.write(to: URL(fileURLWithPath: weights))
                let refused = refusal { _ in }
                #expect(refused.contains("policy: \(policy) (SHA-256"))
                #expect(refused.contains("--overwrite"))
                let replaced = try recipe.run(output: folder + "/val", overwrite: true)
                #expect(
                    try EvaluationResult.load(folder: folder + "/val").setup == replaced.setup)
            }
        }

        @Test(
            "An evaluation that was interrupted goes on with what it has, to the bytes of one that was not",
            arguments: [1, 3, 4], ["", "{\"answers\":[{\"comple"])
        func goesOn(after done: Int, torn: String) throws {
            struct Stop: Error {}
            try withFolder { folder in
                let recipe = recipe()
                let whole = try recipe.run(output: folder + "/whole")
                #expect(throws: Stop.self) {
                    try recipe.run(output: folder + "/parts") {
                        if $0.done == done { throw Stop() }
                    }
                }
                let partial = folder + "/parts/predictions.jsonl.partial"
                #expect(try lines(partial).count == done + 1)
                #expect(
                    message { _ = try EvaluationResult.load(folder: folder + "/parts") }
                        .contains("not finished"))
                // What a process that was killed leaves of its last line.
                let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: partial))
                try handle.seekToEnd()
                try handle.write(contentsOf: Data(torn.utf8))
                try handle.close()
                var seen: [Int] = []
                var notes: [String] = []
                let result = try recipe.run(
                    output: folder + "/parts", onProgress: { seen.append($0.done) },
                    onNote: { notes.append($0) })
                #expect(seen == Array(done + 1..<5))
                #expect(notes.contains { $0.contains("goes on after \(done) sample") })
                #expect(result.answers == whole.answers && result.paper == whole.paper)
                #expect(
                    try files(folder + "/parts").keys.sorted()
                        == ["evaluation.json", "predictions.jsonl"])
                #expect(
                    try contents(folder + "/parts/predictions.jsonl")
                        == contents(folder + "/whole/predictions.jsonl"))
                func document(_ name: String) throws -> NSDictionary {
                    var document = try object(contents("\(folder)/\(name)/evaluation.json"))
                    document["seconds"] = nil
                    document["seconds_per_sample"] = nil
                    return document as NSDictionary
                }
                #expect(try document("parts") == document("whole"))
            }
        }

        @Test(
            "Answers of another setup are not gone on from, and two processes do not share a folder"
        )
        func foreignPartial() throws {
            struct Stop: Error {}
            try withFolder { folder in
                let recipe = recipe()
                #expect(throws: Stop.self) {
                    try recipe.run(output: folder) { _ in
                        #expect(
                            message { _ = try recipe.run(output: folder) }
                                .contains("another run writes"))
                        throw Stop()
                    }
                }
                var other = recipe
                other.settings.maxCompletionLength = 4
                #expect(
                    message { _ = try other.run(output: folder) }
                        .contains("max_completion_length: 6 then, 4 now"))
                // The refused one goes on; with --overwrite the other begins anew.
                var seen: [Int] = []
                _ = try other.run(output: folder, overwrite: true) { seen.append($0.done) }
                #expect(seen == [1, 2, 3, 4])
            }
        }

        @Test("A line of kept answers that is damaged is named with its number")
        func damagedPartial() throws {
            struct Stop: Error {}
            try withFolder { folder in
                let recipe = recipe()
                #expect(throws: Stop.self) {
                    try recipe.run(output: folder) { if $0.done == 2 { throw Stop() } }
                }
                let path = folder + "/predictions.jsonl.partial"
                var text = try lines(path)
                text[1] = String(text[1].dropLast(9))
                try Data((text.joined(separator: "\n") + "\n").utf8)
                    .write(to: URL(fileURLWithPath: path))
                let refused = message { _ = try recipe.run(output: folder) }
                #expect(refused.contains("partial:2: damaged") && refused.contains("--overwrite"))
            }
        }

        @Test("The paper's questions are those that random asks with the same seed")
        func randomQuestions() throws {
            let all = try recipe().run()
            var random = recipe()
            random.settings.questions = .random
            let drawn = try random.run()
            #expect(drawn.paper == all.paper && drawn.answers.count == 4)
            var first = recipe()
            first.settings.questions = .first
            let samples = try ShardedDataset(paths: [fixture.shard])
            let isFirst = try (0..<4).allSatisfy { index in
                let sample = try samples.sample(at: index)
                return QuestionSelector.random.index(
                    count: sample.questions.count, seed: 42, epoch: 0, sampleID: sample.id) == 0
            }
            try #require(!isFirst)
            #expect(try first.run().paper == nil)
        }

        @Test(
            "A run's folder or configuration gives the policy of its last, best or named checkpoint"
        )
        func evaluatedRun() throws {
            try withFolder { folder in
                var run = fixture.cheapConfiguration(output: folder + "/run")
                run.training.maxSteps = 2
                run.logging.saveSteps = 1
                run.data.validation = [fixture.shard]
                run.evaluation.metricForBestModel = .formatValidity
                run.evaluation.evalSteps = 1
                try train(run)
                let checkpoints = folder + "/run/checkpoints"
                for path in [folder + "/run", folder + "/run/config.yaml"] {
                    let found = try EvaluatedRun(path)
                    #expect(found.validation == [fixture.shard])
                    #expect(try found.policy(.newest) == checkpoints + "/step-2/policy")
                    #expect(try found.policy(.best) == checkpoints + "/step-1/policy")
                    #expect(try found.policy(.step(1)) == checkpoints + "/step-1/policy")
                    #expect(message { _ = try found.policy(.step(9)) }.contains("those of 1, 2"))
                }
                // A run that was moved is where its configuration is.
                try FileManager.default.moveItem(
                    atPath: folder + "/run", toPath: folder + "/moved")
                #expect(
                    try EvaluatedRun(folder + "/moved/config.yaml").policy(.newest)
                        == folder + "/moved/checkpoints/step-2/policy")
                // A configuration elsewhere leads to its output_dir, where nothing is now.
                try FileManager.default.copyItem(
                    atPath: folder + "/moved/config.yaml", toPath: folder + "/a.yaml")
                let gone = try EvaluatedRun(folder + "/a.yaml")
                #expect(gone.folder == folder + "/run")
                #expect(message { _ = try gone.policy(.newest) }.contains("--policy"))
                #expect(message { _ = try EvaluatedRun(folder + "/none") }.contains("/none"))
            }
        }
    }
}

/// Comparing evaluations that were made before.
@Suite struct ComparedEvaluationsTests {
    private func answer(_ id: String, _ intersection: Int, paper: Bool = true) -> EvaluatedAnswer {
        var answer = EvaluatedAnswer(
            outcome: SampleOutcome(
                id: id,
                overlap: MaskOverlap(intersection: intersection, union: 100, isEmptyTarget: false),
                objectCount: 1),
            question: "Which?", completion: "", stopReason: .endOfSequence, parseError: nil,
            policyFrame: .square(56),
            prompts: [SegmentationPrompt(box: Box(x1: 0, y1: 0, x2: 4, y2: 4))], mask: nil,
            questionCount: 1, truth: 80)
        if paper {
            var reading = PaperReading(
                .success(PublishedAnswer(prompts: answer.prompts)), frame: .square(56), truth: 25)
            (reading.intersection, reading.union) = (intersection / 2, 25)
            answer.paper = reading
        }
        return answer
    }

    private func evaluation(_ answers: [EvaluatedAnswer]) -> EvaluationResult {
        EvaluationResult(
            setup: EvaluationResult.Setup(), summary: EvaluationSummary([]), seconds: 0,
            answers: answers
        ).recomputed(seed: 3, resamples: 50)
    }

    @Test("Both protocols' metrics are compared, with the change and its paired interval")
    func both() throws {
        let before = evaluation((0..<20).map { answer("\($0)", 2 * $0) })
        let after = evaluation((0..<20).map { answer("\($0)", 2 * $0 + 10) })
        let found = try ComparedEvaluations(
            from: before, to: after, bootstrap: Bootstrap(resamples: 50))
        let strict = try #require(found.strict["giou"])
        let change = try #require(strict.change.value)
        #expect(abs(change - 0.1) < 1e-12)
        #expect(strict.before == before.summary[.gIoU].value)
        #expect(strict.after == after.summary[.gIoU].value)
        #expect(try #require(strict.change.interval).width < 1e-12)
        let paper = try #require(found.paper?["ciou"])
        #expect(abs(try #require(paper.change.value) - 0.2) < 1e-12)
        #expect(found.table.contains("gIoU") && found.table.contains("paper, one question"))
        let document = try object(found.document())
        #expect(document["paper_is_missing"] == nil)
        #expect((document["strict"] as? [String: Any])?["giou"] != nil)
    }

    @Test("The table has both protocols beside each other, and says what differs")
    func table() throws {
        let result = evaluation((0..<20).map { answer("\($0)", 2 * $0) })
        let both = evaluationTable(result)
        let head = try #require(both.split(separator: "\n").first)
        #expect(head.contains("strict") && head.contains("paper"))
        let row = try #require(both.split(separator: "\n").first { $0.hasPrefix("gIoU ") })
        #expect(row.contains("0.190") && row.contains("0.380"))
        #expect(both.contains("drawn by seed 3") && both.contains("masks at the picture's size"))
        let strict = evaluationTable(result, protocols: [.strict])
        #expect(!strict.contains("paper") && strict.contains("0.190"))
        let paper = evaluationTable(result, protocols: [.paper])
        #expect(!paper.contains("strict:") && paper.contains("0.380"))
    }

    @Test("Without the paper's readings the strict protocol is compared, and why is said")
    func strictOnly() throws {
        let old = evaluation([answer("a", 4, paper: false)])
        let new = evaluation([answer("a", 4)])
        let found = try ComparedEvaluations(from: old, to: new)
        #expect(found.paper == nil)
        #expect(found.paperIsMissing?.contains("--protocol both") == true)
        #expect(found.table.contains("--protocol both"))
    }

    @Test("Other questions, truths or parsers are a mismatch that is named")
    func mismatches() {
        let one = evaluation([answer("a", 4)])
        func refusal(_ change: (inout EvaluationResult) -> Void) -> String {
            var other = one
            change(&other)
            return message { _ = try ComparedEvaluations(from: one, to: other) }
        }
        #expect(refusal { $0.answers[0].outcome.id = "b" }.contains("about 'b'"))
        #expect(refusal { $0.answers[0].question = "Where?" }.contains("'Where?'"))
        #expect(refusal { $0.answers[0].truth = 7 }.contains("another truth"))
        #expect(refusal { $0.setup.parser = "lenient" }.contains("the lenient one"))
        #expect(refusal { $0.answers = [] }.contains("has 1 answers"))
    }

    @Test("Evaluations that were written before there were two protocols are read")
    func oldFiles() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path
        for name in ["explicit", "implicitA", "implicitB"] {
            let data = try contents("\(root)/Resources/policy/evaluation-\(name).json")
            let result = try JSONDecoder().decode(EvaluationResult.self, from: data)
            #expect(result.summary.answers == 400 && result.paper == nil)
            #expect(result.setup.protocols == [.strict] && result.secondsPerSample == nil)
            #expect(evaluationTable(result).contains("gIoU"))
        }
    }
}
