import ArgumentParser
import Files
import Importers
import Terminals
import TextFiles
import TrainingRuns

struct DataImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Imports a data set as shards.",
        subcommands: [
            ImportEarthReasonCommand.self, ImportRRSISDCommand.self, ImportRefSegRSCommand.self,
            ImportRISBenchCommand.self,
        ])
}

/// What all imports are told.
struct ImportOptions: ParsableArguments {
    @Argument(help: "The data set's folder.", transform: PathArgument.input)
    var source: String

    @Option(help: "The folder for the shards; made if need be.", transform: PathArgument.folder)
    var output: String

    @Flag(help: "Stop at a sample that cannot be used, and write nothing.")
    var strict = false

    @Option(
        help: "Where the report goes as JSON; - for standard output.", transform: PathArgument.file)
    var json: String?

    @OptionGroup var console: QuietOption

    @Flag(
        help:
            "Resize a mask of another size than its image to it, by the nearest pixel, instead of leaving the sample out."
    )
    var resizeMasks = false

    @OptionGroup var orientations: ExifOptions
    @OptionGroup var pixels: StretchOptions

    /// What the options say about the source's files.
    func choices(_ labels: LabelOptions) throws -> ImportChoices {
        var choices = ImportChoices()
        choices.exif = orientations.exif
        choices.stretch = pixels.rule
        choices.labels = try labels.rule()
        choices.resizesMasks = resizeMasks
        return choices
    }

    /// Imports, and says what was found and written.
    func run(_ importer: some ShardImporter) throws {
        try refuseFile(source, inPlaceOf: "data set")
        try requireOutputFolder(output)
        try requireWritable(
            [.json(json)] + ["train", "val", "test"].map { .record("\(output)/\($0).h5") },
            inputs: [.dataSet(source)], makes: [output])
        let report: ImportReport
        do {
            report = try importer.run(output: output) { progress in
                if console.quiet { return }
                Console.progress(
                    "\(progress.split): \(progress.done)/\(progress.total)", progress.done,
                    of: progress.total, work: progress.split)
            }
        } catch let error as ImportError {
            try show(error.report)
            throw error
        }
        if !console.quiet { Console.endProgress() }
        report.problems.forEach { Console.note("\($0)") }
        for split in report.splits {
            split.problems.grouped.forEach { Console.note("\($0)") }
            if !console.quiet {
                Console.note(
                    "\(split.shard): \(counted(split.samples, "sample")), \(counted(split.questions, "question")), "
                        + "\(split.emptyTargets) without a target"
                        + (split.rejected > 0 ? ", \(split.rejected) left out" : ""))
            }
        }
        if let json { try writeJSON(report, to: json) }
    }

    /// Says what an import found that failed: all of it on the terminal where the place of the JSON was in
    /// the folder that is gone with it.
    private func show(_ report: ImportReport) throws {
        let isPlaceGone = json.map { $0 != "-" && !$0.parentFolder.isFolder } ?? false
        (isPlaceGone ? report.allProblems : report.shownProblems).forEach { Console.note("\($0)") }
        if let json, !isPlaceGone, !report.allProblems.isEmpty { try writeJSON(report, to: json) }
    }
}

struct ImportEarthReasonCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "earthreason",
        abstract: "Imports EarthReason: SOURCE/{train,val,test}/{images,labels,QAs}.",
        discussion: """
            Example:
              think2seg data import earthreason EarthReason --output shards

            writes shards/train.h5, shards/val.h5 and shards/test.h5, as far as the splits exist. \
            Samples that cannot be used are reported and left out.
            """)

    @OptionGroup var options: ImportOptions
    @OptionGroup var labels: LabelOptions

    func run() throws {
        var importer = EarthReasonImporter(source: options.source, strict: options.strict)
        importer.choices = try options.choices(labels)
        try options.run(importer)
    }
}

struct ImportRRSISDCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rrsis-d",
        abstract: "Imports RRSIS-D: SOURCE/rrsisd and SOURCE/images/rrsisd/JPEGImages.",
        discussion: """
            Example:
              think2seg data import rrsis-d RRSIS-D --output rrsis-d

            reads SOURCE/rrsisd/refs(unc).p and SOURCE/rrsisd/instances.json, and writes \
            rrsis-d/train.h5, rrsis-d/val.h5 and rrsis-d/test.h5, as far as the splits exist. \
            The question is the first sentence with a full stop; the category is kept as the \
            target's class. Samples that cannot be used are reported and left out.
            """)

    @OptionGroup var options: ImportOptions

    func run() throws {
        var importer = RRSISDImporter(source: options.source, strict: options.strict)
        importer.exif = options.orientations.exif
        importer.stretch = options.pixels.rule
        importer.resizesMasks = options.resizeMasks
        try options.run(importer)
    }
}

struct ImportRefSegRSCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "refsegrs",
        abstract: "Imports RefSegRS: SOURCE/{images,masks}/ID.tif and lists of phrases.",
        discussion: """
            Example:
              think2seg data import refsegrs RefSegRS --output refsegrs

            reads SOURCE/output_phrase_{train,val,test}.txt, and writes refsegrs/train.h5, \
            refsegrs/val.h5 and refsegrs/test.h5, as far as the lists exist. TIFF images become \
            PNG files of the same pixels. Samples that cannot be used are reported and left out.
            """)

    @OptionGroup var options: ImportOptions
    @OptionGroup var labels: LabelOptions

    func run() throws {
        var importer = PhraseImporter(.refSegRS, source: options.source, strict: options.strict)
        importer.choices = try options.choices(labels)
        try options.run(importer)
    }
}

struct ImportRISBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "risbench",
        abstract: "Imports RISBench: SOURCE/{img_rgb,mask}/FILE and lists of phrases.",
        discussion: """
            Example:
              think2seg data import risbench RISBench --output risbench

            reads SOURCE/output_phrase_{train,val,test}.txt, and writes risbench/train.h5, \
            risbench/val.h5 and risbench/test.h5, as far as the lists exist. Samples that cannot \
            be used are reported and left out.
            """)

    @OptionGroup var options: ImportOptions
    @OptionGroup var labels: LabelOptions

    func run() throws {
        var importer = PhraseImporter(.risBench, source: options.source, strict: options.strict)
        importer.choices = try options.choices(labels)
        try options.run(importer)
    }
}
