import ArgumentParser
import Evaluating
import Evaluation
import Files
import Foundation
import Imaging
import TrainingRuns

struct CompareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compare",
        abstract: "Compares two evaluations of the same questions, with paired intervals.",
        discussion: """
            Example:
              think2seg compare runs/a/val runs/b/val --json difference.json

            The two are folders that 'evaluate --output' wrote, or evaluation/step-N of a run. Of every \
            metric the values, the change, and an interval of the change are told, by both protocols \
            where both evaluations have them. Each of the bootstrap's draws takes the same samples from \
            both, so that what makes a sample easy or hard cancels: an interval without 0 is more than \
            the choice of samples explains. No model is loaded.
            """)

    @Argument(help: "The folder of the first evaluation.", transform: PathArgument.evaluation)
    var before: String

    @Argument(help: "The folder of the second evaluation.", transform: PathArgument.evaluation)
    var after: String

    @Option(
        help: "Where the comparison goes as JSON; - for standard output.",
        transform: PathArgument.file)
    var json: String?

    @Option(help: "Decides about the intervals' draws.")
    var seed: UInt64 = 0

    @Option(help: "How often all samples are drawn.")
    var resamples = 2000

    func validate() throws {
        if !(1...1_000_000).contains(resamples) {
            throw ValidationError("--resamples must be from 1 to 1000000")
        }
    }

    func run() throws {
        try requireWritable([.json(json)], inputs: [.evaluation(before), .evaluation(after)])
        let comparison = try ComparedEvaluations(
            from: EvaluationResult.load(folder: before), to: EvaluationResult.load(folder: after),
            bootstrap: Bootstrap(seed: seed, resamples: resamples))
        if let json { try writeDocument(comparison.document(), to: json) }
        if json != "-" { print(comparison.table, terminator: "") }
    }
}

/// Writes a document to a file, or to standard output.
func writeDocument(_ document: Data, to path: String) throws {
    if path == "-" || path == "/dev/stdout" {
        try FileHandle.standardOutput.write(contentsOf: document)
    } else if isOutputStream(path) {
        guard let handle = FileHandle(forWritingAtPath: path) else {
            throw FileError(path: path, message: "cannot be opened to write", kind: .cannotWrite)
        }
        try handle.write(contentsOf: document)
        try handle.close()
    } else {
        try ImageCodec.write(Array(document), path: path)
    }
}
