import Files
import Foundation
public import Policies
import Settings
import SystemErrors
import TextFiles

/// How the answers in a file were asked for, where what lies beside the file says it.
public struct AnswersOrigin: Sendable {
    /// The file that says it.
    public let file: String
    /// How the policy was asked.
    public let asked: AskingSettings

    /// Looks beside a file of answers: `predictions.jsonl` of an evaluation, or one of a run's `rollouts/`.
    ///
    /// - Parameter completions: the file; one that lies elsewhere, and `-`, has no origin
    /// - Throws: ``EvaluationError`` or `ConfigurationError` if what lies there is damaged
    public init?(of completions: String) throws {
        if completions == "-" { return nil }
        // A name alone has its folders in the one that the program runs in.
        let whole = URL(fileURLWithPath: completions).standardizedFileURL.path
        let (folder, name) = (whole.parentFolder, (whole as NSString).lastPathComponent)
        let evaluation = Self.short(EvaluationResult.document(folder))
        let run = Self.short(folder.parentFolder + "/config.yaml")
        func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }
        if name == "predictions.jsonl", exists(evaluation) {
            file = evaluation
            asked = try Self.asked(evaluation: evaluation)
        } else if (folder as NSString).lastPathComponent == "rollouts", exists(run) {
            file = run
            asked = try RunConfiguration.load(file: run).asking
        } else {
            return nil
        }
    }

    /// A path as people read it: from the folder that the program runs in, if it lies there.
    private static func short(_ path: String) -> String {
        let here = URL(fileURLWithPath: ".").standardizedFileURL.path + "/"
        return path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
    }

    private static func asked(evaluation file: String) throws -> AskingSettings {
        struct Document: Decodable { let setup: EvaluationResult.Setup }
        do {
            let data = try inputFile(file, "evaluation")
            let setup = try JSONDecoder.answers.decode(Document.self, file: data).setup
            return AskingSettings(
                imageSize: setup.imageSize, variant: setup.variant,
                maxCompletionLength: setup.maxCompletionLength)
        } catch let error as DecodingError {
            throw EvaluationError(place: file, message: "not an evaluation: \(systemReason(error))")
        }
    }

    /// What answers are read with.
    ///
    /// - Parameter options: what the user says
    /// - Returns: the settings, and lines for people: what was taken, and what differs
    public func reading(_ options: AskingSettings) -> (settings: AskingSettings, notes: [String]) {
        let known = AskingSettings(imageSize: asked.imageSize, variant: asked.variant)
        let taken = known.unusual(besides: options)
        var notes: [String] = []
        if !taken.isEmpty {
            notes.append("read with \(AskingSettings.words(taken)), as \(file) says")
        }
        let settings = options.completed(by: known)
        known.sentence("\(file): the answers were asked for with", settings, verb: "read with")
            .map { notes.append($0) }
        return (
            settings.completed(by: AskingSettings(maxCompletionLength: asked.maxCompletionLength)),
            notes
        )
    }
}
