public import ArgumentParser
import Embeddings
import Evaluating
import Files
import Inference
import Policies
import PolicyFamilies
import RLTrainer
public import Segmentation
import Settings
import SharedSettings
import Terminals
import TextFiles
import TrainingRuns

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Asks a policy about a picture, and segments what it answers.",
        discussion: """
            Examples:
              think2seg predict runs/a --image harbour.png --question "Where could fuel be stored?" \\
                --greedy --output answer
              think2seg predict --policy exported --segmenter sam2.1-hiera-small \\
                --image harbour.png --question "Where could fuel be stored?" --greedy --output answer

            writes answer/mask.png and answer/overlay.png. A run of train gives policy, segmenter and how \
            the policy is asked: image size, prompt and longest answer. A run of sft, and a policy \
            without a run, has no segmenter: without --segmenter the policy answers, and no mask is made. \
            Of a policy without a run, its think2seg.json says how it is asked. Options override, and \
            where that is not as in training a line says so.

            An answer that cannot be read gives no mask, and exit status 76; the rest of the result is \
            written.

            --greedy takes the likeliest of all tokens, as transformers does without sampling: \
            even a placeholder of pictures, if the policy finds it likeliest. Drawn answers never \
            have one, as in training. Sampling settings of the policy's generation_config.json are \
            not read.
            """)

    @Argument(
        help: ArgumentHelp(
            "The folder of a run of train or sft, or its configuration.", valueName: "run"),
        transform: PathArgument.run)
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Which checkpoint of the run (default: last).", valueName: "last|best|step-N"))
    var checkpoint: CheckpointName?

    @Option(
        help: "The folder of a \(PolicyRegistry.names) checkpoint, or of an adapter.",
        transform: PathArgument.policyOrAdapter)
    var policy: String?

    @OptionGroup var adapters: AdapterOptions

    @Option(
        help:
            "A SAM2.1 checkpoint: its folder in the hub's layout, or an official .pt file (default: the run's, or none).",
        transform: PathArgument.segmenter)
    var segmenter: String?

    @Option(help: "The picture: PNG, JPEG or TIFF.", transform: PathArgument.picture)
    var image: String

    @OptionGroup var pixels: StretchOptions

    @Option(help: "The question.")
    var question: String

    @Option(
        help: "The folder for mask.png and overlay.png; made if need be.",
        transform: PathArgument.folder)
    var output: String?

    @Option(
        help:
            "S: the picture is stretched to S x S pixels, the frame of the answer's coordinates; best a multiple of 28, to which the policy's processor rounds (default: that of training, or 840)."
    )
    var imageSize: Int?

    @Flag(help: "Always take the likeliest token.")
    var greedy = false

    @Option(help: "Divides the logits (default: 1.0).")
    var temperature: Double?

    @Option(help: "Draw among so many likeliest tokens; 0: all (default: 0).")
    var topK: Int?

    @Option(help: "Draw among the likeliest tokens of this total probability (default: 1.0).")
    var topP: Double?

    @Option(help: "Decides about the answer that is drawn.")
    var seed: UInt64 = 42

    @Option(help: "The most tokens an answer may have (default: that of training, or 1024).")
    var maxNewTokens: Int?

    @Option(
        help:
            "Template and grammar: box_2points, box, 2points, box_4points, box_2points_2negatives (default: that of training, or box_2points)."
    )
    var variant: String?

    @OptionGroup var prompting: PromptOptions

    @Option(help: "Which answers are read: strict, as in training; lenient, as in evaluation.")
    var parser = AnswerAcceptance.lenient

    @Flag(help: "Tell the log-probability of each token, over the whole vocabulary.")
    var logprobs = false

    @OptionGroup var result: ResultOption
    private var json: String? { result.json }

    @OptionGroup var orientations: ExifOptions

    @OptionGroup var model: RunModelOptions

    func validate() throws {
        if config == nil {
            if checkpoint != nil { throw ValidationError("--checkpoint is for a run: name it") }
            if policy == nil { throw ValidationError("name a run, or give --policy") }
        } else if checkpoint != nil, policy != nil {
            throw ValidationError("give --checkpoint or --policy, not both")
        }
        try adapters.check(policy: policy)
        if question.allSatisfy(\.isWhitespace) {
            throw ValidationError("--question is empty")
        }
        if let imageSize, !(28...4096).contains(imageSize) {
            throw ValidationError("--image-size must be from 28 to 4096")
        }
        if let maxNewTokens, maxNewTokens < 1 {
            throw ValidationError("--max-new-tokens must be at least 1")
        }
        try validateSampling()
        if let variant { try requireVariant(variant) }
    }

    private func validateSampling() throws {
        if let temperature, !(temperature > 0 && temperature.isFinite) {
            throw ValidationError("--temperature must be a finite number above 0")
        }
        if let topK, topK < 0 { throw ValidationError("--top-k must not be negative") }
        if let topP, !(topP > 0 && topP <= 1) {
            throw ValidationError("--top-p must be above 0, at most 1")
        }
        let drawing = [
            ("--temperature", temperature != nil), ("--top-k", topK != nil),
            ("--top-p", topP != nil),
        ]
        if greedy, let (name, _) = drawing.first(where: \.1) {
            throw ValidationError(
                "--greedy draws nothing, and \(name) is for answers that are drawn; leave one of them out"
            )
        }
    }

    func run() throws {
        let run = try config.map(ConfigurationForm.evaluatedRun)
        let policy =
            try policy ?? run?.policy(checkpoint?.choice ?? .newest, onWarning: Console.warning)
            ?? ""
        let segmenter = segmenter ?? run?.segmenter?.path
        try checkOutputs(policy: policy, segmenter: segmenter)
        let asked = try AskedPolicy(
            adapters.asked(policy),
            options: prompting.settings(
                imageSize: imageSize, variant: variant, maxCompletionLength: maxNewTokens),
            run: run)
        if run != nil { Console.note("policy     \(policy)") }
        asked.notes.forEach(Console.note)
        var recipe = PredictRecipe(
            policy: policy, segmenter: segmenter, image: image, question: question)
        (recipe.adapter, recipe.base) = (adapters.adapter, adapters.base)
        recipe.exif = orientations.exif
        recipe.imageSize = asked.imageSize
        recipe.sampling = SamplingParameters(
            temperature: greedy ? 0 : temperature ?? 1, topK: topK ?? 0, topP: topP ?? 1,
            maxCompletionLength: asked.maxCompletionLength)
        recipe.seed = seed
        recipe.prompt = asked.settings.prompt
        recipe.parser = parser
        recipe.device = try model.apply(policy: policy, segmenter: segmenter, run: run)
        recipe.dtype = (model.dtype ?? run?.dtype ?? .float32).dtype
        recipe.segmenterDType = (model.dtype ?? run?.segmenter?.dtype)?.dtype
        recipe.castsHeadToFloat32 = run?.castsHeadToFloat32 ?? false
        recipe.reportsLogProbabilities = logprobs
        recipe.stretch = pixels.rule
        let prediction = try recipe.run(output: output, onNote: Console.note)
        prediction.warnings.forEach(Console.warning)
        if let json { try writeJSON(prediction, to: json) }
        if json != "-" { show(prediction) }
        try requireReadable(prediction, longest: asked.maxCompletionLength)
    }

    /// Fails where an output cannot be written, or is anything else of the command.
    private func checkOutputs(policy: String, segmenter: String?) throws {
        try requireWritable(
            [.json(json)]
                + ["mask.png", "overlay.png"].map { name in .png(output.map { "\($0)/\(name)" }) },
            inputs: [.file(image), .policy(policy)] + prompting.inputs + adapters.inputs
                + [segmenter.map(CommandInputFiles.segmenter), config.map(CommandInputFiles.run)]
                .compactMap(\.self),
            makes: [output].compactMap(\.self))
        if let output { try requireOutputFolder(output) }
    }

    private func show(_ prediction: Prediction) {
        print(prediction.completion)
        if prediction.parse.ok { Console.note("\(counted(prediction.prompts.count, "object"))") }
        if let mask = prediction.mask {
            Console.note(
                "\(mask.path ?? "mask"): \(mask.area) of \(mask.width * mask.height) pixels")
        }
        if let overlay = prediction.overlay { Console.note(overlay) }
    }

    /// Fails where the answer cannot be read, and says where it was cut.
    private func requireReadable(_ prediction: Prediction, longest: Int) throws {
        if prediction.stopReason == .length {
            Console.note("the answer was cut at \(longest) tokens; --max-new-tokens allows more")
        }
        guard let problem = prediction.parse.error else { return }
        Console.error("the answer cannot be read: \(problem); no mask was written")
        throw ExitCode(SystemExit.unreadableAnswer)
    }
}

extension AnswerAcceptance: ExpressibleByArgument {}
