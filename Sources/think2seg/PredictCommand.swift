public import ArgumentParser
import Inference
import Policies
import PolicyFamilies
import RLTrainer
public import Segmentation
import Settings
import SharedSettings
import TrainingRuns

struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Asks a policy about a picture, and segments what it answers.",
        discussion: """
            Example:
              think2seg predict --policy runs/a/checkpoints/step-100/policy \\
                --segmenter sam2.1-hiera-small --image harbour.png \\
                --question "Where could fuel be stored?" --greedy --output answer

            writes answer/mask.png and answer/overlay.png. Without --segmenter the policy \
            answers, and no mask is made.

            --greedy takes the likeliest of all tokens, as transformers does without sampling: \
            even a placeholder of pictures, if the policy finds it likeliest. Drawn answers never \
            have one, as in training. Sampling settings of the policy's generation_config.json are \
            not read.
            """)

    @Option(
        help: "The folder of a \(PolicyRegistry.names) checkpoint.", transform: PathArgument.policy)
    var policy: String

    @Option(
        help: "A SAM2.1 checkpoint: its folder in the hub's layout, or an official .pt file.",
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
            "S: the picture is stretched to S x S pixels, the frame of the answer's coordinates; best a multiple of 28, to which the policy's processor rounds."
    )
    var imageSize = 840

    @Flag(help: "Always take the likeliest token.")
    var greedy = false

    @Option(help: "Divides the logits.")
    var temperature = 1.0

    @Option(help: "Draw among so many likeliest tokens; 0: all.")
    var topK = 0

    @Option(help: "Draw among the likeliest tokens of this total probability.")
    var topP = 1.0

    @Option(help: "Decides about the answer that is drawn.")
    var seed: UInt64 = 42

    @Option(help: "The most tokens an answer may have.")
    var maxNewTokens = 1024

    @Option(
        help:
            "Template and grammar: box_2points, box, 2points, box_4points, box_2points_2negatives.")
    var variant = "box_2points"

    @OptionGroup var prompting: PromptOptions

    @Option(help: "Which answers are read: strict, as in training; lenient, as in evaluation.")
    var parser = AnswerAcceptance.lenient

    @Flag(help: "Tell the log-probability of each token, over the whole vocabulary.")
    var logprobs = false

    @OptionGroup var result: ResultOption
    private var json: String? { result.json }

    @OptionGroup var orientations: ExifOptions

    @OptionGroup var model: ModelOptions

    func validate() throws {
        if question.allSatisfy(\.isWhitespace) {
            throw ValidationError("--question is empty")
        }
        if !(28...4096).contains(imageSize) {
            throw ValidationError("--image-size must be from 28 to 4096")
        }
        if maxNewTokens < 1 { throw ValidationError("--max-new-tokens must be at least 1") }
        if !(temperature > 0) { throw ValidationError("--temperature must be above 0") }
        if topK < 0 { throw ValidationError("--top-k must not be negative") }
        if !(topP > 0 && topP <= 1) { throw ValidationError("--top-p must be above 0, at most 1") }
        try requireVariant(variant)
    }

    func run() throws {
        try requireWritable(
            [json] + ["mask.png", "overlay.png"].map { name in output.map { "\($0)/\(name)" } },
            inputs: [.file(image), .policy(policy)] + prompting.inputs
                + [segmenter.map(CommandInputFiles.segmenter)].compactMap(\.self),
            makes: [output].compactMap(\.self))
        var recipe = PredictRecipe(
            policy: policy, segmenter: segmenter, image: image, question: question)
        recipe.exif = orientations.exif
        recipe.imageSize = imageSize
        recipe.sampling = SamplingParameters(
            temperature: greedy ? 0 : temperature, topK: topK, topP: topP,
            maxCompletionLength: maxNewTokens)
        recipe.seed = seed
        recipe.prompt = prompting.choice(PromptChoice())
        recipe.prompt.variant = variant
        recipe.parser = parser
        recipe.device = try model.apply(policy: policy, segmenter: segmenter)
        recipe.dtype = model.dtype.dtype
        recipe.reportsLogProbabilities = logprobs
        recipe.stretch = pixels.rule
        let prediction = try recipe.run(output: output, onNote: Console.note)
        prediction.warnings.forEach(Console.warning)
        if let json { try writeJSON(prediction, to: json) }
        if json != "-" { show(prediction) }
    }

    private func show(_ prediction: Prediction) {
        print(prediction.completion)
        if prediction.stopReason == .length {
            Console.note("the answer was cut at --max-new-tokens \(maxNewTokens)")
        }
        if let problem = prediction.parse.error {
            Console.note("the answer cannot be read: \(problem)")
            return
        }
        Console.note("\(prediction.prompts.count) objects")
        if let mask = prediction.mask {
            Console.note(
                "\(mask.path ?? "mask"): \(mask.area) of \(mask.width * mask.height) pixels")
        }
        if let overlay = prediction.overlay { Console.note(overlay) }
    }
}

extension AnswerAcceptance: ExpressibleByArgument {}
