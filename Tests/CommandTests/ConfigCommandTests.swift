import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import Configuration
@testable import SegmenterTraining
@testable import Settings
@testable import SharedSettings
@testable import SupervisedTraining
@testable import think2seg

/// `config init`, `config explain` and `config show` without a file.
@Suite struct ConfigCommandTests {
    private var checkout: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
    }

    @Test("What config init writes is a configuration without problems, of every command")
    func usual() throws {
        try withTemporaryFolder { folder in
            for command in ConfiguredCommand.allCases {
                let text = try StartingConfiguration(from: nil, of: command).text
                let file = "\(folder)/\(command.rawValue).yaml"
                try Data(text.utf8).write(to: URL(fileURLWithPath: file))
                let configuration = try command.type.load(
                    file: file, overrides: [], requiresInputs: false, onNote: { _ in })
                #expect(configuration.warnings.isEmpty, "\(configuration.warnings)")
                #expect(text.split(separator: "\n").count < 75)
                #expect(text.split(separator: "\n").allSatisfy { $0.count <= 120 })
            }
        }
    }

    @Test("A preset is the configuration that comes with the project")
    func presets() throws {
        let files = try FileManager.default.contentsOfDirectory(
            atPath: checkout + "/Configs/presets")
        #expect(Set(Preset.all.map(\.name) + ["x"]).count == files.count + 2)
        for preset in Preset.all {
            let name = preset.name == "think2seg-rs" ? "train" : "presets/\(preset.name)"
            let shipped = try RunConfiguration.load(file: "\(checkout)/Configs/\(name).yaml")
            try withTemporaryFolder { folder in
                let text = try StartingConfiguration(from: preset.name, of: nil).text
                try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/c.yaml"))
                #expect(try RunConfiguration.load(file: folder + "/c.yaml") == shipped)
                #expect(text.hasPrefix("# ") && text.contains("arXiv"))
            }
        }
    }

    @Test(
        "A configuration begins with what a run has, in a folder of its own, and overwrites nothing"
    )
    func fromRun() throws {
        try withTemporaryFolder { folder in
            let run = folder + "/run"
            try FileManager.default.createDirectory(
                atPath: run, withIntermediateDirectories: true)
            var configuration = try SFTConfiguration.load(file: checkout + "/Configs/sft.yaml")
            configuration.outputDirectory = run
            try Data(configuration.resolved(comments: true).utf8)
                .write(to: URL(fileURLWithPath: run + "/config.yaml"))
            let output = folder + "/next.yaml"
            var command = try ConfigInitCommand.parse(["--from", run + "/", "--output", output])
            try command.run()
            var next = try SFTConfiguration.load(file: output)
            #expect(next.outputDirectory == run + "-2")
            next.outputDirectory = run
            #expect(next == configuration)
            let before = FileManager.default.contents(atPath: output)
            #expect(throws: OutputInTheWay.self) { try command.run() }
            #expect(FileManager.default.contents(atPath: output) == before)
            command = try ConfigInitCommand.parse(["--from", "dappo"])
            do { try command.run() } catch { #expect("\(error)".hasSuffix("did you mean dapo?")) }
        }
    }

    @Test("Every key is explained, with an example that the command takes")
    func everyKey() throws {
        func check<Root: KeyedConfiguration>(_ type: Root.Type) throws {
            let form = try #require(ConfigurationForm(rawValue: type.command))
            let explanation = KeyExplanation(
                command: type.command, keys: type.keys, defaults: Root(), foreign: .trainers)
            for key in type.keys {
                let lines = try Explanations(of: form).lines(key.name)
                #expect(lines[0] == "\(key.name), of \(type.command)")
                #expect(lines.contains { $0.contains(key.help) })
                let example = "\(key.name)=\(explanation.example(key))"
                #expect(throws: Never.self, "\(example)") {
                    _ = try type.defaults(overrides: [example], foreign: .trainers)
                }
            }
        }
        try check(RunConfiguration.self)
        try check(SFTConfiguration.self)
        try check(SegmenterConfiguration.self)
    }

    @Test(
        "Sections, values, terms, last parts and keys of other trainers are explained too",
        arguments: [
            ("training", "training.learning_rate"), ("beta", "beta is grpo.beta"),
            ("dr_grpo", "dr_grpo is a value of grpo.loss_type"),
            ("drgrpo", "dr_grpo is a value of grpo.loss_type"),
            ("rewards.box_iou", "box_iou, a term of rewards"), ("mask_iou", "in a file: rewards:"),
            ("vllm_mode", "TRL's vllm_mode has no key here: the policy"),
            ("worker.actor.optim.lr", "training.learning_rate, of train"),
            ("grpo.beta=0.1", "TRL: beta"), ("--seed", "seed, of pretrain-segmenter"),
            ("axes", "axes, of ablate"), ("β", "grpo.beta, of train"),
        ])
    func others(name: String, words: String) throws {
        let text = try Explanations(of: nil).lines(name).joined(separator: "\n")
        #expect(text.contains(words), "\(text)")
    }

    @Test("A name that nobody knows is answered with the nearest one")
    func unknown() {
        do {
            _ = try Explanations(of: nil).lines("lerning_rat")
            Issue.record("lerning_rat is explained")
        } catch {
            #expect("\(error)".contains("did you mean training.learning_rate?"))
            #expect(exitStatus(of: error) == 64)
        }
    }

    @Test("Keys can be set without a file, and only what is wrong with them is told")
    func withoutFile() throws {
        let shown = try RunConfiguration.defaults(overrides: ["seed=7"], foreign: .trainers)
        #expect(shown.seed == 7)
        do {
            _ = try RunConfiguration.defaults(overrides: ["sed=7", "grpo.beta=x"])
            Issue.record("sed is a key")
        } catch { #expect("\(error)".split(separator: "\n").count == 2) }
    }
}
