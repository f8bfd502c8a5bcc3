import Datasets
import EndToEndTestSupport
import Evaluating
import Evaluation
import FilesTestSupport
import Foundation
import Imaging
import PromptedMasks
import SAM2
import Segmentation
import Shards
import Testing
import Torch

@testable import Policies

extension EndToEnd {
    @Suite(.serialized) struct EvaluateTests {
        let fixture: EndToEndFixture

        init() throws {
            fixture = try EndToEndFixture.shared.get()
            _ = try TaughtPolicy.shared.get()
            // Threads that wait for each other at every operation are slow where cores are shared.
            try TorchRuntime.setThreadCount(1)
        }

        private func recipe(policy: String? = nil) -> EvaluateRecipe {
            var recipe = EvaluateRecipe(
                policy: policy ?? fixture.policy, segmenter: fixture.segmenter,
                data: [fixture.shard])
            recipe.settings.imageSize = 56
            recipe.settings.maxCompletionLength = 12
            recipe.settings.resamples = 50
            return recipe
        }

        /// Two pictures of the taught policy's own, which answers them with one box: 120 × 90
        /// pixels where it sees 112 × 112, one with a target and one without.
        private func taughtSource() throws -> InMemoryDataset {
            let picture = try contents(fixture.picture)
            let frame = ImageFrame(width: 120, height: 90)
            var target = BinaryMask(width: 120, height: 90)
            for x in 30..<80 { for y in 20..<60 { target[x, y] = true } }
            func sample(_ id: String, _ mask: BinaryMask) -> SegmentationSample {
                SegmentationSample(
                    id: id, image: Array(picture), format: .png, frame: frame,
                    questions: ["Where could fuel be stored?"], answers: [], mask: mask,
                    instances: [
                        InstanceTruth(
                            className: "storage tank", isTarget: !mask.isEmpty,
                            box: Box(x1: 30, y1: 20, x2: 80, y2: 60), mask: target)
                    ])
            }
            return InMemoryDataset([
                sample("with", target), sample("without", BinaryMask(width: 120, height: 90)),
            ])
        }

        private func taught(_ change: (inout EvaluateRecipe.Settings) -> Void = { _ in }) throws
            -> EvaluationResult
        {
            var settings = EvaluateRecipe.Settings()
            settings.imageSize = 112
            settings.maxCompletionLength = 128
            settings.parser = .lenient
            change(&settings)
            return try EvaluateRecipe.run(
                policy: fixture.loadPolicy(TaughtPolicy.shared.get().path),
                segmenter: SAM2Segmenter.load(path: fixture.segmenter), source: taughtSource(),
                settings: settings)
        }

        @Test(
            "Answers are read in S × S pixels whatever the policy's processor makes of S, as in score"
        )
        func otherSides() throws {
            let answer = try taught { $0.imageSize = 100 }.answers[0]
            #expect(answer.policyFrame == .square(100))
            let policy = try fixture.loadPolicy(fixture.policy)
            let image = RGBImage(width: 100, height: 100, fill: (9, 9, 9))
            #expect(try policy.prompt(image: image, question: "?").frame == .square(100))
            #expect(
                try policy.pictureWarning(.square(100))
                    == "the policy's processor resizes pictures "
                    + "of 100 x 100 to 112 x 112, and answers are still read in pixels of 100 x 100; "
                    + "use a side that it keeps, such as 112")
            #expect(try policy.pictureWarning(.square(112)) == nil)
        }

        @Test("A mask has the size of the sample's picture, and its overlap is counted there")
        func nativeSize() throws {
            let answer = try taught().answers[0]
            #expect(answer.outcome.objectCount == 1 && answer.parseError == nil)
            #expect(answer.policyFrame == .square(112))
            #expect(answer.prompts.first?.box == Box(x1: 28, y1: 20, x2: 84, y2: 70))
            let mask = try #require(answer.mask?.mask)
            let square = try ImageCodec.load(path: fixture.picture)
                .resized(to: .square(112), filter: .lanczos)
            let expected = try SAM2Segmenter.load(path: fixture.segmenter).encode(square)
                .mask(
                    for: answer.prompts, in: .square(112),
                    output: ImageFrame(width: 120, height: 90))
            #expect(mask == expected)
            let truth = try taughtSource().samples[0].mask
            #expect(answer.outcome.overlap.intersection == mask.intersectionCount(truth))
            #expect(answer.outcome.overlap.union == mask.unionCount(truth))
        }

