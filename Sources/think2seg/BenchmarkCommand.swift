import ArgumentParser
import Benchmarking
import Foundation
import Segmentation
import Settings
import SharedSettings
import Terminals
import TrainingRuns

struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measures how fast the parts of training are on this machine.",
        subcommands: [
            BenchmarkStepCommand.self, BenchmarkLoaderCommand.self, BenchmarkSegmenterCommand.self,
            BenchmarkScoreCommand.self,
        ])
}

/// What all benchmarks are told.
struct BenchmarkOptions: ParsableArguments {
    @Option(name: .customLong("repeat"), help: "Runs of each phase; medians count.")
    var repeats = 5

    @Option(
        help: "Where the report goes as JSON; - for standard output, in place of the table.",
        transform: PathArgument.file)
    var json: String?

    func validate() throws {
        if !(1...1000).contains(repeats) {
            throw ValidationError("--repeat must be from 1 to 1000")
        }
    }

    /// Fails where the report cannot be written, before anything is measured.
    func prepare(inputs: [CommandInputFiles]) throws {
        try requireWritable([.json(json)], inputs: inputs)
    }

    /// Shows a report, and writes it where that is asked for.
    func show(_ report: BenchmarkReport) throws {
        if let json { try writeJSON(report, to: json) }
        if json != "-" { report.lines.forEach { print($0) } }
    }
}

/// Fails if a number is not in a range.
private func require(_ value: Int, in range: ClosedRange<Int>, _ option: String) throws {
    if range.contains(value) { return }
    throw ValidationError("\(option) must be from \(range.lowerBound) to \(range.upperBound)")
}

struct BenchmarkLoaderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "loader",
        abstract:
            "Loads samples as training does, and decodes the same pictures with nothing else.",
        discussion: """
            Examples:
              think2seg benchmark loader --workers 2
              think2seg benchmark loader --data shards/train.h5 --policy Qwen2.5-VL-3B-Instruct

            'load' reads samples from shards, checks them, decodes pictures and masks and stretches \
            them; 'decode_bare' is libjpeg-turbo in a loop over the same files in memory, with as \
            many threads, in turns with it. decode_ratio is the share of its speed that loading \
            keeps; decode_cpu_ratio is the same in seconds of the processors, for machines that \
            others use as well. The phases 'sample_…' are one thread's work per sample.
            """)

    @Option(
        parsing: .upToNextOption, help: "Shards; drawn scenes without them.",
        transform: PathArgument.shard)
    var data: [String] = []

    @Option(help: "S: pictures and masks are stretched to S x S pixels.")
    var imageSize = 840

    @Option(help: "The side of drawn scenes, in pixels; S unless told otherwise.")
    var storedSize: Int?

    @Option(help: "How many different scenes are drawn.")
    var scenes = 16

    @Option(
        name: [.customLong("workers"), .customLong("threads")],
        help: "Threads that load, as data.workers; libjpeg-turbo decodes with as many.")
    var workers = 1

    @Option(help: "How many samples a run loads, the same ones again where there are fewer.")
    var count = 256

    @Option(
        help: "The folder of a policy: its prompts are made as well, in a phase of their own.",
        transform: PathArgument.policy)
    var policy: String?

    @OptionGroup var options: BenchmarkOptions

    func validate() throws {
        try require(imageSize, in: 28...4096, "--image-size")
        try require(storedSize ?? imageSize, in: 64...4096, "--stored-size")
        try require(workers, in: 1...256, "--workers")
        try require(count, in: 1...1_000_000, "--count")
        try require(scenes, in: 1...100_000, "--scenes")
    }

    func run() throws {
        try options.prepare(
            inputs: CommandInputFiles.shards(data) + (policy.map { [.policy($0)] } ?? []))
        var benchmark = LoaderBenchmark()
        benchmark.data = data
        benchmark.imageSize = imageSize
        benchmark.storedSize = storedSize
        benchmark.scenes = scenes
        benchmark.workers = workers
        benchmark.count = count
        benchmark.policy = policy
        benchmark.repeats = options.repeats
        let report = try benchmark.run {
            if Console.isTerminal { Console.progress($0, 0, of: nil) }
        }
        Console.endProgress()
        try options.show(report)
    }
}

