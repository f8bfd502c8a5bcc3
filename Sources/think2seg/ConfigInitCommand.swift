import ArgumentParser
import Configuration
import Files
import Foundation
import Policies
import Settings
import SharedSettings
import Terminals
import TrainingRuns

struct ConfigInitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Prints a short configuration to begin with, each key with its meaning.",
        discussion: """
            Examples:
              think2seg config init --output mine.yaml
              think2seg config init --from dapo --output mine.yaml
              think2seg config init --from runs/a --output next.yaml

            Without --from: the keys that most runs set. With --from the settings of a paper (\
            \(Preset.all.map(\.name).joined(separator: ", "))), or what differs from the defaults in a \
            run or a configuration, with a new output_dir. All other keys are listed by 'config show'.
            """)

    @Option(
        help: ArgumentHelp(
            "What it begins with: a run's folder, a configuration, or the name of a preset.",
            valueName: "run|preset"), transform: PathArgument.run)
    var from: String?

    @Option(
        help: "For which command: train, sft or pretrain-segmenter (default: train, or the run's).")
    var of: ConfiguredCommand?

    @Option(
        help: "The file to write, which must not be there yet; printed without it.",
        transform: PathArgument.file)
    var output: String?

    func validate() throws {
        if let from, let of, of != .train, Preset.all.contains(where: { $0.name == from }) {
            throw ValidationError("the presets are for train: leave --of \(of.rawValue) out")
        }
    }

    func run() throws {
        if let output {
            try requireWritable([CommandOutput(output, .configuration)])
            if FileManager.default.fileExists(atPath: output), !isOutputStream(output) {
                throw OutputInTheWay(path: output)
            }
        }
        let text = try StartingConfiguration(from: from, of: of).text
        guard let output else { return print(text, terminator: "") }
        try writeDocument(Data(text.utf8), to: output)
        Console.note(output)
    }
}

/// A file that is there already and must stay.
struct OutputInTheWay: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path): is there already, and stays; give another name" }
}

/// The text that `config init` writes.
struct StartingConfiguration {
    let text: String

    /// Makes it.
    ///
    /// - Parameters:
    ///   - from: a run, a configuration or a preset; nil for the keys that most runs set
    ///   - command: whose configuration; nil: the run's, or that of train
    /// - Throws: `MissingInputError`, `ConfigurationError`
    init(from: String?, of command: ConfiguredCommand?) throws {
        guard let from else {
            let command = command ?? .train
            text = Self.file(
                command, Self.usual(command), about: ["A configuration of \(command.rawValue)."])
            return
        }
        if !FileManager.default.fileExists(atPath: from) {
            let preset = try Self.preset(from)
            text = Self.file(.train, preset.values, about: preset.about)
            return
        }
        let file = from.isFolder ? "\(from.withoutSlashes)/config.yaml" : from
        let found = try command ?? Self.command(of: file)
        let configuration = try found.form.loading(file) {
            try found.type.load(file: file, overrides: [], requiresInputs: false, onNote: { _ in })
        }
        // What nobody sets is as the policy was trained, which may be another than the run's way.
        var values = configuration.changes(always: AskingSettings.keys)
        values["output_dir"] =
            Self.unused((configuration as? any RunPlacement)?.outputDirectory ?? "runs/new").yaml
        text = Self.file(
            found, values,
            about: ["As \(from): what differs from the defaults. The folder is a new one."])
    }

    private static func file(
        _ command: ConfiguredCommand, _ values: [String: String], about: [String]
    ) -> String {
        let of = command == .train ? "" : " --of \(command.rawValue)"
        let head =
            about + [
                "Check it with `think2seg config check FILE\(of)`; `think2seg config show\(of)` lists all "
                    + "keys, `think2seg config explain KEY` tells of one. Paths are relative to the folder "
                    + "that the command runs in."
            ]
        return command.type.file(values, head: head)
    }

    /// The preset of a name.
    private static func preset(_ name: String) throws -> Preset {
        if let preset = Preset.all.first(where: { $0.name == name }) { return preset }
        let names = Preset.all.map(\.name)
        throw MissingInputError(
            path: name, what: "run",
            reason: "no run, no configuration and no preset; the presets are "
                + names.joined(separator: ", ") + Nearest.question(name, among: names))
    }

    /// The command whose keys a file has.
    private static func command(of file: String) throws -> ConfiguredCommand {
        guard let outline = ConfigurationOutline(file: file) else { return .train }
        return ConfiguredCommand.allCases.min {
            outline.strangers(to: $0.form.keys) < outline.strangers(to: $1.form.keys)
        } ?? .train
    }

    /// A folder that is not there yet, called as one that is.
    private static func unused(_ path: String) -> String {
        let plain = path.withoutSlashes.isEmpty ? path : path.withoutSlashes
        let names = (2...9999).map { "\(plain)-\($0)" }
        return names.first { !FileManager.default.fileExists(atPath: $0) } ?? plain
    }

    /// The keys that most runs of a command set.
    private static func usual(_ command: ConfiguredCommand) -> [String: String] {
        switch command {
        case .train:
            [
                "output_dir": "runs/first", "seed": "42", "device": "cpu",
                "policy.path": "models/Qwen2.5-VL-3B-Instruct", "policy.dtype": "float32",
                "segmenter.path": "models/sam2.1-hiera-small", "data.train": "shards/train.h5",
                "data.validation": "shards/val.h5", "data.image_size": "840",
                "rewards": "{mask_iou: 2, sam_json_format: 1, think_answer_format: 1}",
                "grpo.num_generations": "8", "grpo.num_prompts_per_step": "4",
                "grpo.max_completion_length": "512", "grpo.loss_type": "dapo", "grpo.beta": "0",
                "training.num_train_epochs": "1", "training.learning_rate": "1e-6",
                "training.lr_scheduler_type": "constant", "evaluation.eval_steps": "100",
                "evaluation.eval_samples": "200", "logging.save_steps": "100",
                "logging.save_total_limit": "3",
            ]
        case .sft:
            [
                "output_dir": "runs/warm", "seed": "42", "device": "cpu",
                "policy.path": "models/Qwen2.5-VL-3B-Instruct", "policy.dtype": "float32",
                "policy.freeze": "[\"visual.*\"]", "data.train": "shards/train.h5",
                "data.validation": "shards/val.h5", "data.image_size": "840",
                "training.max_steps": "500", "training.images_per_step": "8",
                "training.learning_rate": "1e-5", "training.warmup_steps": "20",
                "logging.save_steps": "100", "logging.eval_steps": "100",
            ]
        case .pretrainSegmenter:
            [
                "output_dir": "runs/segmenter", "seed": "42", "device": "cpu",
                "segmenter.path": "models/sam2.1-hiera-small", "data.train": "shards/train.h5",
                "data.validation": "shards/val.h5", "training.max_steps": "1000",
                "training.pictures_per_step": "4", "training.learning_rate": "1e-5",
                "logging.save_steps": "500", "logging.eval_steps": "250",
            ]
        }
    }
}
