import Datasets
import EndToEndTestSupport
import Evaluating
import FilesTestSupport
import Foundation
import Imaging
import Pictures
import PromptedMasks
import Rewards
import SAM2
import Scoring
import Segmentation
import Settings
import Shards
import Testing

/// A completion as the method asks for it.
private func answer(_ json: String) -> String {
    "<think>t</think>\n<answer>```json\(json)```</answer>"
}

private func write(_ records: [(id: String, completion: String)], to path: String) throws {
    let lines = try records.map { record in
        let object = ["id": record.id, "completion": record.completion]
        return try JSONSerialization.data(withJSONObject: object) + Data("\n".utf8)
    }
    try lines.reduce(Data(), +).write(to: URL(fileURLWithPath: path))
}

@Suite struct ParseRecipeTests {
    private func parse(
        _ text: String, _ change: (inout ParseRecipe) -> Void = { _ in }
    ) throws -> (lines: [String], summary: ParseRecipe.Summary) {
        try withFolder { folder in
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/in.jsonl"))
            var recipe = ParseRecipe(completions: folder + "/in.jsonl")
            change(&recipe)
            let summary = try recipe.run(to: folder + "/out.jsonl")
            #expect(try files(folder).keys.sorted() == ["in.jsonl", "out.jsonl"])
            return (try lines(folder + "/out.jsonl"), summary)
        }
    }

