import Foundation
public import Imaging
import Pictures
public import Policies
import PromptedMasks
public import RLTrainer
public import Segmentation
import Segmenters
public import Torch
import VisionLanguage

/// One question about one picture: the `predict` command.
public struct PredictRecipe {
    /// The folder of a policy.
    public var policy: String
    /// The folder of an adapter of the policy, which counts besides it.
    public var adapter: String?
    /// The folder of the base, where the policy is an adapter that does not find it.
    public var base: String?
    /// A segmenter's checkpoint: its folder in the hub's layout, or an official .pt file; nil
    /// makes no mask.
    public var segmenter: String?
    /// The picture's file.
    public var image: String
    /// What is done with the orientation that the picture's file states.
    public var exif = ExifPolicy.ignore
    /// Which values of a picture of more than 8 bits are black and white; nil refuses such a picture.
    public var stretch: Stretch?
    /// The question.
    public var question: String
    /// S: the side of the square that the picture is stretched to.
    public var imageSize = 840
    /// How the answer is drawn; temperature 0 is greedy.
    ///
    /// In a greedy answer pictures' placeholders count as tokens like others, as in transformers. Drawn
    /// answers have none, as in training.
    public var sampling = SamplingParameters(maxCompletionLength: 1024)
    /// Decides about the answer that is drawn.
    public var seed: UInt64 = 42
    /// How the policy is asked.
    public var prompt = PromptChoice()
    /// Which answers are read.
    public var parser = AnswerAcceptance.lenient
    /// Where the models run.
    public var device = Device.cpu
    /// The element type that they compute in.
    public var dtype = DType.float32
    /// The segmenter's element type; that of the policy if nil.
    public var segmenterDType: DType?
    /// Whether the policy's logits are computed in float32 whatever `dtype` is.
    public var castsHeadToFloat32 = false
    /// Whether the result tells the log-probability of each token.
    public var reportsLogProbabilities = false

    /// A question with the defaults.
    public init(policy: String, segmenter: String?, image: String, question: String) {
        self.policy = policy
        self.segmenter = segmenter
        self.image = image
        self.question = question
    }

    /// Loads the models, answers, and writes `mask.png` and `overlay.png` to a folder.
    ///
    /// - Parameters:
    ///   - output: the folder, made if need be; nil writes nothing
    ///   - onNote: is told what was loaded, in lines for people
    /// - Returns: what was asked, answered and segmented
    /// - Throws: the error of the file that cannot be used
    public func run(
        output: String?, onNote: (String) -> Void = { _ in }
    ) throws -> Prediction {
        let input = try InputPicture(path: image, exif: exif, stretch: stretch)
        let picture = input.picture
        let source = try PolicySource.find(policy, adapter: adapter, base: base)
        let template = try prompt.template(policy: source.asked)
        let model = try VisionLanguagePolicy.load(
            source, dtype: dtype, device: device, template: template,
            castsHeadToFloat32: castsHeadToFloat32)
        let sam = try segmenter.map {
            try SegmenterRegistry.standard.load(
                path: $0, dtype: segmenterDType ?? dtype, device: device)
        }
        onNote(model.endLine)
        let square = picture.resized(to: .square(imageSize), filter: .lanczos)
        let asked = try model.prompt(image: square, question: question)
        let completion = try complete(asked, by: model)
        let answer = AnswerParser(grammar: template.variant.grammar, acceptance: parser)
            .parse(completion.text)
        let prompts = (try? answer.get())?.prompts ?? []
        var mask: BinaryMask?
        if let sam, case .success = answer {
            let encoded: any SegmenterImage = try sam.encode(square)
            mask = try encoded.mask(for: prompts, in: asked.frame, output: picture.frame)
        }
        let maskPath = mask == nil ? nil : output.map { $0 + "/mask.png" }
        if let output {
            try makeFolder(output)
            var drawn = overlayPicture(picture, mask: mask, prompts: prompts, frame: asked.frame)
            if case .failure = answer {
                drawn.drawText("answer not readable", x: 4, y: 4, color: .negative, scale: 1)
            }
            try ImageCodec.write(ImageCodec.encodePNG(drawn), path: output + "/overlay.png")
            if let mask, let maskPath {
                try ImageCodec.write(ImageCodec.encodePNG(mask), path: maskPath)
            } else if try removeFile(output + "/mask.png") {
                onNote("\(output)/mask.png: removed, it was of an earlier answer")
            }
        }
        return Prediction(
            question: question, image: .init(path: image, input), prompt: asked,
            completion: completion, answer: answer,
            mask: mask.map { MaskFile($0, path: maskPath) },
            overlay: output.map { $0 + "/overlay.png" },
            logProbabilities: reportsLogProbabilities
                ? try logProbabilities(model, asked, completion) : nil,
            warnings: try input.warnings
                + model.warnings(asked, completionLength: completion.tokenIDs.count)
                + ChatTemplateComparison(template).warnings(policy: source.asked)
                + (sam?.warnings ?? []))
    }

