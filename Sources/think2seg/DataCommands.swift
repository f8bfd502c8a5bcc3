public import ArgumentParser
import Datasets
import Files
import Foundation
import Imaging
import NewModels
import Pictures
public import Scenes
import Shards
import Terminals
import TextFiles
import TrainingRuns

struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data", abstract: "Makes and inspects HDF5 shards.",
        subcommands: [
            DataImportCommand.self, DataSynthesizeCommand.self, DataInspectCommand.self,
            DataVerifyCommand.self,
        ])
}

struct DataInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Tells what shards hold.",
        discussion: """
            Example:
              think2seg data inspect shards/train.h5 --samples 3 --pictures seen

            writes the first three samples' pictures with their masks to the folder seen; pixels \
            that do not count are hatched.
            """)

    @Argument(help: "The shards.", transform: PathArgument.shard)
    var shards: [String]

    @Option(help: "How many samples to list.")
    var samples = 3

    @Option(
        help: "A folder for the listed samples' pictures, masks drawn over them.",
        transform: PathArgument.folder)
    var pictures: String?

    @Option(
        help: "Where the summaries go as JSON; - for standard output.", transform: PathArgument.file
    )
    var json: String?

    func validate() throws {
        if shards.isEmpty { throw ValidationError("name at least one shard") }
        if samples < 0 { throw ValidationError("--samples must not be negative") }
    }

    func run() throws {
        let readers = try shards.map { try ShardReader(path: $0) }
        var names = PictureNames()
        let drawn = readers.map { reader in
            (0..<min(samples, reader.count)).map { index in
                let name = names.name(of: reader.id(at: index))
                return pictures.map { "\($0)/\(name).png" }
            }
        }
        if let pictures { try requireOutputFolder(pictures) }
        try requireWritable(
            [.json(json)] + drawn.flatMap(\.self).map(CommandOutput.png),
            inputs: CommandInputFiles.shards(shards),
            makes: [pictures].compactMap(\.self))
        for (reader, files) in zip(readers, drawn) {
            if json == nil { describe(reader.summary) }
            for (index, file) in files.enumerated() where json == nil || file != nil {
                let sample = try reader.sample(at: index)
                if json == nil { describe(sample) }
                if let file { try draw(sample, to: file) }
            }
        }
        if let json { try writeJSON(readers.map(\.summary), to: json) }
    }

    private func describe(_ summary: ShardSummary) {
        print("\(summary.path): \(summary.dataset) \(summary.split)")
        print(
            "  \(counted(summary.samples, "sample")), \(counted(summary.questions, "question")), "
                + "\(summary.emptyTargets) without a target"
                + (summary.instances.map { ", \(counted($0, "instance"))" } ?? ""))
        let (small, large) = (summary.smallestFrame, summary.largestFrame)
        print(
            "  pictures from \(small.width)x\(small.height) to \(large.width)x\(large.height), "
                + "\((summary.imageBytes + summary.maskBytes) / 1024) KiB")
        if summary.version > 1 {
            print(
                "  format version \(summary.version): \(counted(summary.withIgnored, "sample")) with ignored "
                    + "pixels, \(counted(summary.turned, "picture")) turned as their files say")
        }
        for (name, text) in summary.notes.attributes { print("  imported with \(name) \(text)") }
    }

    private func describe(_ sample: SegmentationSample) {
        func share(_ mask: BinaryMask) -> String {
            fixed(100 * Double(mask.count) / Double(sample.frame.area), 1) + " %"
        }
        print(
            "  \(sample.id): \(sample.format.rawValue) \(sample.frame.width)x\(sample.frame.height)"
                + ", target \(share(sample.mask))"
                + (sample.ignored.map { ", ignored \(share($0))" } ?? "")
                + (sample.orientation == .upright ? "" : ", \(sample.orientation.words)"))
        sample.questions.forEach { print("    ? \($0)") }
        sample.answers.forEach { print("    ! \($0)") }
    }

    private func draw(_ sample: SegmentationSample, to path: String) throws {
        try makeFolder(path.parentFolder)
        var drawn = overlayPicture(
            try sample.picture(), mask: sample.mask, prompts: [], frame: sample.frame)
        if let ignored = sample.ignored { drawn.drawIgnored(ignored) }
        try ImageCodec.write(ImageCodec.encodePNG(drawn), path: path)
    }
}

/// Names of files for samples: their ids, as far as those are names, and never one twice.
struct PictureNames {
    private var used: Set<String> = []

    /// The name for a sample.
    mutating func name(of id: String) -> String {
        // A name has 255 bytes at most.
        var plain = id.utf8.count > 240 ? String(id.prefix(60)) : id
        plain = plain.replacing("/", with: "-").replacing("\0", with: "-")
        if plain.isEmpty || plain.hasPrefix(".") { plain = "_" + plain }
        var name = plain
        var number = 2
        while !used.insert(name).inserted {
            name = "\(plain)-\(number)"
            number += 1
        }
        return name
    }
}

