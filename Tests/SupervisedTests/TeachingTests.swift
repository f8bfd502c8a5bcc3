import Imaging
import NN
import PolicyFamilies
import Segmentation
import Supervised
import Testing
import Tokenizers
import Torch
import VisionLanguage

@Suite struct TeachingTests {
    @Test("A packed example spells the chat format's prompt, the answer and the end of the turn")
    func packing() throws {
        let policy = try TinyPolicy()
        let example = try policy.examples(1)[0]
        let tokenizer = policy.packer.tokenizer
        let pads = example.input.tokenIDs.filter { tokenizer.token(for: $0) == "<|image_pad|>" }
        #expect(pads.count == 4)
        for (lesson, question) in zip(example.lessons, ["Find red.", "Find blue."]) {
            let prompt = try QwenChatTemplate.encode(
                policy.packer.template.messages(question: question), imageTokenCounts: [4],
                addGenerationPrompt: true, tokenizer: tokenizer)
            #expect(example.input.tokenIDs + lesson.tokenIDs[..<lesson.start] == prompt)
            let answer = tokenizer.decode(
                Array(lesson.tokenIDs[lesson.start...]), skipSpecialTokens: false)
            #expect(answer.hasPrefix("<think>") && answer.hasSuffix("</answer><|im_end|>"))
        }
        // Everything up to the first letter that differs is shared.
        let shared = tokenizer.decode(example.input.tokenIDs, skipSpecialTokens: true)
        #expect(shared.hasSuffix("Please find \"Find "))
    }

    @Test("Lessons behind one picture score as each by itself does, to 2e-5")
    func packedEqualsSingle() throws {
        let policy = try TinyPolicy()
        let example = try policy.examples(1)[0]
        let packed = try policy.model.teach(example.lessons, after: example.input)
            .logProbabilities
        var first = 0
        for lesson in example.lessons {
            let whole = VisionLanguageInput(
                tokenIDs: example.input.tokenIDs + lesson.tokenIDs, patches: example.input.patches,
                grids: example.input.grids, frames: example.input.frames)
            let all = try policy.model.logits(whole).logSoftmax(-1)
            let start = example.input.tokenIDs.count + lesson.start
            for (place, id) in lesson.tokenIDs[lesson.start...].enumerated() {
                let expected = try all.selected(0, start + place - 1).selected(0, id).item()
                let scored = try packed.selected(0, first + place).item()
                // Float32, and sums in another order.
                #expect(abs(expected - scored) < 2e-5)
            }
            first += lesson.tokenIDs.count - lesson.start
        }
        #expect(packed.shape == [first])
    }

    @Test("The loss is the mean over the answers' tokens, and its gradient that of the mean")
    func loss() throws {
        let policy = try TinyPolicy()
        for parameter in policy.model.parameters { try parameter.tensor.setRequiresGradient(true) }
        let examples = try policy.examples(3)
        var (sum, count) = (0.0, 0)
        for example in examples {
            sum -= try withoutGradients {
                try policy.model.teach(example.lessons, after: example.input).logProbabilities
                    .sum().item()
            }
            count += example.taughtCount
        }
        let trainer = try SupervisedTrainer(
            model: policy.model, heads: nil, options: Self.options(rate: 0))
        let step = try trainer.step(examples)
        #expect(abs(step.loss - sum / Double(count)) < 1e-5)
        #expect(step.taughtTokens == count && step.gradientNorm > 0)
        #expect(try trainer.evaluate(examples).loss - step.loss < 1e-5)
    }

    @Test("Steps lower the loss, heads' loss included, and leave frozen parameters alone")
    func learns() throws {
        let policy = try TinyPolicy()
        for parameter in policy.model.parameters {
            try parameter.tensor.setRequiresGradient(!parameter.key.hasPrefix("visual."))
        }
        let before = try policy.model.parameters.map { try $0.tensor.detached().clone() }
        let heads = try PictureHeads(classNames: ["red"], size: 32, seed: 1, device: .cpu)
        var options = Self.options(rate: 5e-3)
        options.headWeight = 0.5
        let trainer = try SupervisedTrainer(model: policy.model, heads: heads, options: options)
        let examples = try policy.examples(4)
        let first = try trainer.step(examples)
        for _ in 0..<14 { _ = try trainer.step(examples) }
        let last = try trainer.step(examples)
        #expect(last.loss < 0.6 * first.loss)
        #expect(last.headLoss < 0.8 * first.headLoss)
        #expect(last.tokenAccuracy > first.tokenAccuracy)
        for (old, parameter) in zip(before, policy.model.parameters) {
            let isFrozen = parameter.key.hasPrefix("visual.")
            #expect(
                try old.isEqual(to: parameter.tensor.detached()) == isFrozen, "\(parameter.key)")
        }
    }

    @Test("The gradient of packed pictures is that of transformers' way, one sequence at a time")
    func gradients() throws {
        let policy = try TinyPolicy()
        for parameter in policy.model.parameters { try parameter.tensor.setRequiresGradient(true) }
        let example = try policy.examples(1)[0]
        func gradients(_ groups: [[Lesson]]) throws -> [Tensor] {
            try policy.model.parameters.clearGradients()
            for lessons in groups {
                try withGradients(enabled: true) {
                    try policy.model.teach(lessons, after: example.input).logProbabilities.sum()
                        .backward()
                }
            }
            return try policy.model.parameters.compactMap { try $0.tensor.gradient?.clone() }
        }
        let packed = try gradients([example.lessons])
        let single = try gradients(example.lessons.map { [$0] })
        #expect(packed.count == policy.model.parameters.count)
        for (a, b) in zip(packed, single) {
            // Float32: 1e-4 of the largest element.
            let scale = max(1, try b.abs().max().item())
            #expect(try distance(a, b) < 1e-4 * scale)
        }
    }

    static func options(rate: Double) -> SupervisedOptions {
        SupervisedOptions(
            optimizer: AdamWOptions(learningRate: rate),
            schedule: LearningRateSchedule(kind: .constant, warmupSteps: 0, totalSteps: 100))
    }
}

@Suite struct PictureHeadTests {
    @Test("Blocks are of the class with most of their pixels; too little of an object is nothing")
    func blocks() throws {
        let example = try TinyPolicy().examples(1)[0]
        // A square at x 6..<22, y 4..<20: whole in the first block of 28, nowhere else.
        let blocks = PictureBlocks(
            example.objects, classNames: ["blue", "red"], side: 28, frame: example.input.frames[0])
        #expect(blocks.classes == [1, 2, 2, 2])
        #expect(blocks.occupied == [0])
        #expect(blocks.boxes == [6, 4, 22, 20].map { Float($0) / 56 })
        for (edge, expected) in zip(blocks.relativeBoxes, [-8, -10, 8, 6] as [Float]) {
            #expect(abs(edge - expected / 56) < 1e-6)
        }
        // The policy may see a picture in another frame than its objects are told in.
        let seen = PictureBlocks(
            example.objects, classNames: ["blue", "red"], side: 28, frame: .square(84))
        #expect(seen.boxes.prefix(4) == blocks.boxes[...] && seen.classes.count == 9)
        let unknown = PictureBlocks(
            example.objects, classNames: ["blue"], side: 28, frame: example.input.frames[0])
        #expect(unknown.classes == [1, 1, 1, 1] && unknown.boxes.isEmpty)
    }
}
