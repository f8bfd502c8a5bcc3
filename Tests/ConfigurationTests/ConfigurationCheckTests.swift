import Embeddings
import FilesTestSupport
import Foundation
import SharedSettings
import Testing

@testable import Configuration
@testable import SegmenterTraining
@testable import Settings
@testable import SharedSettings
@testable import SupervisedTraining

/// What is found wrong with a configuration as a whole.
@Suite struct ConfigurationCheckTests {
    private let minimal = "policy: {path: p}\nsegmenter: {path: s}\ndata: {train: a.h5}\n"

    private func problems(
        _ text: String, _ overrides: [String] = [],
        load: (String, [String]) throws -> Void = {
            _ = try RunConfiguration.load(file: $0, overrides: $1)
        }
    ) throws -> [ConfigurationProblem] {
        try withFolder { folder in
            let file = folder + "/c.yaml"
            try Data(text.utf8).write(to: URL(fileURLWithPath: file))
            do {
                try load(file, overrides)
                return []
            } catch let error as ConfigurationError {
                return error.problems.map {
                    ConfigurationProblem(
                        location: $0.location.replacing(file, with: "c.yaml"), key: $0.key,
                        message: $0.message.replacing(folder, with: ""),
                        isMissingInput: $0.isMissingInput)
                }
            }
        }
    }

    private func warnings(_ overrides: String...) throws -> [String] {
        let paths = ["policy.path=p", "segmenter.path=s", "data.train=a.h5"]
        return try RunConfiguration.load(file: nil, overrides: paths + overrides).warnings
    }

    @Test("A folder of embeddings without room for any is warned about")
    func embeddingFolder() throws {
        let path = "segmenter.embedding_cache.path=e"
        #expect(try warnings(path).contains { $0.contains("disk_mb is 0") })
        #expect(try warnings(path, "segmenter.embedding_cache.disk_mb=5") == warnings())
    }