    /// Removes a file of an earlier call, which would be taken for this one's.
    private func removeFile(_ path: String) throws -> Bool {
        if unlink(path) == 0 { return true }
        if errno == ENOENT { return false }
        throw ImageError(
            name: path, what: "cannot be removed: \(String(cString: strerror(errno)))",
            hint: "it is of an earlier answer; name another folder", kind: .cannotWrite)
    }

    private func complete(
        _ prompt: VisionLanguagePolicy.Prompt, by model: VisionLanguagePolicy
    ) throws -> Completion {
        let completion =
            try sampling.temperature == 0
            ? model.greedyAnswer(prompt, maxLength: sampling.maxCompletionLength)
            : model.rollout(prompt, sampling: sampling, seeds: [seed])[0]
        guard completion.logProbabilities.allSatisfy(\.isFinite) else {
            throw CheckpointError(
                path: policy, problem: "the model's probabilities are not numbers",
                advice: "its weights are damaged, or the dtype is too narrow for them")
        }
        return completion
    }

    /// The log-probability of each token over the whole vocabulary, placeholders of pictures
    /// included, as other programs compute it.
    private func logProbabilities(
        _ model: VisionLanguagePolicy, _ prompt: VisionLanguagePolicy.Prompt,
        _ completion: Completion
    ) throws -> [Float] {
        try withoutGradients {
            try model.model.score(
                prompt.input, completions: [completion.tokenIDs],
                temperature: sampling.temperature, suppressing: []
            ).logProbabilities.floats
        }
    }
}

/// What `predict` found, as its JSON says it.
public struct Prediction: Encodable, Sendable {
    /// The picture that was asked about.
    public struct Picture: Encodable, Sendable {
        /// Its file.
        public let path: String
        /// Columns.
        public let width: Int
        /// Rows.
        public let height: Int
        /// The EXIF orientation by which it was turned; nil where it was not.
        public let orientation: Int?
        /// What samples of more than 8 bits were stretched by; nil for others.
        public let stretch: AppliedStretch?

        package init(path: String, _ input: InputPicture) {
            self.path = path
            width = input.picture.width
            height = input.picture.height
            orientation =
                input.orientation == .upright ? nil : Int(input.orientation.rawValue)
            stretch = input.stretch
        }
    }

    /// Whether the answer could be read.
    public struct Parse: Encodable, Sendable {
        /// Whether it could.
        public let ok: Bool
        /// Why not.
        public let error: String?

        package enum CodingKeys: String, CodingKey { case ok, error }