struct DataSynthesizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "synthesize",
        abstract: "Draws aerial-looking scenes with exact masks and questions.",
        discussion: """
            Example:
              think2seg data synthesize --output scenes --count 1000 --seed 7

            writes scenes/train.h5; with --validation 100 also scenes/val.h5, of other scenes. The \
            same seed gives the same bytes. With --layout earthreason the scenes are written as \
            that data set's folders.
            """)

    @Option(help: "The folder for the splits; made if need be.", transform: PathArgument.folder)
    var output: String

    @Option(help: "Scenes of the split train.")
    var count: Int

    @Option(help: "Scenes of the split val.")
    var validation = 0

    @Option(help: "Decides about every scene.")
    var seed: UInt64 = 42

    @Option(help: "Rows and columns of the pictures.")
    var side = 224

    @Option(
        help:
            "explicit names the class; implicitA and implicitB name a use, in different phrasings; mixed is all of them."
    )
    var questions = SceneQuestionStyle.mixed

    @Flag(
        help:
            "Draw the questions from those of all classes: to teach answers, but not what they mean."
    )
    var unrelatedQuestions = false

    @Option(
        help:
            "full: twelve classes, crowds among them; small: the embedded models' eight, one or two objects of each."
    )
    var world = SceneWorld.full

    @Option(
        help: ArgumentHelp(
            "How many classes a scene shows, over what --world says.", valueName: "low-high"))
    var classesPerScene: String?

    @Option(help: "The share of scenes whose questions have no target.")
    var noTarget = 0.1

    @Option(help: "shards or earthreason.")
    var layout = SynthesisRecipe.Layout.shards

    @OptionGroup var console: QuietOption

    private var classRange: ClosedRange<Int>? {
        let ends = classesPerScene?.split(separator: "-").map { Int($0) } ?? []
        guard ends.count == 2, let low = ends[0], let high = ends[1], 1 <= low, low <= high else {
            return nil
        }
        return low...high
    }

    func validate() throws {
        if count < 1 { throw ValidationError("--count must be at least 1") }
        if validation < 0 { throw ValidationError("--validation must not be negative") }
        if !(64...4096).contains(side) { throw ValidationError("--side must be from 64 to 4096") }
        if classesPerScene != nil, classRange == nil {
            throw ValidationError("--classes-per-scene must be two numbers such as 2-4")
        }
        if !(0...1).contains(noTarget) {
            throw ValidationError("--no-target must be from 0 to 1")
        }
    }

    func run() throws {
        try requireOutputFolder(output)
        var recipe = SynthesisRecipe(output: output, count: count)
        recipe.validationCount = validation
        recipe.seed = seed
        recipe.layout = layout
        recipe.scenes = world.configuration
        recipe.scenes.side = side
        recipe.scenes.hasUnrelatedQuestions = unrelatedQuestions
        if let classRange { recipe.scenes.classesPerScene = classRange }
        recipe.scenes.questionStyle = questions
        recipe.scenes.noTargetShare = noTarget
        let report = try recipe.run { done, total in
            if !console.quiet { Console.progress("drawn \(done)/\(total)", done, of: total) }
        }
        if console.quiet { return }
        Console.endProgress()
        report.paths.forEach(Console.note)
        Console.note("\(counted(report.samples, "scene")), \(report.emptyTargets) without a target")
    }
}

/// What the scenes may show.
enum SceneWorld: String, ExpressibleByArgument, CaseIterable {
    case full, small

    var configuration: SceneConfiguration { self == .full ? SceneConfiguration() : .small }
}

extension SceneQuestionStyle: ExpressibleByArgument {}
extension SynthesisRecipe.Layout: ExpressibleByArgument {}

struct DataVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Reads every sample of shards: checksums, pictures, masks and texts.",
        discussion: "Example:\n  think2seg data verify shards/train.h5")

    @Argument(help: "The shards.", transform: PathArgument.shard)
    var shards: [String]

    @OptionGroup var console: QuietOption

    func run() throws {
        var count = 0
        for path in shards {
            let reader = try ShardReader(path: path)
            let problems = reader.verify { done in
                if console.quiet { return }
                Console.progress(
                    "\(path): \(done)/\(reader.count)", done, of: reader.count, work: path)
            }
            problems.forEach { Console.note("\(path): \($0)") }
            count += problems.count
            if problems.isEmpty, !console.quiet {
                Console.note("\(path): \(counted(reader.count, "sample")), no problems")
            }
        }
        if count > 0 { throw ExitCode(SystemExit.badData) }
    }
}