    @Test(
        "Keys that stand twice are all found, each at its second place, with all else that is wrong"
    )
    func duplicates() throws {
        let found = try problems(
            minimal + """
                seed: 1
                grpo: {epsilon: 0.2, "epsilon": 0.3, delta: 0}
                "seed": 2
                rewards: {mask_iou: 1, mask_iou: 2}
                see: 3
                """)
        #expect(
            Set(found.map(\.key))
                == ["seed", "grpo.epsilon", "rewards.mask_iou", "grpo.delta", "see"])
        let twice = found.filter { $0.message.contains("already") }
        #expect(twice.count == 3)
        let seed = try #require(twice.first { $0.key == "seed" })
        #expect(seed.location == "c.yaml:6:1" && seed.message.contains("line 4"))
        // Text of three occurrences has two problems; lines may end in either way.
        let crlf = try problems(
            (minimal + "seed: 1\nseed: 2\nseed: 3\n").replacing("\n", with: "\r\n"))
        #expect(crlf.map(\.key) == ["seed", "seed"])
        #expect(crlf.allSatisfy { $0.location == "c.yaml:6:1" })
    }

    @Test("What is not YAML is said with line and column; tabs and merge keys by what to do")
    func notYAML() throws {
        let tab = try problems("policy:\n\tpath: p\n")
        #expect(tab.count == 1 && tab[0].location == "c.yaml:2:1")
        #expect(tab[0].message.contains("tab"))
        let open = try problems("a: 1\nb: [1, 2\n")
        #expect(open.count == 1 && open[0].location.hasPrefix("c.yaml:"))
        #expect(open[0].message.contains("not YAML") && !open[0].message.contains("YamlError"))
        let merge = try problems(minimal + "grpo: {<<: {beta: 1}, epsilon: 0.1}\n")
        #expect(merge.map(\.key) == ["grpo.<<"] && merge[0].message.contains("merge keys"))
        let two = try problems(minimal + "---\nseed: 1\n")
        #expect(two.count == 1 && two[0].message.contains("not YAML"))
    }

    @Test("An alias stands for its anchor's value")
    func alias() throws {
        try withFolder { folder in
            let text = "policy: {path: &m models/a}\nsegmenter: {path: *m}\ndata: {train: a.h5}\n"
            try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/c.yaml"))
            let loaded = try RunConfiguration.load(file: folder + "/c.yaml")
            #expect(loaded.segmenter.path == "models/a")
        }
        #expect(try problems(minimal + "seed: *none\n").first?.message.contains("alias") == true)
    }

    @Test("Files that are not there are reported with all else, each where it stands")
    func missingFiles() throws {
        func found(_ text: String, _ overrides: [String] = []) throws -> [ConfigurationProblem] {
            try problems(text, overrides) {
                _ = try RunConfiguration.load(file: $0, overrides: $1, requiresInputs: true)
            }
        }
        let all = try found(
            "policy: {path: /none/p}\nsegmenter: {path: /none/s}\n"
                + "data:\n  train: [/none/a.h5, /none/b.h5]\n")
        #expect(all.map(\.key) == ["policy.path", "segmenter.path", "data.train", "data.train"])
        #expect(all.map(\.location).last == "c.yaml:4:23")
        #expect(all[3].message.contains("/none/b.h5"))
        #expect(ConfigurationError(problems: all).isMissingInput)
        let mixed = try found(minimal + "sed: 1\n", ["data.train=[/none/a.h5]"])
        #expect(mixed.count == 4 && !ConfigurationError(problems: mixed).isMissingInput)
        #expect(mixed.last?.location == "--set data.train=[/none/a.h5]")
        #expect(try problems(minimal).isEmpty, "files are looked for on demand only")
    }

    @Test("The other commands' files are looked for, too")
    func otherCommands() throws {
        let sft = try problems(
            "policy: {path: /none/p}\ndata: {train: /none/a.h5, answers: /none/x, validation: /none/v}"
        ) { _ = try SFTConfiguration.load(file: $0, overrides: $1, requiresInputs: true) }
        #expect(
            sft.map(\.key) == ["policy.path", "data.train", "data.answers", "data.validation"])
        let segmenter = try problems("data: {train: [/none/a.h5, /none/./a.h5]}\ndevice: cuda:99\n")
        {
            _ = try SegmenterConfiguration.load(file: $0, overrides: $1, requiresInputs: true)
        }
        #expect(segmenter.map(\.key) == ["data.train", "data.train", "data.train", "device"])
    }

    @Test("What cannot be run together is refused by key")
    func together() throws {
        #expect(
            try problems(minimal, ["data.train=[a.h5, b.h5, ./a.h5]"]).map(\.message)
                == ["entry 3: names ./a.h5 twice; keep one"])
    }

    @Test(
        "What is most likely not meant is warned about with its key",
        arguments: [
            (["data.image_size=850"], "data.image_size"),
            (["rewards={mask_iou: 0}"], "rewards"),
            (["grpo.epsilon_high=0.1"], "grpo.epsilon_high"),
            (["grpo.delta=1.1"], "grpo.delta"),
            (["logging.save_steps=0", "logging.save_total_limit=2"], "logging.save_total_limit"),
            (
                ["training.lr_scheduler_type=constant", "training.warmup_steps=3"],
                "training.warmup_steps"
            ),
            (
                ["training.lr_scheduler_type=constant", "training.warmup_ratio=0.1"],
                "training.warmup_ratio"
            ),
            (["training.warmup_steps=3", "training.warmup_ratio=0.1"], "training.warmup_ratio"),
            (["training.max_steps=5", "training.warmup_steps=6"], "training.warmup_steps"),
            (["policy.cast_lm_head_to_fp32=true"], "policy.cast_lm_head_to_fp32"),
        ])
    func doubtful(overrides: [String], key: String) throws {
        let paths = ["policy.path=p", "segmenter.path=s", "data.train=a.h5"]
        #expect(try warnings().isEmpty)
        let found = try RunConfiguration.load(file: nil, overrides: paths + overrides).warnings
        #expect(found.count == 1 && found[0].hasPrefix(key), "\(found)")
    }

    @Test("A learning rate far above what models stand is warned of, in every command that trains")
    func learningRate() throws {
        let said = "training.learning_rate is 0.5: far above"
        #expect(try warnings("training.learning_rate=0.5").contains { $0.hasPrefix(said) })
        #expect(try warnings("training.learning_rate=0.01") == warnings())
        var taught = SFTConfiguration()
        taught.training.learningRate = 0.5
        #expect(taught.warnings.contains { $0.hasPrefix(said) })
        var segmenter = SegmenterConfiguration()
        segmenter.training.learningRate = 0.5
        #expect(segmenter.warnings.contains { $0.hasPrefix(said) })
    }

    @Test("Shipped configurations of what comes before have no warnings")
    func shipped() throws {
        let root =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().path + "/Configs"
        let names = ["sft", "embedded/policy-1-objects", "embedded/policy-2-questions"]
        for name in names + ["embedded/policy-3-start"] {
            let found = try SFTConfiguration.load(file: "\(root)/\(name).yaml").warnings
            #expect(found.isEmpty, "\(name): \(found)")
        }
        let segmenter = try SegmenterConfiguration.load(file: root + "/embedded/segmenter.yaml")
        #expect(segmenter.warnings.isEmpty)
    }
}