        /// Writes `error` in any case, as null where there is none.
        public func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(ok, forKey: .ok)
            try values.encode(error, forKey: .error)
        }
    }

    /// What the answer asks of the segmenter, in the policy's frame.
    public struct Prompt: Encodable, Sendable {
        /// x1, y1, x2, y2.
        public let box: [Double]?
        /// Places inside: x, y each.
        public let positivePoints: [[Double]]
        /// Places outside: x, y each.
        public let negativePoints: [[Double]]

        package enum CodingKeys: String, CodingKey {
            case box = "bbox_2d"
            case positivePoints = "positive_points"
            case negativePoints = "negative_points"
        }

        /// Writes `bbox_2d` in any case, as null where there is no box.
        public func encode(to encoder: any Encoder) throws {
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(box, forKey: .box)
            try values.encode(positivePoints, forKey: .positivePoints)
            try values.encode(negativePoints, forKey: .negativePoints)
        }

        /// A prompt of the segmentation module, for JSON.
        public init(_ prompt: SegmentationPrompt) {
            box = prompt.box.map { [$0.x1, $0.y1, $0.x2, $0.y2] }
            positivePoints = prompt.positivePoints.map { [$0.x, $0.y] }
            negativePoints = prompt.negativePoints.map { [$0.x, $0.y] }
        }
    }

    /// The question.
    public let question: String
    /// The picture.
    public let image: Picture
    /// The frame of the coordinates in the answer: width, height.
    public let policyFrame: [Int]
    /// The prompt's tokens.
    public let promptTokenIDs: [Int]
    /// The answer.
    public let completion: String
    /// The answer's tokens.
    public let tokenIDs: [Int]
    /// The log-probability of each of them over the whole vocabulary, if asked for.
    public let logProbabilities: [Float]?
    /// Why the answer ended.
    public let stopReason: StopReason
    /// Whether the answer could be read.
    public let parse: Parse
    /// What it asks of the segmenter.
    public let prompts: [Prompt]
    /// The mask, if there is a segmenter and the answer could be read.
    public let mask: MaskFile?
    /// The picture with answer and mask drawn over it, if one was written.
    public let overlay: String?
    /// What makes the answer doubtful, for people; not part of the JSON.
    public let warnings: [String]

    package enum CodingKeys: String, CodingKey {
        case question, image, completion, parse, prompts, mask, overlay
        case policyFrame = "policy_frame"
        case promptTokenIDs = "prompt_token_ids"
        case tokenIDs = "token_ids"
        case logProbabilities = "logprobs"
        case stopReason = "stop_reason"
    }

    /// Writes `mask` in any case, as null where there is none; `logprobs` and `overlay` only if asked
    /// for.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(question, forKey: .question)
        try values.encode(image, forKey: .image)
        try values.encode(policyFrame, forKey: .policyFrame)
        try values.encode(promptTokenIDs, forKey: .promptTokenIDs)
        try values.encode(completion, forKey: .completion)
        try values.encode(tokenIDs, forKey: .tokenIDs)
        try values.encodeIfPresent(logProbabilities, forKey: .logProbabilities)
        try values.encode(stopReason, forKey: .stopReason)
        try values.encode(parse, forKey: .parse)
        try values.encode(prompts, forKey: .prompts)
        try values.encode(mask, forKey: .mask)
        try values.encodeIfPresent(overlay, forKey: .overlay)
    }

    package init(
        question: String, image: Picture, prompt: VisionLanguagePolicy.Prompt,
        completion: Completion,
        answer: Result<ParsedAnswer, ParseFailure>, mask: MaskFile?, overlay: String?,
        logProbabilities: [Float]?, warnings: [String]
    ) {
        self.question = question
        self.warnings = warnings
        self.image = image
        self.mask = mask
        self.overlay = overlay
        policyFrame = [prompt.frame.width, prompt.frame.height]
        promptTokenIDs = prompt.input.tokenIDs
        self.completion = completion.text
        tokenIDs = completion.tokenIDs
        self.logProbabilities = logProbabilities
        stopReason = completion.stopReason
        switch answer {
        case .success(let parsed):
            parse = Parse(ok: true, error: nil)
            prompts = parsed.prompts.map(Prompt.init)
        case .failure(let failure):
            parse = Parse(ok: false, error: failure.description)
            prompts = []
        }
    }
}