        @Test(
            "What is predicted where there is no target counts in cIoU and makes the answer wrong")
        func emptyTarget() throws {
            let result = try taught()
            let answer = result.answers[1]
            let area = try #require(answer.mask?.mask?.count)
            #expect(answer.outcome.overlap.isEmptyTarget && answer.outcome.iou == 0)
            #expect(answer.outcome.overlap.union == area)
            #expect(result.summary[.emptyTargetAccuracy].value == 0)
            #expect(answer.outcome.targetClass == nil && answer.outcome.thoughtNamesTarget == nil)
            let sums = result.outcomes.map(\.overlap)
            let share =
                Double(sums.map(\.intersection).reduce(0, +))
                / Double(sums.map(\.union).reduce(0, +))
            #expect(result.summary[.cIoU].value == share)
        }

        @Test("An answer is read as training reads it: what only the lenient parser takes is wrong")
        func strictParser() throws {
            let strict = try taught { $0.parser = .strict }
            #expect(strict.answers[0].parseError != nil && strict.answers[0].mask == nil)
            #expect(strict.answers[0].outcome.iou == 0)
            let truth = try taughtSource().samples[0].mask
            #expect(strict.answers[0].outcome.overlap.union == truth.count)
            // The lenient parser's own result says all the same that the format is not valid.
            #expect(try taught().summary[.formatValidity].value == 0)
            #expect(strict.answers[0].outcome.targetClass == "storage tank")
            #expect(strict.answers[0].outcome.thoughtNamesTarget == false)
        }

        @Test("Any number of workers gives the same answers in the same order")
        func workers() throws {
            var one = recipe()
            one.settings.questions = .all
            var three = one
            three.settings.workers = 3
            let (first, second) = (try one.run(), try three.run())
            #expect(first.answers == second.answers && first.summary == second.summary)
            #expect(first.answers.count > 4 && first.summary.samples == 4)
        }

        @Test("First asks one question per sample, all asks each, random the one the seed draws")
        func questions() throws {
            let dataset = try ShardedDataset(paths: [fixture.shard])
            let samples = try (0..<4).map { try dataset.sample(at: $0) }
            var recipe = recipe()
            #expect(try recipe.run().answers.map(\.question) == samples.map { $0.questions[0] })
            recipe.settings.questions = .all
            #expect(try recipe.run().answers.map(\.question) == samples.flatMap(\.questions))
            recipe.settings.questions = .random
            let drawn = try recipe.run().answers
            #expect(drawn.map(\.outcome.id) == samples.map(\.id))
            let expected = samples.map {
                QuestionSelector.random.question(of: $0, seed: 42, epoch: 0)
            }
            #expect(drawn.map(\.question) == expected)
        }