struct BenchmarkSegmenterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "segmenter",
        abstract: "Encodes a picture and answers prompts, beside products of matrices.",
        discussion: """
            Example:
              think2seg benchmark segmenter --segmenter sam2.1-hiera-small --prompts 32

            'encode' is one picture, 'decode' the masks of all prompts on the segmenter's grid, \
            'upsample' their masks in the picture's size, 'masks' both as a reward asks for them. \
            gemm_peak_gflops is the fastest product of two matrices that was found.
            """)

    @OptionGroup var masks: SegmenterOption
    private var segmenter: String { masks.segmenter }

    @Option(help: "The side of picture and masks, in pixels.")
    var imageSize = 840

    @Option(help: "How many prompts are answered at once.")
    var prompts = 32

    @OptionGroup var model: ModelOptions
    @OptionGroup var options: BenchmarkOptions

    func validate() throws {
        try require(imageSize, in: 64...4096, "--image-size")
        try require(prompts, in: 1...4096, "--prompts")
    }

    func run() throws {
        try options.prepare(inputs: [.segmenter(segmenter)])
        var benchmark = SegmenterBenchmark(segmenter: segmenter)
        benchmark.imageSize = imageSize
        benchmark.prompts = prompts
        benchmark.device = try model.apply(segmenter: segmenter)
        benchmark.dtype = model.dtype.dtype
        benchmark.threads = model.threads
        benchmark.repeats = options.repeats
        try options.show(benchmark.run())
    }
}

struct BenchmarkScoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "score",
        abstract: "Reads and scores completions, with the segmenter and without.",
        discussion: """
            Examples:
              think2seg benchmark score --segmenter sam2.1-hiera-small --count 256
              think2seg benchmark score --completions answers.jsonl --data shards/val.h5

            'parse' reads all completions, 'score_without_segmenter' scores them as well, with \
            masks that cost nothing, and 'score' with those of the segmenter, which encodes each \
            picture once.
            """)

    @Option(
        help: "A SAM2.1 checkpoint; without one the phase 'score' is left out.",
        transform: PathArgument.segmenter)
    var segmenter: String?

    @Option(
        help: "Completions, as the command score takes them; answers about drawn scenes without.",
        transform: PathArgument.input)
    var completions: String?

    @Option(
        parsing: .upToNextOption, help: "The shards with the samples of --completions.",
        transform: PathArgument.shard)
    var data: [String] = []

    @Option(help: "How many answers are written about drawn scenes.")
    var count = 256

    @Option(help: "How many of them are about one scene.")
    var groupSize = 8

    @Option(help: "S: the frame of the coordinates in the answers is S x S pixels.")
    var imageSize = 840

    @Option(help: "Which answers are read: strict or lenient.")
    var parser = AnswerAcceptance.strict

    @OptionGroup var model: ModelOptions
    @OptionGroup var options: BenchmarkOptions

    func validate() throws {
        try require(imageSize, in: 64...4096, "--image-size")
        try require(count, in: 1...1_000_000, "--count")
        try require(groupSize, in: 1...1024, "--group-size")
        if (completions == nil) != data.isEmpty {
            throw ValidationError("give --completions FILE with --data SHARD..., or neither")
        }
    }

    func run() throws {
        try options.prepare(
            inputs: CommandInputFiles.shards(data)
                + [
                    completions.map(CommandInputFiles.file),
                    segmenter.map(CommandInputFiles.segmenter),
                ]
                .compactMap(\.self))
        var benchmark = ScoreBenchmark()
        benchmark.segmenter = segmenter
        benchmark.completions = completions
        benchmark.data = data
        benchmark.count = count
        benchmark.groupSize = groupSize
        benchmark.imageSize = imageSize
        benchmark.parser = parser
        benchmark.device = try model.apply(segmenter: segmenter)
        benchmark.dtype = model.dtype.dtype
        benchmark.threads = model.threads
        benchmark.repeats = options.repeats
        try options.show(benchmark.run())
    }
}
