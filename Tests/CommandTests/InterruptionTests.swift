import Foundation
import TestSupport
import Testing

/// Ctrl-C while a step waits for its reward.
@Suite(.serialized) struct InterruptionTests {
    private static let configuration = """
        output_dir: run
        threads: 1
        policy: {path: $CHECKOUT/Resources/policy, freeze: ["visual.*"]}
        segmenter: {path: $CHECKOUT/Resources/segmenter}
        data: {train: scenes/train.h5, image_size: 56}
        rewards: {slow: {command: [sh, slow.sh], timeout: 600}}
        grpo: {num_generations: 2, num_prompts_per_step: 1, max_completion_length: 4, reward_timeout: null}
        training: {max_steps: 50}

        """

    /// A reward that says that it was asked, and waits until it may answer.
    private static let reward = """
        while read -r line; do
          touch asked
          while [ ! -e go ]; do [ -e asked ] || exit; sleep 0.02; done
          echo 1
        done

        """

    /// Starts a run and gives it back when it is within its first step.
    private func start(_ folder: String) throws -> Process {
        var walk = Walk(folder)
        try walk.write(Self.configuration, to: "a.yaml")
        try walk.write(Self.reward, to: "slow.sh")
        #expect(
            try walk.run("data", "synthesize", "--output", "scenes", "--count", "2", "--side", "64")
                == 0)
        let process = Process()
        process.executableURL = Walk.program
        process.arguments = ["train", "a.yaml"]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        process.environment = [
            "HOME": folder, "CHECKOUT": Walk.checkout,
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
        ]
        _ = FileManager.default.createFile(atPath: folder + "/said", contents: nil)
        let handle = try #require(FileHandle(forWritingAtPath: folder + "/said"))
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        try wait(folder) { FileManager.default.fileExists(atPath: folder + "/asked") }
        return process
    }

    private func wait(_ folder: String, _ isDone: () throws -> Bool) throws {
        for _ in 0..<6000 {
            if try isDone() { return }
            usleep(20_000)
        }
        Issue.record("nothing comes any more: \(try lines(folder))")
    }

    private func lines(_ folder: String) throws -> [String] {
        try String(contentsOfFile: folder + "/said", encoding: .utf8)
            .split(separator: "\n").map(String.init)
    }

    private let first = "ending after this step; again: at once"
    private let second = "ended at once; the same command goes on from the newest checkpoint"

    @Test("Ctrl-C says at once, in one line, that the run ends after the step, and so it does")
    func once() throws {
        try withTemporaryFolder { folder in
            let process = try start(folder)
            process.interrupt()
            try wait(folder) { try lines(folder).contains(first) }
            #expect(process.isRunning)
            _ = FileManager.default.createFile(atPath: folder + "/go", contents: nil)
            process.waitUntilExit()
            #expect(process.terminationStatus == 130)
            let said = try lines(folder)
            #expect(said.filter { $0 == first }.count == 1)
            #expect(said.contains { $0.hasPrefix("stopped after step 1 of 50, as asked") })
            #expect(
                FileManager.default.fileExists(atPath: folder + "/run/checkpoints/step-1/policy"))
        }
    }

    @Test("A second Ctrl-C ends the run at once, and says so in one line")
    func twice() throws {
        try withTemporaryFolder { folder in
            let process = try start(folder)
            process.interrupt()
            try wait(folder) { try lines(folder).contains(first) }
            process.interrupt()
            try wait(folder) { try lines(folder).last == second }
            // The reward ends then, which has what Foundation watches the run by.
            _ = FileManager.default.createFile(atPath: folder + "/go", contents: nil)
            process.waitUntilExit()
            #expect(process.terminationStatus == 130)
            #expect(try lines(folder).suffix(2) == [first, second])
        }
    }
}
