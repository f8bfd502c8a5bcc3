import Ablation
import Configuration
import Embeddings
import Evaluating
import FilesTestSupport
import Foundation
import SegmenterTraining
import Settings
import SupervisedTraining
import Terminals
import TestSupport
import Testing
import think2seg

@testable import Policies

@Suite struct PathConfigurationTests {
    /// Reads texts of YAML as files, on the machine of ``PathRuleTests``.
    private func load<Root: KeyedConfiguration>(
        _ type: Root.Type, _ text: String, _ overrides: [String] = []
    ) throws -> Root {
        try withTemporaryFolder { folder in
            let file = folder + "/c.yaml"
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            return try PathRule.$current.withValue(machine) {
                try type.load(
                    file: file, overrides: overrides, requiresInputs: false, onNote: { _ in })
            }
        }
    }

    private func problems(_ text: String, _ overrides: [String] = []) -> [String] {
        do {
            _ = try load(RunConfiguration.self, text, overrides)
            return []
        } catch let error as ConfigurationError {
            return error.problems.map { problem in
                let parts = problem.location.split(separator: "/").last.map(String.init)
                return "\(parts ?? ""): \(problem.key): \(problem.message)"
            }
        } catch {
            Issue.record("\(error)")
            return []
        }
    }

    private let minimal = """
        policy: {path: ~/p}
        segmenter: {path: $DATA/sam.pt}
        data: {train: [~ben/a.h5, a$b.h5]}

        """

    @Test("Every path of a run's configuration is read by the rule, lists of paths too")
    func run() throws {
        let text = """
            output_dir: ${HOME}/runs/$RUN
            policy: {path: ~/p}
            segmenter: {path: $DATA/sam.pt, embedding_cache: {path: ~eve/e}}
            data:
              train: [~ben/a.h5, "${DATA}/b.h5", a$b.h5]
              validation: ~/v.h5
            prompt: {chat_template: ~/t.jinja}
            """
        let read = try load(RunConfiguration.self, text)
        #expect(read.outputDirectory == "/home/ada/runs/a")
        #expect(read.policy.path == "/home/ada/p")
        #expect(read.segmenter.path == "/data/earth/sam.pt")
        #expect(read.segmenter.embeddingCache.path == "/home/eve/e")
        #expect(read.data.train == ["/home/ben/a.h5", "/data/earth/b.h5", "a$b.h5"])
        #expect(read.data.validation == ["/home/ada/v.h5"])
        #expect(read.prompt.chatTemplate == .file("/home/ada/t.jinja"))
    }

    @Test(
        "--set is read as the file is, and so are the configurations of sft and pretrain-segmenter")
    func others() throws {
        let run = try load(
            RunConfiguration.self, minimal,
            ["output_dir=~/y", "data.train=[$DATA/a.h5, ~/b.h5]", "prompt.chat_template=builtin"])
        #expect(run.outputDirectory == "/home/ada/y")
        #expect(run.data.train == ["/data/earth/a.h5", "/home/ada/b.h5"])
        #expect(run.prompt.chatTemplate == .builtin)
        let sft = try load(
            SFTConfiguration.self,
            "policy: {path: ~/p}\ndata: {train: ~/a.h5, answers: $DATA/a.jsonl}\n")
        #expect(sft.data.answers == "/data/earth/a.jsonl" && sft.policy.path == "/home/ada/p")
        let segmenter = try load(
            SegmenterConfiguration.self,
            "output_dir: ~/s\nsegmenter: {path: ~/sam.pt}\ndata: {train: ~/a.h5}\n")
        #expect(segmenter.segmenter.path == "/home/ada/sam.pt")
        #expect(segmenter.outputDirectory == "/home/ada/s")
    }

    @Test("What is no path stays as it is written: patterns, instructions and commands")
    func texts() throws {
        let text =
            minimal + """
                prompt: {system: ~/s $HOME $NOPE}
                rewards: {own: {command: [$HOME/score, ~/x], weight: 1}, mask_iou: 1}
                """
        let read = try load(RunConfiguration.self, text, ["policy.freeze=[$HOME, ~nobody.*]"])
        #expect(read.policy.freeze == ["$HOME", "~nobody.*"])
        #expect(read.prompt.system == "~/s $HOME $NOPE")
        #expect(read.resolved().contains("$HOME/score"))
    }

    @Test("All paths that cannot be read are reported at once, each with file, line and key")
    func lines() {
        let text = """
            output_dir: ${RUN:-b}/x
            policy: {path: ~nobody/p}
            segmenter: {path: $EMPTY/s}
            data:
              train:
                - ~/ok.h5
                - $NOPE/bad.h5
              validation: ~
            prompt: {chat_template: $(pwd)/t.jinja}
            """
        let found = problems(text, ["policy.path=$GONE/p"])
        let expected = [
            ("c.yaml:1:1: output_dir: is ${RUN:-b}/x", "no variable"),
            ("c.yaml:2:10: policy.path: is ~nobody/p", "no user nobody"),
            ("c.yaml:3:13: segmenter.path: is $EMPTY/s", "EMPTY is empty"),
            ("c.yaml:7:7: data.train: is $NOPE/bad.h5", "NOPE is not set"),
            ("c.yaml:8:3: data.validation: expected a list", "write \"~\""),
            ("c.yaml:9:10: prompt.chat_template: is $(pwd)/t.jinja", "not run"),
            ("p: policy.path: is $GONE/p", "GONE is not set"),
        ]
        #expect(found.count == expected.count, "\(found)")
        for (said, (start, reason)) in zip(found, expected) {
            #expect(said.hasPrefix(start) && said.contains(reason), "\(said)")
        }
    }