    private let three = #"""
        {"id": "a", "completion": "<think>t</think>\n<answer>```json[{\"bbox_2d\": [310.0, 3e2, 567, 586.5], \"positive_points\": [[\"434\", 474], [450, true]], \"label\": 1}]```</answer>"}
        {"id": 7, "completion": "<answer>[{\"bbox_2d\": [1,2,3,4]}, {\"bbox_2d\": [1,2,3,5]}]</answer>"}
        {"id": "ü\u0001", "completion": "No target."}
        """#

    @Test("each completion gives a line, in order: what both parsers read, the format, the error")
    func bothParsers() throws {
        let found = try parse(three)
        let first =
            #"[{"bbox_2d":[310,300,567,586.5],"positive_points":[[434,474],[450,1]]}]"#
        #expect(
            found.lines == [
                #"{"id":"a","strict":\#(first),"lenient":\#(first),"think_answer":true,"error":null}"#,
                #"{"id":7,"strict":null,"lenient":[{"bbox_2d":[1,2,3,5]}],"think_answer":false,"#
                    + #""error":"the answer has no ```json fence"}"#,
                #"{"id":"ü\u0001","strict":null,"lenient":null,"think_answer":false,"#
                    + #""error":"the answer has no ```json fence (lenient: the answer is not JSON, expected a JSON list)"}"#,
            ])
        let summary = found.summary
        #expect((summary.count, summary.strict) == (3, 1))
        #expect((summary.lenient, summary.thinkAnswer) == (2, 1))
        #expect(summary.failures == ["no_fence": 2])
    }

    @Test("the error is that of the parser that was asked for")
    func lenientError() throws {
        let found = try parse(three) { $0.parser = .lenient }
        let errors = try found.lines.map { try object($0)["error"] as? String }
        #expect(
            errors == [
                nil, nil,
                "the answer is not JSON, expected a JSON list (strict: the answer has no ```json fence)",
            ])
        #expect(found.summary.failures == ["not_a_list": 1])
    }

    @Test("the grammar of another variant reads its negative points")
    func variant() throws {
        let points = #"\"positive_points\": [[1,2],[3,4]], \"negative_points\": [[5,6],[7,8]]"#
        let found = try parse(#"{"id": 1, "completion": "[{\#(points)}]"}"#) {
            $0.variant = "box_2points_2negatives"
        }
        #expect(
            found.lines[0].contains(
                #""lenient":[{"positive_points":[[1,2],[3,4]],"negative_points":[[5,6],[7,8]]}]"#))
    }

    @Test("a bad line leaves neither a new file nor half of an old one")
    func badLine() throws {
        try withFolder { folder in
            let input = folder + "/in.jsonl"
            try Data((three + "\n{").utf8).write(to: URL(fileURLWithPath: input))
            try Data("{}".utf8).write(to: URL(fileURLWithPath: folder + "/old.jsonl"))
            for output in ["/new.jsonl", "/old.jsonl"] {
                let problem = message {
                    _ = try ParseRecipe(completions: input).run(to: folder + output)
                }
                #expect(problem.hasPrefix(input + ":4: not JSON"))
            }
            #expect(try files(folder).keys.sorted() == ["in.jsonl", "old.jsonl"])
            #expect(try contents(folder + "/old.jsonl") == Data("{}".utf8))
            let overwrite = message { _ = try ParseRecipe(completions: input).run(to: input) }
            #expect(overwrite.contains("is in use as another file"))
        }
    }

    @Test("what comes through a pipe is checked as it comes, and a bad line leaves no file either")
    func pipe() throws {
        try withFolder { folder in
            let input = folder + "/pipe"
            #expect(mkfifo(input, 0o600) == 0)
            func feed(_ text: String) {
                Thread.detachNewThread {
                    try? FileHandle(forWritingAtPath: input)?.write(contentsOf: Data(text.utf8))
                }
            }
            let line = #"{"id": 1, "completion": ""}"# + "\n"
            feed(String(repeating: line, count: 2000) + "{")
            let problem = message {
                _ = try ParseRecipe(completions: input).run(to: folder + "/out.jsonl")
            }
            #expect(problem.contains("/pipe:2001: not JSON"))
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(left == ["pipe"])
            feed(line)
            let summary = try ParseRecipe(completions: input).run(to: folder + "/out.jsonl")
            #expect(summary.count == 1)
            #expect(exists(folder + "/out.jsonl"))
        }
    }

    @Test("a file without completions is an error, not an empty result")
    func empty() {
        #expect(message { _ = try parse("\n \n") }.contains("holds no completions"))
    }

    @Test("hostile completions are failures of theirs, and the lines beside them are read")
    func hostile() throws {
        let deep = String(repeating: "[", count: 10_000) + String(repeating: "]", count: 10_000)
        let wide = "[" + String(repeating: "{\"bbox_2d\": [1,2,3,4]},", count: 200_000) + "]"
        let records = [
            deep, answer(wide), answer(deep), String(repeating: "<think>", count: 500_000),
            "\"" + String(repeating: "a", count: 2_000_000), answer("[{\"bbox_2d\": [NaN,1,2,3]}]"),
        ]
        try withFolder { folder in
            let good = answer("[]")
            try write(
                (records + [good]).map { (id: "x", completion: $0) }, to: folder + "/in.jsonl")
            let summary = try ParseRecipe(completions: folder + "/in.jsonl")
                .run(to: folder + "/out.jsonl")
            #expect(summary.count == 7 && summary.strict == 1 && summary.lenient == 1)
            #expect(try lines(folder + "/out.jsonl").last?.contains(#""strict":[]"#) == true)
        }
    }
}

extension EndToEnd {
    @Suite(.serialized) struct ScoreTests {
        let fixture: EndToEndFixture
        private let box = "{\"bbox_2d\": [5,5,50,50], \"positive_points\": [[20,20],[30,30]]}"
        private let whole = "{\"bbox_2d\": [0,0,56,56], \"positive_points\": [[9,9],[40,9]]}"
        private let far =
            "{\"bbox_2d\": [1e308,-1e308,1e308,1e308], \"positive_points\": [[20,20],[30,30]]}"
        private let malformed =
            "{\"bbox_2d\": [null,\"a\",50,50], \"positive_points\": [[20,20],[30,30]]}"

        init() throws { fixture = try EndToEndFixture.shared.get() }

        private func recipe(_ folder: String) -> ScoreRecipe {
            var recipe = ScoreRecipe(
                completions: folder + "/in.jsonl", data: [fixture.shard],
                segmenter: fixture.segmenter)
            recipe.imageSize = 56
            return recipe
        }

        private func score(
            _ records: [(id: String, completion: String)],
            _ change: (inout ScoreRecipe) throws -> Void = { _ in }
        ) throws -> (lines: [String], summary: ScoreRecipe.Summary) {
            try withFolder { folder in
                try write(records, to: folder + "/in.jsonl")
                var recipe = recipe(folder)
                try change(&recipe)
                let summary = try recipe.run(to: folder + "/out.jsonl")
                return (try lines(folder + "/out.jsonl"), summary)
            }
        }

        private struct Score: Decodable {
            let rewards: [String: Double]
            let total: Double
            let iou: Double
        }

        /// A sample with a target.
        private func target() throws -> SegmentationSample {
            let dataset = try ShardedDataset(paths: [fixture.shard])
            let samples = try (0..<dataset.count).map { try dataset.sample(at: $0) }
            return try #require(
                samples.first { try !squareSample($0, side: 56).truth.isEmpty })
        }

        @Test(
            "a completion is worth what the scorer of training gives it, with the documented keys")
        func equalToScorer() throws {
            let sample = try target()
            let square = try squareSample(sample, side: 56)
            let completions = [
                answer("[\(box)]"), answer("[]"), answer("[\(whole)]"), "[\(whole)]", "none",
            ]
            let expected = try Scorer().score(
                completions: completions,
                image: SAM2Segmenter.load(path: fixture.segmenter).encode(square.image),
                policyFrame: .square(56), truth: square.truth)
            let found = try score(completions.map { (id: sample.id, completion: $0) })
            #expect(found.lines.count == expected.count)
            for (text, breakdown) in zip(found.lines, expected) {
                let line = try object(text)
                #expect(
                    Set(line.keys) == [
                        "id", "parse_ok", "error", "prompts", "rewards", "total", "iou",
                    ])
                #expect(line["id"] as? String == sample.id)
                #expect(line["parse_ok"] as? Bool == (breakdown.failure == nil))
                #expect(line["error"] as? String == breakdown.failure?.description)
                #expect((line["prompts"] as? [Any])?.count == breakdown.prompts.count)
                // As JSONSerialization would not: to the last bit.
                let score = try JSONDecoder().decode(Score.self, from: Data(text.utf8))
                #expect(score.total == breakdown.total && score.iou == breakdown.iou)
                let terms = breakdown.terms.map { ($0.term.rawValue, $0.value) }
                #expect(score.rewards == Dictionary(uniqueKeysWithValues: terms))
            }
            #expect(expected[2].iou > 0, "the test needs an answer that is worth something")
            let prompt =
                #""prompts":[{"bbox_2d":[0,0,56,56],"positive_points":[[9,9],[40,9]],"negative_points":[]}]"#
            #expect(found.lines[2].contains(prompt))
            #expect(found.summary.count == 5 && found.summary.parsed == 3)
            #expect(found.summary.totals.sum == expected.reduce(0) { $0 + $1.total })
            #expect(found.summary.failures == ["no_fence": 2])
        }

        @Test("a total beyond all numbers stops the command with sample, completion and term")
        func hugeTotals() throws {
            let id = try target().id
            let records = [(id: id, completion: "no"), (id: id, completion: answer("[]"))]
            func scored(_ weights: [(String, Double)]) throws -> ScoreRecipe.Summary {
                try score(records) { $0.rewards = RewardTable(weights) }.summary
            }
            let error = try #require(throws: ScoringFault.self) {
                try scored([("sam_json_format", 1e308), ("think_answer_format", 1.7e308)])
            }
            #expect(
                error.description
                    == "sample \(id), completion 2: the reward term 'think_answer_format' is 1.0 with "
                    + "a weight of 1.7e+308: the weighted sum of the reward terms is inf")
            // A sum of totals may be infinite where their mean is not.
            let all = records + records.suffix(1)
            let means = try score(all) {
                $0.rewards = RewardTable([("think_answer_format", 1.5e308)])
            }.summary
            #expect(means.totals.mean == 1e308 && means.terms.map(\.values.mean) == [2.0 / 3])
        }

        @Test("a completion is worth the same in a group, alone, and beside a malformed or far one")
        func independence() throws {
            let id = try target().id
            let others = [answer("[\(malformed)]"), answer("[\(far)]"), "]", answer("[]")]
            let alone = try score([(id: id, completion: answer("[\(whole)]"))]).lines[0]
            var records = others.map { (id: id, completion: $0) }
            records.insert((id: id, completion: answer("[\(whole)]")), at: 2)
            let together = try score(records).lines
            #expect(together[2] == alone)
            let single = try score(records) { $0.groupCount = 1 }.lines
            #expect(single == together)
            let worth = try together.map { try object($0)["total"] as? Double }
            #expect(worth[0] == 1 && worth[1] == 2)
        }

        @Test("samples may come in any order and again; an empty truth rewards the empty list")
        func order() throws {
            let dataset = try ShardedDataset(paths: [fixture.shard])
            let ids = (0..<dataset.count).map { dataset.id(at: $0) }
            let records = (ids + ids.reversed() + ids).map {
                (id: $0, completion: answer("[\(box)]"))
            }
            let found = try score(records).lines
            #expect(try found.map { try object($0)["id"] as? String } == records.map(\.id))
            for (line, record) in zip(found, records) {
                #expect(line == found[ids.firstIndex(of: record.id) ?? 0])
            }
            for index in 0..<dataset.count {
                let truth = try squareSample(dataset.sample(at: index), side: 56).truth
                let line = try score([(id: ids[index], completion: answer("[]"))]).lines[0]
                #expect(try object(line)["iou"] as? Double == (truth.isEmpty ? 1 : 0))
            }
        }

        @Test("weights and parser decide about the total, not about the terms")
        func weights() throws {
            let records = [(id: try target().id, completion: "[\(whole)]")]
            let strict = try object(try score(records).lines[0])
            let lenient = try object(
                try score(records) {
                    $0.parser = .lenient
                    $0.rewards = RewardTable([("mask_iou", 10), ("sam_json_format", 1)])
                }.lines[0])
            #expect(strict["total"] as? Double == 0 && strict["parse_ok"] as? Bool == false)
            let iou = try #require(lenient["iou"] as? Double)
            #expect(iou > 0 && lenient["total"] as? Double == 10 * iou)
            #expect(
                lenient["rewards"] as? [String: Double] == ["mask_iou": iou, "sam_json_format": 0])
        }

        @Test("a term that counts tokens needs them in every line, and gets them")
        func tokenCounts() throws {
            let id = try target().id
            try withFolder { folder in
                let line = "{\"id\": \"\(id)\", \"completion\": \"\""
                try "\(line), \"num_tokens\": 90}\n\(line)}\n".write(
                    toFile: folder + "/in.jsonl", atomically: true, encoding: .utf8)
                var counting = recipe(folder)
                counting.rewards = RewardTable([
                    RewardSpecification("overlong_penalty", parameters: ["max_length": 100])
                ])
                let problem = message { _ = try counting.run(to: folder + "/out.jsonl") }
                #expect(problem.contains("in.jsonl:2: \"num_tokens\" is missing"))
                #expect(problem.contains("overlong_penalty") && !exists(folder + "/out.jsonl"))
                try "\(line), \"num_tokens\": 90}\n".write(
                    toFile: folder + "/in.jsonl", atomically: true, encoding: .utf8)
                _ = try counting.run(to: folder + "/out.jsonl")
                #expect(try object(lines(folder + "/out.jsonl")[0])["total"] as? Double == -0.5)
            }
        }

        @Test("rewards are weights by name, or a table as configurations have it")
        func rewardArguments() throws {
            let weights = try RewardTable(argument: "mask_iou=2,box_iou=0.5", option: "--rewards")
            #expect(weights == RewardTable([("mask_iou", 2), ("box_iou", 0.5)]))
            let table = try RewardTable(
                argument: "{half: {term: iou_threshold, threshold: 0.5}}", option: "--rewards")
            #expect(
                table
                    == RewardTable([
                        RewardSpecification(
                            "half", kind: "iou_threshold", parameters: ["threshold": 0.5])
                    ]))
            for wrong in ["mask_iuo=1", "mask_iou", "{mask_iou: {x: 1}}", "{", "mask_iou=x"] {
                let problem = message {
                    _ = try RewardTable(argument: wrong, option: "--rewards")
                }
                #expect(problem.hasPrefix("--rewards: "), "\(wrong): \(problem)")
            }
        }

        @Test("an id that no shard has stops the command before anything is written")
        func unknownID() throws {
            let id = try target().id
            try withFolder { folder in
                try write(
                    [(id: id, completion: ""), (id: "nowhere", completion: "")],
                    to: folder + "/in.jsonl")
                let problem = message { _ = try recipe(folder).run(to: folder + "/out.jsonl") }
                #expect(
                    problem.hasPrefix(folder + "/in.jsonl:2: no sample of \(fixture.shard)")
                        && problem.contains("'nowhere'"))
                #expect(try files(folder).keys.sorted() == ["in.jsonl"])
            }
        }

        @Test("a segmenter or shard that cannot be used is named, and no file is left")
        func unusable() throws {
            let id = try target().id
            try withFolder { folder in
                try write([(id: id, completion: "")], to: folder + "/in.jsonl")
                var noSegmenter = recipe(folder)
                noSegmenter.segmenter = folder + "/none"
                var noShard = recipe(folder)
                noShard.data = [folder + "/none.h5"]
                for recipe in [noSegmenter, noShard] {
                    let problem = message { _ = try recipe.run(to: folder + "/out.jsonl") }
                    #expect(problem.contains(folder + "/none"))
                }
                #expect(try files(folder).keys.sorted() == ["in.jsonl"])
            }
        }
    }
}
