import EndToEndTestSupport
import FilesTestSupport
import Foundation
import Imaging
import Inference
import NN
import Policies
import PolicyFamilies
import PromptedMasks
import RLTrainer
import SAM2
import Segmentation
import Testing
import Tokenizers
import Torch
import VisionLanguage

extension EndToEnd {
    @Suite(.serialized) struct PredictTests {
        let fixture: EndToEndFixture

        init() throws { fixture = try EndToEndFixture.shared.get() }

        private func recipe(policy: String? = nil, segmenter: String? = nil) -> PredictRecipe {
            var recipe = PredictRecipe(
                policy: policy ?? fixture.policy, segmenter: segmenter, image: fixture.picture,
                question: "Where could fuel be stored?")
            recipe.imageSize = 112
            recipe.sampling = SamplingParameters(temperature: 0, maxCompletionLength: 12)
            return recipe
        }

        private static let keys: Set = [
            "question", "image", "policy_frame", "prompt_token_ids", "completion", "token_ids",
            "stop_reason", "parse", "prompts", "mask",
        ]

        @Test(
            "An answer that cannot be read gives the documented keys, and neither mask nor prompts")
        func unreadable() throws {
            let prediction = try recipe(segmenter: fixture.segmenter).run(output: nil)
            let document = try object(jsonDocument(prediction))
            #expect(Set(document.keys) == Self.keys)
            let image = try #require(document["image"] as? [String: Any])
            #expect(Set(image.keys) == ["path", "width", "height"])
            #expect(image["width"] as? Int == 120 && image["height"] as? Int == 90)
            #expect(document["policy_frame"] as? [Int] == [112, 112])
            let parse = try #require(document["parse"] as? [String: Any])
            #expect(Set(parse.keys) == ["ok", "error"] && parse["ok"] as? Bool == false)
            #expect((document["prompts"] as? [Any])?.isEmpty == true)
            #expect(document["mask"] is NSNull)
            #expect((document["token_ids"] as? [Int])?.isEmpty == false)
            #expect(["eos", "length"].contains(document["stop_reason"] as? String))
        }

        @Test("The prompt has a placeholder per merged patch, the answer has none")
        func placeholders() throws {
            let tokenizer = try Tokenizer.load(directory: URL(fileURLWithPath: fixture.policy))
            let pad = try tokenizer.requiredID(for: QwenTokens.imagePad)
            var recipe = recipe()
            recipe.sampling = SamplingParameters(temperature: 10, maxCompletionLength: 200)
            let prediction = try recipe.run(output: nil)
            #expect(prediction.promptTokenIDs.filter { $0 == pad }.count == (112 / 28) * (112 / 28))
            #expect(!prediction.tokenIDs.contains(pad))
        }

        @Test(
            "A placeholder that is likeliest is in a greedy answer, but never in a drawn one or a rollout"
        )
        func likeliestPlaceholder() throws {
            let policy = try fixture.loadPolicy()
            let pad = try policy.tokenizer.requiredID(for: QwenTokens.imagePad)
            let image = try ImageCodec.load(path: fixture.picture)
                .resized(to: .square(112), filter: .lanczos)
            var recipe = recipe()
            let prompt = try policy.prompt(image: image, question: recipe.question)
            let words = try #require(
                policy.parameters.first { $0.key == "model.embed_tokens.weight" }
            ).tensor
            try withoutGradients {
                // The head shares these rows; the prompt's own placeholders are replaced by the picture.
                let last = try policy.model.hiddenStates(prompt.input)
                    .selected(0, prompt.tokenCount - 1)
                try words.selected(0, pad).copyInPlace(
                    from: last * (100 / last.squared().sum().item()))
            }
            try withFolder { folder in
                try policy.save(to: folder + "/policy")
                recipe.policy = folder + "/policy"
                recipe.reportsLogProbabilities = true
                let greedy = try recipe.run(output: nil)
                #expect(greedy.tokenIDs.first == pad)
                #expect(!greedy.completion.contains(QwenTokens.imagePad))
                let values = try #require(greedy.logProbabilities)
                #expect(values.count == greedy.tokenIDs.count && values[0] > -1e-4)
                for temperature in [0, 1.0] {
                    let drawn = try policy.rollout(
                        prompt,
                        sampling: SamplingParameters(
                            temperature: temperature, maxCompletionLength: 12), seeds: [1, 2, 3])
                    #expect(drawn.allSatisfy { !$0.tokenIDs.contains(pad) })
                }
                recipe.sampling.temperature = 1
                #expect(try !recipe.run(output: nil).tokenIDs.contains(pad))
            }
        }

