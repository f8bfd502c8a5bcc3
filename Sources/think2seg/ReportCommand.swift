import ArgumentParser
import Evaluating
import Files
import Foundation
import Imaging
import Reporting
import Shards
import Terminals
import TrainingRuns

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Writes a page about a run, or several side by side: curves, costs, answers.",
        discussion: """
            Examples:
              think2seg report runs/a
              think2seg report runs/a --before runs/a/before --after runs/a/after
              think2seg report runs/a runs/b runs/c --output comparison.html
              think2seg report runs/a --follow

            writes runs/a/report.html, one file that needs no network. The runs may go on meanwhile: with \
            --follow the page is written anew as they do, and renews itself in the browser, until they have \
            ended. --before and --after are \
            folders that 'evaluate --output' wrote about the same samples and questions; their \
            shards give the gallery's pictures. Without them the page shows the evaluations that \
            the run made itself (data.validation), or some answers of training. Several runs come \
            side by side, with what differs in their configurations.
            """)

    @Argument(
        help: ArgumentHelp("The runs' folders.", valueName: "run"), transform: PathArgument.run)
    var folders: [String]

    /// The only run, or the first.
    private var folder: String { folders[0] }

    @Option(
        help:
            "The file, or a folder for report.html, made if need be, for several runs comparison.html; the run's folder, or the first one's, if not given.",
        transform: PathArgument.fileOrFolder)
    var output: String?

    @Option(
        help: "An evaluation of the policy before training.", transform: PathArgument.evaluation)
    var before: String?

    @Option(help: "An evaluation of the policy after training.", transform: PathArgument.evaluation)
    var after: String?

    @Option(
        parsing: .upToNextOption,
        help: "The evaluations' shards, if they are not where they were.",
        transform: PathArgument.shard)
    var data: [String] = []

    @Option(help: "What kind of questions the evaluations ask, for the headings.")
    var name = "held-out questions"

    @Option(help: "How many samples of each kind the gallery shows.")
    var gallery = 6

    @Option(
        help: "Also a PNG of a few samples before and after, chosen like the random ones.",
        transform: PathArgument.png)
    var strip: String?

    @Option(
        help: "Also an SVG of the masks' IoU over the steps, with --seeds and --controls.",
        transform: PathArgument.file)
    var curve: String?

    @Option(
        parsing: .upToNextOption,
        help: "Runs that differ in the seed only: the SVG shows mean and range.",
        transform: PathArgument.run)
    var seeds: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Runs to compare with in the SVG.", valueName: "name=run"),
        transform: PathArgument.named)
    var controls: [String] = []

    @Option(help: "How many samples the PNG shows.")
    var columns = 4

    @Option(help: "Decides about the random samples of gallery and PNG.")
    var seed: UInt64 = 0

    @Flag(help: "Write the page anew as the runs go on, until they have ended.")
    var follow = false

    @Option(
        help: ArgumentHelp(
            "Seconds between two looks of --follow (default: 10).", valueName: "seconds"))
    var every: Double?

    func validate() throws {
        if folders.isEmpty { throw ValidationError("name at least one run") }
        if let twice = repeatedRun {
            throw ValidationError("\(twice) is named twice; name each run once")
        }
        try requireInterval(every)
        if every != nil, !follow { throw ValidationError("--every is for --follow") }
        if follow, before != nil || curve != nil {
            throw ValidationError(
                "--before, --after, --strip and --curve are for runs that have ended")
        }
        if folders.count > 1, before != nil || after != nil || strip != nil || curve != nil {
            throw ValidationError("--before, --after, --strip and --curve are for one run")
        }
        if (before == nil) != (after == nil) {
            throw ValidationError("give --before and --after, or neither")
        }
        if !data.isEmpty, before == nil {
            throw ValidationError("--data is for --before and --after")
        }
        if curve == nil, !(seeds.isEmpty && controls.isEmpty) {
            throw ValidationError("--seeds and --controls are for --curve")
        }
        if strip != nil, before == nil {
            throw ValidationError("--strip is for --before and --after")
        }
        if !(1...100).contains(columns) { throw ValidationError("--columns must be from 1 to 100") }
        if !(0...1000).contains(gallery) {
            throw ValidationError("--gallery must be from 0 to 1000")
        }
    }

    /// A run that stands for two, by whatever name; nil if there is none.
    private var repeatedRun: String? {
        func twice(_ runs: [String]) -> String? {
            runs.enumerated().first { place, run in
                runs[..<place].contains { FileIdentity($0).isSame(FileIdentity(run)) }
            }?.element
        }
        return twice(folders) ?? twice([folder] + seeds)
    }

    func run() throws {
        let page = PathArgument.file(
            output ?? folder + "/", named: folders.count > 1 ? "comparison.html" : "report.html")
        try checkOutputs(page)
        for run in folders {
            RunDamage.warnings(run: run, readsRollouts: true).forEach(Console.warning)
        }
        if follow { return try followRuns(page) }
        if folders.count > 1 {
            Console.note(try write(page, try comparison.html()))
            return
        }
        var report = self.report
        if let before, let after {
            let comparison = RunReport.Comparison(
                name, before: try EvaluationResult.load(folder: before),
                after: try EvaluationResult.load(folder: after))
            let shards = data.isEmpty ? comparison.after.setup.data : data
            try checkOutputs(page, shards: shards)
            if !shards.isEmpty { report.samples = try ShardedDataset(paths: shards) }
            report.comparisons = [comparison]
        }
        // All is made before anything is written.
        let html = try report.html()
        let picture = try strip.map { _ in try stripPicture(report) }
        let drawing = try curve.map { _ in try learningCurve() }
        Console.note(try write(page, html))
        for (path, bytes) in [(strip, picture), (curve, drawing)] {
            guard let path, let bytes else { continue }
            try ImageCodec.write(bytes, path: path)
            Console.note(path)
        }
    }

    private var comparison: RunsReport {
        var report = RunsReport(runs: folders)
        report.galleryCount = gallery
        report.seed = seed
        return report
    }

    private var report: RunReport {
        var report = RunReport(run: folder)
        report.galleryCount = gallery
        report.seed = seed
        return report
    }

    /// Writes the page as the runs go on.
    private func followRuns(_ page: (file: String, folder: String?)) throws {
        var (one, several) = (report, comparison)
        var hasTold = false
        try FollowedPage(runs: folders, seconds: every ?? 10) { renewal in
            (one.renewal, several.renewal) = (renewal, renewal)
            let html = folders.count > 1 ? try several.html() : try one.html()
            let file = try write(page, html)
            if !hasTold { Console.note(file) }
            hasTold = true
        }.run()
    }

    /// Fails where an output cannot be written, or is anything else of the command.
    private func checkOutputs(
        _ page: (file: String, folder: String?), shards: [String] = []
    ) throws {
        let runs = folders + seeds + curves.map(\.run)
        try requireWritable(
            [.page(page.file), .png(strip), .svg(curve)],
            inputs: runs.map(CommandInputFiles.run)
                + [before, after].compactMap(\.self).map(CommandInputFiles.evaluation)
                + CommandInputFiles.shards(data + shards),
            makes: [page.folder].compactMap(\.self))
    }

    private func write(
        _ page: (file: String, folder: String?), _ html: String
    ) throws -> String {
        if let folder = page.folder { try makeFolder(folder) }
        try ImageCodec.write(Array(html.utf8), path: page.file)
        return page.file
    }

    /// The runs to compare with, as --controls names them.
    private var curves: [(name: String, run: String)] {
        controls.map { control in
            let parts = control.split(separator: "=", maxSplits: 1).map(String.init)
            return (parts[0], parts[1])
        }
    }

    private func learningCurve() throws -> [UInt8] {
        var picture = LearningCurve(runs: [folder] + seeds)
        picture.controls = curves.map { ($0.name, $0.run) }
        return Array(try picture.document().utf8)
    }

    private func stripPicture(_ report: RunReport) throws -> [UInt8] {
        guard let comparison = report.comparisons.first, let samples = report.samples else {
            throw ValidationError("--strip needs the evaluations' shards; name them with --data")
        }
        let strip = SceneStrip(
            before: comparison.before.answers, after: comparison.after.answers, samples: samples)
        return try ImageCodec.encodePNG(
            try strip.picture(of: strip.randomPlaces(columns, seed: seed)))
    }
}