    @Test(
        "Aliases that a few lines make larger than memory are refused at once, as no path is a list"
    )
    func aliases() {
        let levels = (1...9).map { level in
            let entry = level == 1 ? "~/x" : "*a\(level - 1)"
            return
                "a\(level): &a\(level) [\(repeatElement(entry, count: 10).joined(separator: ", "))]"
        }
        let found = problems(levels.joined(separator: "\n") + "\ndata: {train: *a9}\n")
        #expect(
            found.contains { $0.contains("data.train: entry 10: expected a path, found a list") },
            "\(found)")
    }

    @Test(
        "Where YAML takes the braces of a variable for a table's, the message says to quote the path"
    )
    func braces() throws {
        for text in ["policy: {path: ${HOME}/p}\n", "data: {train: [${HOME}/a.h5]}\n"] {
            let found = problems(text)
            #expect(found.count == 1 && found[0].contains("c.yaml:1:"), "\(found)")
            #expect(found[0].contains("in quotes"), "\(found)")
        }
        let quoted = try load(RunConfiguration.self, minimal, ["data.train=[\"${HOME}/a.h5\"]"])
        #expect(quoted.data.train == ["/home/ada/a.h5"])
    }

    @Test(
        "A stored configuration has the expanded paths, and is read back equal on another machine")
    func stored() throws {
        var first = try load(RunConfiguration.self, minimal, ["output_dir=$$RUN/~/$$$$x/a$b"])
        #expect(first.outputDirectory == "$RUN/~/$$x/a$b")
        first.data.validation = ["~/v.h5", "$HOME/v.h5"]
        first.prompt.chatTemplate = .file("~/t.jinja")
        let text = first.resolved(comments: true)
        #expect(text.contains("path: /home/ada/p\n"))
        let bare = PathRule(variable: { _ in nil }, home: { _ in nil })
        let second = try withTemporaryFolder { folder in
            let file = folder + "/c.yaml"
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            return try PathRule.$current.withValue(bare) { try RunConfiguration.load(file: file) }
        }
        #expect(second.resolved(comments: true) == text)
        #expect(second.outputDirectory == first.outputDirectory)
        #expect(second.data.train == first.data.train)
        #expect(second.data.validation == ["./~/v.h5", "$HOME/v.h5"])
        #expect(second.prompt.chatTemplate == .file("./~/t.jinja"))
    }

    @Test(
        "An ablation's plan, its base and what it sets are read by the rule, with the plan's lines")
    func plan() throws {
        try withTemporaryFolder { folder in
            try Data(minimal.utf8).write(to: URL(fileURLWithPath: folder + "/base.yaml"))
            try Data().write(to: URL(fileURLWithPath: folder + "/v.h5"))
            let here = PathRule(
                variable: { $0 == "HERE" ? folder : machine.variable($0) }, home: machine.home)
            func grid(_ text: String) throws -> (AblationPlan, AblationGrid) {
                let file = folder + "/p.yaml"
                try Data(text.utf8).write(to: URL(fileURLWithPath: file))
                return try PathRule.$current.withValue(here) {
                    let plan = try AblationPlan.load(file, requiresInputs: false)
                    return (plan, try AblationGrid(plan, requiresInputs: false))
                }
            }
            let text = """
                base: $HERE/base.yaml
                output_dir: ~/ablation
                reuse: [~/other]
                set: {segmenter.path: ~/sam.pt, data.train: ~/a.h5}
                axes: {policy.path: [~/p, $HERE/q]}
                measure: {data: ["${HERE}/v.h5"]}
                seeds: [1]

                """
            let (plan, made) = try grid(text)
            #expect(
                plan.outputDirectory == "/home/ada/ablation" && plan.reuse == ["/home/ada/other"])
            #expect(plan.measure.data == [folder + "/v.h5"])
            #expect(made.runs.map(\.configuration.policy.path) == ["/home/ada/p", folder + "/q"])
            #expect(made.runs.allSatisfy { $0.configuration.segmenter.path == "/home/ada/sam.pt" })
            let said = message {
                _ = try grid(text.replacing("[~/p, $HERE/q]", with: "[~/p, $NO/q]"))
            }
            #expect(said.contains("p.yaml:5:") && said.contains("policy.path"), "\(said)")
            #expect(said.contains("NO is not set"))
        }
    }

    @Test("The reference and the schema call paths by their kind")
    func reference() throws {
        #expect(ConfigurationReference.markdown.contains("| `output_dir` | a path |"))
        #expect(try RunConfiguration.schema().contains("\"default\" : \"runs/think2seg\""))
        let lists = RunConfiguration.keys.filter { $0.kind == .list(.path) }.map(\.name)
        #expect(lists == ["data.train", "data.validation"])
    }
}