        @Test("Greedy answers are equal each time; drawn ones follow their seed")
        func greedyAndSeeds() throws {
            #expect(
                try jsonDocument(recipe().run(output: nil))
                    == jsonDocument(recipe().run(output: nil)))
            func drawn(_ seed: UInt64) throws -> [Int] {
                var recipe = recipe()
                recipe.sampling.temperature = 1
                recipe.seed = seed
                return try recipe.run(output: nil).tokenIDs
            }
            #expect(try drawn(1) == drawn(1))
            #expect(try drawn(1) != drawn(2))
        }

        @Test("Log-probabilities come when they are asked for, one per token")
        func logProbabilities() throws {
            var recipe = recipe()
            recipe.reportsLogProbabilities = true
            let document = try object(jsonDocument(recipe.run(output: nil)))
            #expect(Set(document.keys) == Self.keys.union(["logprobs"]))
            let tokens = try #require(document["token_ids"] as? [Int])
            let values = try #require(document["logprobs"] as? [Double])
            #expect(values.count == tokens.count && values.allSatisfy { $0 <= 0 })
        }

        @Test(
            "The policy's frame is S × S for every S, with a warning where the processor has another",
            arguments: [56, 84, 140, 60, 100])
        func frame(side: Int) throws {
            var recipe = recipe()
            recipe.imageSize = side
            recipe.sampling.maxCompletionLength = 1
            let prediction = try recipe.run(output: nil)
            #expect(prediction.policyFrame == [side, side])
            let isKept = side % 28 == 0
            #expect(prediction.warnings.contains { $0.contains("resizes pictures") } != isKept)
            #expect((pictureSideWarning(side, name: "--image-size") == nil) == isKept)
        }

        @Test("An answer that can be read becomes the mask that the segmenter makes of it")
        func readable() throws {
            let policy = try TaughtPolicy.shared.get().path
            try withFolder { folder in
                var recipe = recipe(policy: policy, segmenter: fixture.segmenter)
                recipe.sampling.maxCompletionLength = 128
                let prediction = try recipe.run(output: folder + "/answer")
                #expect(prediction.completion == TaughtPolicy.answer)
                let document = try object(jsonDocument(prediction))
                #expect(Set(document.keys) == Self.keys.union(["overlay"]))
                let parse = try #require(document["parse"] as? [String: Any])
                #expect(parse["ok"] as? Bool == true && parse["error"] is NSNull)
                let prompts = try #require(document["prompts"] as? [[String: Any]])
                #expect(prompts.count == 1)
                #expect(
                    Set(prompts[0].keys) == ["bbox_2d", "positive_points", "negative_points"])
                #expect(prompts[0]["bbox_2d"] as? [Double] == [28, 20, 84, 70])
                #expect(prompts[0]["positive_points"] as? [[Double]] == [[40, 30], [60, 50]])
                let mask = try #require(document["mask"] as? [String: Any])
                #expect(Set(mask.keys) == ["path", "width", "height", "area"])
                let path = try #require(mask["path"] as? String)
                let drawn = try ImageCodec.decodeLabel(Array(contents(path)), name: path)
                #expect(drawn.frame == ImageFrame(width: 120, height: 90))
                #expect(drawn.count == mask["area"] as? Int)
                let picture = try ImageCodec.load(path: fixture.picture)
                let square = picture.resized(to: .square(112), filter: .lanczos)
                let expected = try SAM2Segmenter.load(path: fixture.segmenter).encode(square).masks(
                    for: [
                        SegmentationPrompt(
                            box: Box(x1: 28, y1: 20, x2: 84, y2: 70),
                            positivePoints: [Point(x: 40, y: 30), Point(x: 60, y: 50)])
                    ], in: .square(112), output: picture.frame)
                #expect(drawn == expected[0].mask && !drawn.isEmpty)
                let overlay = try ImageCodec.load(path: folder + "/answer/overlay.png")
                #expect(overlay.frame == picture.frame && overlay != picture)
                #expect(
                    try files(folder).keys.sorted() == ["answer/mask.png", "answer/overlay.png"])
            }
        }

        @Test("Without a segmenter an answer is read and drawn, and no mask is made")
        func withoutSegmenter() throws {
            let policy = try TaughtPolicy.shared.get().path
            try withFolder { folder in
                var recipe = recipe(policy: policy)
                recipe.sampling.maxCompletionLength = 128
                let document = try object(jsonDocument(recipe.run(output: folder)))
                #expect(document["mask"] is NSNull)
                #expect((document["prompts"] as? [Any])?.count == 1)
                #expect(try files(folder).keys.sorted() == ["overlay.png"])
            }
        }

        @Test("A picture or model that cannot be read is named, and no folder is made")
        func refusals() throws {
            try withFolder { folder in
                var damaged = recipe()
                damaged.image = folder + "/cut.png"
                try contents(fixture.picture).prefix(60).write(
                    to: URL(fileURLWithPath: damaged.image))
                var missing = recipe()
                missing.image = folder + "/none.png"
                for (recipe, name) in [
                    (damaged, "/cut.png"), (missing, "/none.png"),
                    (recipe(policy: folder + "/none"), "/none"),
                    (recipe(segmenter: folder + "/empty"), "/empty"),
                ] {
                    let message = message { _ = try recipe.run(output: folder + "/out") }
                    #expect(message.contains(folder + name))
                    #expect(!exists(folder + "/out"))
                }
            }
        }

        @Test("A folder for the answer that cannot be made is named, and what is in its way stays")
        func blocked() throws {
            try withFolder { folder in
                let file = folder + "/file"
                try Data("mine".utf8).write(to: URL(fileURLWithPath: file))
                var recipe = recipe()
                recipe.sampling.maxCompletionLength = 1
                for output in [file, file + "/answer"] {
                    let message = message { _ = try recipe.run(output: output) }
                    #expect(message.contains(file))
                    #expect(try files(folder) == ["file": Data("mine".utf8)])
                }
            }
        }
    }

    @Suite(.serialized) struct SegmentTests {
        let fixture: EndToEndFixture
        private let box = SegmentationPrompt(box: Box(x1: 30, y1: 20, x2: 80, y2: 60))

        init() throws { fixture = try EndToEndFixture.shared.get() }

        @Test(
            "The mask has the picture's size and the told area, and is where the logits are above 0"
        )
        func maskAndLogits() throws {
            try withFolder { folder in
                let recipe = SegmentRecipe(
                    segmenter: fixture.segmenter, image: fixture.picture, prompts: [box])
                let (path, logits) = (folder + "/mask.png", folder + "/logits.safetensors")
                let result = try recipe.run(
                    .init(mask: path, overlay: folder + "/overlay.png", logits: logits))
                let document = try object(jsonDocument(result))
                #expect(Set(document.keys) == ["mask", "predicted_iou", "object_score"])
                let reported = try #require(document["mask"] as? [String: Any])
                #expect(Set(reported.keys) == ["path", "width", "height", "area"])
                #expect(reported["width"] as? Int == 120 && reported["height"] as? Int == 90)
                let mask = try ImageCodec.decodeLabel(Array(contents(path)), name: path)
                #expect(mask.frame == ImageFrame(width: 120, height: 90))
                #expect(mask.count == reported["area"] as? Int)
                #expect(!mask.isEmpty && mask.count < 120 * 90)
                let file = try SafetensorsFile(path: logits)
                #expect(file.entries.map(\.name) == ["logits", "low_res_logits"])
                #expect(file.entries.map(\.shape) == [[1, 90, 120], [1, 64, 64]])
                let values = try file.tensor(file.entries[0]).floats
                #expect(mask == BinaryMask(width: 120, height: 90, values: values, above: 0))
            }
        }

        @Test("Several prompts give the union of their masks, and the lowest scores")
        func union() throws {
            try withFolder { folder in
                let other = SegmentationPrompt(positivePoints: [Point(x: 100, y: 80)])
                func run(_ prompts: [SegmentationPrompt], _ name: String) throws
                    -> (mask: BinaryMask, result: SegmentRecipe.Result)
                {
                    let path = "\(folder)/\(name).png"
                    let result = try SegmentRecipe(
                        segmenter: fixture.segmenter, image: fixture.picture, prompts: prompts
                    ).run(.init(mask: path))
                    return (try ImageCodec.decodeLabel(Array(contents(path)), name: path), result)
                }
                let (one, two) = (try run([box], "one"), try run([other], "two"))
                let both = try run([box, other], "both")
                var union = one.mask
                union.formUnion(two.mask)
                #expect(both.mask == union)
                #expect(
                    both.result.predictedIoU
                        == min(one.result.predictedIoU, two.result.predictedIoU))
                #expect(
                    both.result.objectScore == min(one.result.objectScore, two.result.objectScore))
            }
        }

        @Test("Alternatives are three masks with their estimates, the best of which is taken")
        func multimask() throws {
            try withFolder { folder in
                var recipe = SegmentRecipe(
                    segmenter: fixture.segmenter, image: fixture.picture, prompts: [box])
                recipe.multimask = true
                let logits = folder + "/logits.safetensors"
                let result = try recipe.run(.init(mask: folder + "/mask.png", logits: logits))
                let estimates = try #require(result.alternatives)
                #expect(estimates.count == 3 && result.predictedIoU == estimates.max())
                let file = try SafetensorsFile(path: logits)
                #expect(file.entries.map(\.shape) == [[3, 90, 120], [3, 64, 64]])
            }
        }

        @Test("What cannot be read is named, and no file is written")
        func refusals() throws {
            try withFolder { folder in
                let recipes = [
                    SegmentRecipe(
                        segmenter: folder + "/none", image: fixture.picture, prompts: [box]),
                    SegmentRecipe(
                        segmenter: fixture.segmenter, image: folder + "/none", prompts: [box]),
                ]
                for recipe in recipes {
                    let message = message {
                        _ = try recipe.run(
                            .init(
                                mask: folder + "/mask.png", overlay: folder + "/overlay.png",
                                logits: folder + "/logits.safetensors"))
                    }
                    #expect(message.contains(folder + "/none"))
                    let left = try files(folder)
                    #expect(left.isEmpty)
                }
            }
        }
    }
}
