import ArgumentParser
import Configuration
import Evaluating
import Policies
import Rewards
import Scoring
import Segmentation
import Settings
import SharedSettings
import Terminals
import TextFiles

struct ScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Scores completions of any system with the reward of training.",
        discussion: """
            Examples:
              think2seg score --completions answers.jsonl --data shards/val.h5 \\
                --segmenter sam2.1-hiera-small --json scores.jsonl
              think2seg score --completions answers.jsonl --no-segmenter

            A line of the completions is {"id": "harbour-7", "completion": "<think>…"}: the id of a \
            sample in the shards, and the text that a system wrote. Several completions may have \
            the same id; picture by picture is fastest. A line of the result, in the same order:

              {"id": …, "parse_ok": true, "error": null, "prompts": […], "rewards": {"mask_iou": \
            0.5, "sam_json_format": 1, "think_answer_format": 1}, "total": 3, "iou": 0.5}

            The rewards are not weighted, the total is; what a term abstains from is null, and so is \
            the total if every term that counts does. With --no-segmenter answers are only read, \
            by both parsers:

              {"id": …, "strict": […], "lenient": […], "think_answer": true, "error": null}

            A bad line stops the command, and no result is written.
            """)

    @Option(
        help: "The completions, a JSON object per line; - for standard input.",
        transform: PathArgument.input)
    var completions: String

    @Option(
        parsing: .upToNextOption,
        help: "The shards with the samples that the completions are about.",
        transform: PathArgument.shard)
    var data: [String] = []

    @Option(
        help: "The folder of a SAM2.1 checkpoint in the hub's layout, or an official .pt file.",
        transform: PathArgument.segmenter)
    var segmenter: String?

    @Flag(help: "Only read the answers; needs no segmenter and no shards.")
    var noSegmenter = false

    @Option(
        help:
            "Which answers are scored: strict, as in training; lenient, as in the published evaluation. With --no-segmenter, whose error is told (default: strict)."
    )
    var parser: AnswerAcceptance?

    @Option(
        help:
            "The terms: weights, such as mask_iou=2,sam_json_format=1,think_answer_format=1, which is the default, or a table as configurations have it, '{mask_iou: 2, box_iou: {weight: 0.5}}'."
    )
    var rewards: String?

    @Option(
        help:
            "The most tokens that the completions may have had, for overlong_penalty (default: that of the evaluation or run)."
    )
    var maxCompletionLength: Int?

    @Option(
        help:
            "S: pictures are stretched to S x S pixels, the frame of the answers' coordinates (default: that of the evaluation or run that the completions are of, or 840)."
    )
    var imageSize: Int?

    @Option(
        help:
            "Grammar: box_2points, box, 2points, box_4points, box_2points_2negatives (default: that of the evaluation or run, or box_2points)."
    )
    var variant: String?

    @Option(
        help: "Where the result goes, a JSON object per line; - for standard output (default: -).",
        transform: PathArgument.file)
    var json = "-"

    @OptionGroup var console: QuietOption

    @OptionGroup var model: ModelOptions

    func validate() throws {
        if let variant { try requireVariant(variant) }
        if let imageSize, !(28...4096).contains(imageSize) {
            throw ValidationError("--image-size must be from 28 to 4096")
        }
        do {
            _ = try table
        } catch let error as ConfigurationError {
            throw ValidationError("\(error)")
        }
        if noSegmenter {
            if segmenter != nil {
                throw ValidationError("give --segmenter or --no-segmenter, not both")
            }
            if rewards != nil {
                throw ValidationError("--no-segmenter gives no rewards: leave --rewards out")
            }
        } else {
            if segmenter == nil {
                throw ValidationError(
                    "give --segmenter FOLDER, or --no-segmenter to only read the answers")
            }
            if data.isEmpty {
                throw ValidationError(
                    "give --data SHARD..., or --no-segmenter to only read the answers")
            }
        }
    }

    /// The terms that were given.
    private var table: RewardTable? {
        get throws { try rewards.map { try RewardTable(argument: $0, option: "--rewards") } }
    }

    func run() throws {
        let asked = try settings()
        guard let segmenter else { return try parse(asked) }
        let imageSize = asked.imageSize ?? 840
        if let warning = pictureSideWarning(imageSize, name: "--image-size") {
            Console.warning(warning)
        }
        var recipe = ScoreRecipe(completions: completions, data: data, segmenter: segmenter)
        recipe.imageSize = imageSize
        recipe.variant = asked.prompt.variant
        recipe.parser = parser ?? .strict
        if let table = try table { recipe.rewards = table }
        recipe.maxCompletionLength = asked.maxCompletionLength
        recipe.device = try model.apply(segmenter: segmenter)
        recipe.dtype = model.dtype.dtype
        let summary = try recipe.run(to: json, onWarning: Console.warning) { done, total in
            if console.quiet { return }
            Console.progress("scored \(done)" + (total.map { "/\($0)" } ?? ""), done, of: total)
        }
        if console.quiet { return }
        Console.note("\(counted(summary.count, "completion")), \(summary.parsed) can be read")
        note(summary.failures)
        for (term, values) in summary.terms {
            let missing = summary.count - values.count
            Console.note(
                "  \(term): mean \(shown(values.mean))"
                    + (missing == 0 ? "" : ", abstained from \(missing)"))
        }
        let missing = summary.count - summary.totals.count
        Console.note(
            "  total: mean \(shown(summary.totals.mean))"
                + (missing == 0 ? "" : ", \(missing) without a reward"))
    }

    private func shown(_ mean: Double?) -> String {
        guard let mean else { return "—" }
        return mean.magnitude < 1e15 ? fixed(mean, 4) : "\(mean)"
    }

    /// How the completions were asked for: as options say, or what lies beside the file.
    private func settings() throws -> AskingSettings {
        let options = AskingSettings(
            imageSize: imageSize, variant: variant, maxCompletionLength: maxCompletionLength)
        guard let found = try AnswersOrigin(of: completions)?.reading(options) else {
            return options
        }
        if !console.quiet { found.notes.forEach(Console.note) }
        return found.settings
    }

    private func parse(_ asked: AskingSettings) throws {
        var recipe = ParseRecipe(completions: completions)
        recipe.data = data
        recipe.variant = asked.prompt.variant
        recipe.parser = parser ?? .strict
        let summary = try recipe.run(to: json) { done in
            if !console.quiet, done % 1000 == 0 { Console.progress("read \(done)", done, of: nil) }
        }
        if console.quiet { return }
        Console.note(
            "\(counted(summary.count, "completion")): strict accepts \(summary.strict), lenient "
                + "\(summary.lenient); \(summary.thinkAnswer) are thoughts and then an answer")
        note(summary.failures)
    }

    /// Why answers could not be read, the most frequent reasons first.
    private func note(_ failures: [String: Int]) {
        if failures.isEmpty { return }
        let sorted = failures.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let parts = sorted.map { "\($0.key) \($0.value)" }
        Console.note("  not read: " + parts.joined(separator: ", "))
    }
}
