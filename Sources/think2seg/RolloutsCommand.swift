import ArgumentParser
import Foundation
import Imaging
import Terminals
import TrainingRuns
import Watching

struct RolloutsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollouts",
        abstract: "Shows what a run asked and was answered in a step, with rewards; draws it too.",
        discussion: """
            Examples:
              think2seg rollouts runs/a --worst 5 --pictures worst
              think2seg rollouts runs/a --sample scene-000149

            Completions are kept every logging.log_completions_steps steps of a run of train. Each comes \
            with its prompt, reward, terms, mask IoU, advantage, and why it cannot be read, if so. The run \
            may go on meanwhile; nothing in its folder is changed.
            """)

    @Argument(
        help: ArgumentHelp("The run's folder.", valueName: "run"), transform: PathArgument.input)
    var folder: String

    @Option(
        help: "The optimizer step; the last one with completions if not given, with --sample all.")
    var step: Int?

    @Option(help: ArgumentHelp("Only so many, those that earned least.", valueName: "count"))
    var worst: Int?

    @Option(help: ArgumentHelp("Only so many, those that earned most.", valueName: "count"))
    var best: Int?

    @Option(help: ArgumentHelp("Only those about this sample.", valueName: "id"))
    var sample: String?

    @Option(
        help:
            "A folder, made if need be, for a PNG of each: boxes, points, the segmenter's mask, and the truth as an outline.",
        transform: PathArgument.folder)
    var pictures: String?

    @Flag(help: "Draw no masks, for which --pictures loads the run's segmenter.")
    var withoutMasks = false

    @Option(
        parsing: .upToNextOption,
        help: "The run's shards for --pictures, if they are not where they were.",
        transform: PathArgument.input)
    var data: [String] = []

    @OptionGroup var result: ResultOption

    func validate() throws {
        if [worst != nil, best != nil, sample != nil].count(where: \.self) > 1 {
            throw ValidationError("give one of --worst, --best and --sample")
        }
        if let count = worst ?? best, count < 1 {
            throw ValidationError("--worst and --best must be at least 1")
        }
        if pictures == nil, withoutMasks || !data.isEmpty {
            throw ValidationError("--without-masks and --data are for --pictures")
        }
    }

    private var choice: RolloutChoice {
        if let worst { return .worst(worst) }
        if let best { return .best(best) }
        return sample.map { .sample($0) } ?? .all
    }

    func run() throws {
        let inputs = [.run(folder)] + CommandInputFiles.shards(data)
        try requireWritable([.json(result.json)], inputs: inputs)
        let selection = try RolloutSelection(run: folder, step: step, choice)
        try requireWritable(
            [.json(result.json)]
                + selection.chosen.map { chosen in
                    .png(pictures.map { "\($0)/\(RolloutPictures.name(chosen))" })
                }, inputs: inputs, makes: [pictures].compactMap(\.self))
        if let pictures { try requireOutputFolder(pictures) }
        let drawing = try pictures.map { _ in
            try RolloutPictures(run: folder, data: data, drawsMasks: !withoutMasks)
        }
        try drawing?.requireSamples(selection.chosen)
        if result.json != "-" {
            let lines = RolloutText(selection, Terminal.frame).lines
            _ = Terminal.write(lines.map { $0 + "\n" }.joined())
        }
        if let json = result.json { try writeDocument(selection.document, to: json) }
        guard let pictures, let drawing else { return }
        drawing.withoutMasks.map(Console.warning)
        try makeFolder(pictures)
        try drawing.draw(selection.chosen, to: pictures, onFile: Console.note)
    }
}
