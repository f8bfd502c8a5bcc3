import Foundation
import TestSupport
import Testing

/// The command itself, in a folder of its own that is the home folder too.
private struct Walk {
    let folder: String
    /// What commands have said so far.
    private(set) var said = ""

    init(_ folder: String) { self.folder = folder }

    /// Where the build puts the command, beside the tests.
    private static let program = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("think2seg")

    /// The checkout, for the models that it carries.
    private static let checkout = URL(fileURLWithPath: Fixtures.root)
        .deletingLastPathComponent().deletingLastPathComponent().path

    /// Runs the command; gives its exit status.
    mutating func run(_ words: String...) throws -> Int32 { try run(words) }

    mutating func run(_ words: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = words
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = [
            "HOME": folder, "CHECKOUT": Self.checkout,
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
        ]
        let log = folder + "/log.txt"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let handle = try #require(FileHandle(forWritingAtPath: log))
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: log)), as: UTF8.self)
        said += "$ \(words.joined(separator: " "))\n" + text
        return process.terminationStatus
    }

    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: folder + "/" + path)
    }

    /// The names in a folder, hidden ones too.
    func names(_ path: String) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder + "/" + path))
    }
}

@Suite struct PathWalkTests {
    private static let configuration = """
        output_dir: ~/runs/a
        threads: 1
        policy: {path: $CHECKOUT/Resources/policy, freeze: ["visual.*"]}
        segmenter:
          path: ${CHECKOUT}/Resources/segmenter
        data: {train: ~/scenes/train.h5, image_size: 56}
        grpo: {num_generations: 2, num_prompts_per_step: 1, max_completion_length: 4}
        training: {max_steps: 1}

        """

    @Test("A run is made, reported and exported with homes, variables, bare names and slashes")
    func goodPaths() throws {
        try withTemporaryFolder { folder in
            var walk = Walk(folder)
            try Data(Self.configuration.utf8)
                .write(to: URL(fileURLWithPath: folder + "/a.yaml"))
            let made = try walk.run(
                "data", "synthesize", "--output=~/scenes/", "--count=2", "--side=64")
            #expect(made == 0 && walk.exists("scenes/train.h5"))
            #expect(try walk.run("train", "~/a.yaml", "--quiet") == 0)
            #expect(try walk.run("train", "./a.yaml", "--set", "training.max_steps=2") == 0)
            #expect(walk.exists("runs/a/checkpoints/step-2"))
            #expect(try !walk.names(".").contains { $0.hasPrefix("~") || $0.hasPrefix("$") })

            for output in ["mine", "slash/", "deep/er//", "deep/../up", "~/home", "$HOME/variable"]
            {
                #expect(try walk.run("checkpoint", "export", "runs/a/", "--output", output) == 0)
            }
            for name in ["mine", "slash", "deep/er", "up", "home", "variable"] {
                #expect(walk.exists("\(name)/config.json"), "\(name)")
            }
            try FileManager.default.createDirectory(
                atPath: folder + "/empty", withIntermediateDirectories: false)
            #expect(try walk.run("checkpoint", "export", "~/runs/a", "-o", "empty") == 0)
            #expect(try walk.names("empty") == walk.names("mine"))

            #expect(try walk.run("report", "runs/a", "--output", "bare.html") == 0)
            #expect(try walk.run("report", "~/runs/a/", "--output=~/home.html") == 0)
            #expect(walk.exists("bare.html") && walk.exists("home.html"))
            expectPlain(walk.said)
        }
    }

    @Test("Paths that cannot be used are one message each, in words, and nothing is made")
    func badPaths() throws {
        try withTemporaryFolder { folder in
            var walk = Walk(folder)
            let files = [
                "file": "x", "bad.yaml": Self.configuration.replacing("~/runs", with: "$NOPE/runs"),
            ]
            for (name, text) in files {
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            }
            let resources = "$CHECKOUT/Resources"
            let wrong: [([String], Int32)] = [
                (["train", "bad.yaml"], 78), (["train", "."], 66),
                (["config", "check", "bad.yaml"], 78),
                (["data", "synthesize", "--count=1", "--output=~no-such-user-here/x"], 64),
                (["data", "synthesize", "--count=1", "--output=file"], 74),
                (
                    [
                        "policy", "init", "--config", "\(resources)/policy/config.json",
                        "--output=file",
                    ], 74
                ),
                (
                    [
                        "policy", "init", "--config", "\(resources)/policy/config.json",
                        "--output=file/x",
                    ], 74
                ),
                (["policy", "init", "--config=.", "--output=new"], 66),
                (["segmenter", "init", "--config=file/x", "--output=new"], 66),
                (["checkpoint", "export", "file", "--output=new"], 66),
                (["data", "inspect", "."], 65), (["report", ".", "--output=new/"], 64),
                (["report", ".", "--output=new.html"], 66),
                (["verify", "losses", "file", "--json=no/new.json"], 74),
                (["verify", "losses", "file"], 65), (["compare", ".", "file"], 66),
                (["score", "--completions=.", "--no-segmenter", "--json=new.jsonl"], 65),
            ]
            for (words, status) in wrong {
                let found = try walk.run(words)
                #expect(found == status, "\(words): \(found)\n\(walk.said.suffix(400))")
            }
            #expect(try walk.names(".") == ["file", "bad.yaml", "log.txt"])
            expectPlain(walk.said)
        }
    }

    /// Expects no name of Swift's or Foundation's in what people read.
    private func expectPlain(_ text: String) {
        for inside in [
            "NSCocoa", "NSPOSIX", "Domain", "UserInfo", "Optional(", "CodingKeys", "Foundation.",
            "Swift.", "Decoding", "Error(", "Array<", "Dictionary<", "could not be completed",
        ] {
            #expect(!text.contains(inside), "\(inside) in\n\(text)")
        }
    }
}