        @Test("The files hold what the result says, and are read back as it was")
        func files() throws {
            try withFolder { folder in
                var recipe = recipe()
                recipe.settings.limit = 3
                var seen: [Int] = []
                let result = try recipe.run(output: folder + "/val") { progress in
                    #expect(progress.total == 3)
                    seen.append(progress.done)
                }
                #expect(seen == [1, 2, 3])
                let read = try EvaluationResult.load(folder: folder + "/val")
                #expect(read.answers == result.answers && read.summary == result.summary)
                #expect(read.setup == result.setup && read.setup.data == [fixture.shard])
                let document = try object(contents(folder + "/val/evaluation.json"))
                let summary = try #require(document["summary"] as? [String: Any])
                let metrics = try #require(summary["metrics"] as? [String: [String: Any]])
                #expect(metrics["giou"]?["value"] as? Double == result.summary[.gIoU].value)
                #expect(metrics["giou"]?["count"] as? Int == 3)
                let line = try object(lines(folder + "/val/predictions.jsonl")[0])
                #expect(
                    Set(line.keys) == [
                        "id", "question", "question_index", "completion", "length", "stop_reason",
                        "parse_error", "prompts", "policy_frame", "iou", "intersection", "union",
                        "mask", "empty_target", "format_valid", "tags_valid", "target_class",
                        "thought_names_target", "question_count", "truth", "paper",
                    ])
                #expect(line["iou"] as? Double == result.answers[0].outcome.iou)
            }
        }

        @Test("What cannot be evaluated is named, and no file is written")
        func refusals() throws {
            try withFolder { folder in
                var none = recipe(policy: folder + "/none")
                #expect(message { _ = try none.run(output: folder + "/out") }.contains("/none"))
                none = recipe()
                none.segmenter = folder + "/sam"
                #expect(message { _ = try none.run(output: folder + "/out") }.contains("/sam"))
                none = recipe()
                none.data = [folder + "/shard.h5"]
                #expect(message { _ = try none.run(output: folder + "/out") }.contains("shard.h5"))
                none.data = []
                #expect(message { _ = try none.run(output: folder + "/out") }.contains("no shard"))
                let left = try FilesTestSupport.files(folder)
                #expect(left.isEmpty)
            }
            let refused = message {
                _ = try EvaluateRecipe.run(
                    policy: fixture.loadPolicy(),
                    segmenter: SAM2Segmenter.load(path: fixture.segmenter),
                    source: InMemoryDataset([]))
            }
            #expect(refused.contains("no samples"))
        }

        @Test("An error that progress throws ends the evaluation, with several workers too")
        func interruption() throws {
            struct Stop: Error {}
            for workers in [1, 3] {
                var recipe = recipe()
                recipe.settings.workers = workers
                var calls = 0
                #expect(throws: Stop.self) {
                    try recipe.run { _ in
                        calls += 1
                        throw Stop()
                    }
                }
                #expect(calls == 1)
            }
        }

        @Test("A damaged line of predictions is named with its number")
        func damagedLine() throws {
            try withFolder { folder in
                _ = try recipe().run(output: folder)
                let path = folder + "/predictions.jsonl"
                var text = try lines(path)
                text[2] = "{\"id\": 3}"
                try Data((text.joined(separator: "\n") + "\n").utf8)
                    .write(to: URL(fileURLWithPath: path))
                let refused = message { _ = try EvaluationResult.load(folder: folder) }
                #expect(refused.contains("predictions.jsonl:3:"))
            }
        }
    }
}

@Suite struct MaskRunsTests {
    @Test("Runs go down the columns, pixels outside first, and give the mask back")
    func runs() throws {
        var mask = BinaryMask(width: 3, height: 2)
        mask[0, 0] = true
        mask[1, 1] = true
        mask[2, 0] = true
        let runs = MaskRuns(mask)
        #expect(runs.size == [2, 3] && runs.counts == [0, 1, 2, 2, 1])
        #expect(runs.mask == mask)
        let empty = BinaryMask(width: 5, height: 7)
        #expect(MaskRuns(empty).counts == [35] && MaskRuns(empty).mask == empty)
    }

    @Test("Runs that do not fill the mask exactly are none")
    func damaged() throws {
        for text in [
            "{\"size\": [2, 2], \"counts\": [3]}", "{\"size\": [2, 2], \"counts\": [2, 3]}",
            "{\"size\": [2, 2], \"counts\": [5, -1]}", "{\"size\": [0, 2], \"counts\": []}",
            "{\"size\": [1000000, 1000000], \"counts\": [1]}",
        ] {
            let runs = try JSONDecoder().decode(MaskRuns.self, from: Data(text.utf8))
            #expect(runs.mask == nil, "\(text)")
        }
    }
}
