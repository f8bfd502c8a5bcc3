import Foundation
import Imaging
import Programs
import Segmentation
import Synchronization
import TestSupport
import Testing

@testable import Rewards

/// How a program that computes a term ends, and what stops the run.
@Suite struct ExternalLifeTests {
    private func scorer(_ reward: ExternalReward) throws -> Scorer {
        var registry = RewardRegistry()
        registry.register(reward)
        return try Scorer(
            weights: RewardWeights([RewardWeight(term: mine, weight: 2)]), registry: registry)
    }

    private func score(
        _ scorer: Scorer, _ completions: [String], timeLimit: Double?
    ) throws -> [RewardBreakdown] {
        try scorer.score(
            completions: completions, policyFrame: .square(2),
            truth: BinaryMask(width: 2, height: 2), timeLimit: timeLimit
        ) { FakeSegmenterImage() }
    }

    @Test(
        "three completions in a row without an answer stop the run, with or without a time limit",
        arguments: [nil, 600.0])
    func threeInARow(timeLimit: Double?) throws {
        let reward = try ExternalReward.shell(
            numbers(else: "echo first >&2; echo 'ModuleNotFoundError: numpy' >&2; exit 1"))
        let scorer = try scorer(reward)
        let found = try score(
            scorer, ["1", "bad", "bad", "2", "bad", "bad", "3"], timeLimit: timeLimit)
        #expect(
            found.map { $0.fault?.kind } == [nil, .failed, .failed, nil, .failed, .failed, nil])
        #expect(found[6].total == 6)
        for _ in 0..<2 {
            let error = try #require(throws: RewardCommandError.self) {
                try score(scorer, ["1", "bad", "bad", "bad", "2"], timeLimit: timeLimit)
            }
            #expect(
                error.description.hasPrefix("the command of the reward term 'mine', /bin/sh -c "))
            #expect(
                error.description.hasSuffix(
                    "gave no answer 3 times in a row; the last time it ended with exit status 1 "
                        + "instead of answering\nits last messages:\nfirst\n"
                        + "ModuleNotFoundError: numpy"))
        }
        #expect(reward.processID == nil)
    }

    @Test("out of time three times in a row, and noise three times, stop the run as well")
    func otherFailures() throws {
        for script in ["sleep 100", "echo noise"] {
            let reward = try ExternalReward.shell(numbers(else: script), timeout: 0.3)
            for _ in 0..<2 { #expect(try reward.fault("bad") != nil) }
            #expect(throws: RewardCommandError.self) { try reward.value("bad") }
            #expect(throws: RewardCommandError.self) { try reward.value("1") }
        }
    }

    @Test("a program that is gone when it is to be started anew stops the run")
    func goneProgram() throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("external-\(UUID().uuidString)").path
        // A process that is started meanwhile would hold the file open for writing: it is busy then.
        try Programs.Pipe.startLock.withLock { _ in
            try "#!/bin/sh\nrm '\(path)'; exit 1\n".write(
                toFile: path, atomically: true, encoding: .utf8)
        }
        chmod(path, 0o755)
        let reward = try ExternalReward(
            term: mine, command: [path], timeout: 600, sendsMasks: false, onMessage: { _ in })
        #expect(try reward.fault("x")?.kind == .failed)
        let error = try #require(throws: RewardCommandError.self) { try reward.value("x") }
        #expect(error.description.contains("cannot be started again: No such file"))
    }

    @Test("other terms may stop the run too, and choose the kind of their faults")
    func otherTerms() throws {
        struct Gone: RewardInfrastructureError {}
        struct Faulty: RewardTermFunction {
            let term = mine
            func value(_ context: RewardContext) throws -> Double? {
                if context.completion == "gone" { throw Gone() }
                throw RewardFault(kind: .timedOut, description: "as I say")
            }
        }
        var registry = RewardRegistry()
        registry.register(Faulty())
        let scorer = try Scorer(
            weights: RewardWeights([RewardWeight(term: mine, weight: 1)]), registry: registry)
        for timeLimit in [nil, 60.0] {
            let found = try score(scorer, ["x"], timeLimit: timeLimit)
            #expect(found[0].fault == RewardFault(kind: .timedOut, description: "as I say"))
            #expect(throws: Gone.self) { try score(scorer, ["x", "gone"], timeLimit: timeLimit) }
        }
    }

    @Test("a completion that the run leaves behind makes way for the next at once")
    func leftBehind() throws {
        // The command's own limit is far away.
        let clock = TestClock()
        let late = Messages()
        let reward = try ExternalReward.shell(
            numbers(else: "echo asked >&2; \(tooLong)"), timeout: 86_400
        ) { line in line == "asked" ? clock.pass(1) : late.add(line) }
        var scorer = try scorer(reward)
        scorer.now = clock.now
        let found = try score(
            scorer, ["1", "bad", "2", "bad", "3", "bad", "4"], timeLimit: 0.2)
        try #require(
            found.map { $0.fault?.kind } == [nil, .timedOut, nil, .timedOut, nil, .timedOut, nil])
        #expect(comes { scorer.leftBehind.count.withLock { $0 } == 0 })
        // Three in a row stop the run: the third is left behind itself, so the next one says so.
        #expect(throws: RewardCommandError.self) {
            for _ in 0..<2 { _ = try score(scorer, ["bad", "bad", "bad", "5"], timeLimit: 0.2) }
        }
        // Nobody has waited for a program that was left behind.
        #expect(late.all.isEmpty)
    }

    @Test("a completion that waits for its turn when it is left behind does not wait on")
    func leftBehindWaiting() throws {
        let gate = FileManager.default.temporaryDirectory
            .appendingPathComponent("external-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: gate) }
        let messages = Messages()
        let reward = try ExternalReward.shell(
            numbers(
                else: "echo asked >&2; until [ -e '\(gate)' ]; do sleep 0.01; done; echo 0"),
            messages: messages)
        let other = try scorer(reward)
        let isDone = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            _ = try? reward.value("slow")
            isDone.signal()
        }
        #expect(comes { !messages.all.isEmpty })
        let found = try score(other, ["1", "2"], timeLimit: 0.3)
        #expect(found.allSatisfy { $0.fault?.kind == .timedOut })
        #expect(comes { other.leftBehind.count.withLock { $0 } == 0 })
        // The one whose turn it was is not touched.
        #expect(FileManager.default.createFile(atPath: gate, contents: nil))
        #expect(isDone.wait(timeout: .now() + 600) == .success)
        #expect(try reward.value("3") == 3)
    }

    @Test("a program ends with its term, by itself where it can")
    func ends() throws {
        let messages = Messages()
        var reward: ExternalReward? = try .shell(counting + "; echo bye >&2", messages: messages)
        #expect(try reward?.value("x") == 1)
        let id = try #require(reward?.processID)
        #expect(isRunning(id))
        reward = nil
        #expect(!isRunning(id))
        #expect(messages.all == ["bye"])
    }

    @Test("a program that does not end is asked to, and then killed with all that it has started")
    func endsStubborn() throws {
        // On a busy machine it may be killed before it has said that it was asked.
        func messages(_ trap: String, secondsToEnd: Double) throws -> [String] {
            let messages = Messages()
            var reward: ExternalReward? = try .shell(
                #"""
                \#(trap)
                read -r line; sleep 100000 & echo $! >&2; echo 1
                while true; do sleep 0.05; done
                """#, secondsToEnd: secondsToEnd, messages: messages)
            #expect(try reward?.value("x") == 1)
            #expect(comes { messages.all.count == 1 })
            let child = try #require(reward?.processID)
            let grandchild = try #require(messages.all.first.flatMap { pid_t($0) })
            #expect(isRunning(child) && isRunning(grandchild))
            reward = nil
            #expect(!isRunning(child))
            #expect(comes { !isRunning(grandchild) })
            return messages.all
        }
        for trap in ["trap 'echo asked >&2; exit' TERM", "trap 'echo asked >&2' TERM"] {
            let isAsked = try [0.5, 5, 50].contains {
                try messages(trap, secondsToEnd: $0).contains("asked")
            }
            #expect(isAsked)
        }
    }

    @Test("no program holds the pipes of another open")
    func noLeaks() throws {
        let first = try ExternalReward.shell(counting)
        let second = try ExternalReward.shell(counting)
        func streams(_ reward: ExternalReward, _ numbers: [String]?) throws -> Set<String> {
            let folder = "/proc/\(try #require(reward.processID))/fd"
            let names = try numbers ?? FileManager.default.contentsOfDirectory(atPath: folder)
            return Set(
                names.compactMap {
                    try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + $0)
                })
        }
        if FileManager.default.fileExists(atPath: "/proc/self/fd") {
            let pipes = try streams(first, ["0", "1", "2"])
            #expect(pipes.count == 3 && pipes.allSatisfy { $0.hasPrefix("pipe:") })
            #expect(try streams(second, nil).isDisjoint(with: pipes))
        }
        // Its input is at its end, or it would be asked to end a minute later only.
        let start = SuspendingClock.now
        first.end()
        #expect(SuspendingClock.now - start < .seconds(60))
        #expect(throws: RewardCommandError.self) { try first.value("x") }
        first.end()
    }

    @Test("a program is in a process group of its own, so that Ctrl-C does not reach it")
    func group() throws {
        let reward = try ExternalReward.shell(counting)
        let id = try #require(reward.processID)
        #expect(getpgid(id) == id && getpgid(id) != getpgid(0))
    }

    @Test("a program gets the environment")
    func environment() throws {
        let reward = try ExternalReward.shell(
            #"while read -r line; do echo "{\"error\": \"$PATH\"}"; done"#)
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        #expect(try reward.fault("x")?.description.hasSuffix("failed: " + path) == true)
    }

    #if os(Linux)
        @Test("a program ends when the one that started it is killed")
        func killedParent() async throws {
            let result = await #expect(
                processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]
            ) {
                let reward = try ExternalReward(
                    term: mine, command: ["/bin/sh", "-c", counting], timeout: 600,
                    sendsMasks: false
                )
                _ = try reward.value("x")
                print("program \(reward.processID ?? 0)")
                fflush(nil)
                kill(getpid(), SIGKILL)
            }
            let output = String(
                decoding: try #require(result).standardOutputContent, as: UTF8.self)
            let word = output.split(whereSeparator: \.isWhitespace).last
            let id = try #require(word.flatMap { pid_t($0) }, "\(output)")
            #expect(id > 0 && comes { !isRunning(id) })
        }

        @Test("a program that goes away while it is written to does not end this process")
        func brokenPipe() async throws {
            await #expect(processExitsWith: .success) {
                signal(SIGPIPE, SIG_DFL)
                let reward = try ExternalReward.shell("exec <&-; sleep 0.2; exit 4")
                usleep(100_000)
                let long = String(repeating: "x", count: 1 << 20)
                let fault = try #require(try reward.fault(long))
                try #require(fault.description.contains("ended with exit status 4"))
                // And what this process does by itself is as before.
                var blocked = sigset_t()
                pthread_sigmask(SIG_BLOCK, nil, &blocked)
                try #require(sigismember(&blocked, SIGPIPE) == 0)
            }
        }

        @Test("a program has the usual signals, whatever this process ignores or blocks")
        func signals() async throws {
            await #expect(processExitsWith: .success) {
                signal(SIGPIPE, SIG_IGN)
                var all = sigset_t()
                sigfillset(&all)
                pthread_sigmask(SIG_BLOCK, &all, nil)
                let reward = try ExternalReward.shell(counting)
                _ = try reward.value("x")
                let id = try #require(reward.processID)
                let status = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
                // Bits from the right, from signal 1 on; others may be ignored from outside.
                func bits(_ name: String) -> UInt64? {
                    let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":\t") }
                    return line.flatMap { UInt64($0.dropFirst(name.count + 2), radix: 16) }
                }
                try #require(bits("SigBlk") == 0)
                try #require(bits("SigIgn").map { $0 >> (SIGPIPE - 1) & 1 } == 0)
            }
        }

        @Test("a process whose own streams are closed can have a program")
        func closedOwnStreams() async throws {
            await #expect(processExitsWith: .success) {
                for number: Int32 in 0..<3 { close(number) }
                let messages = Messages()
                let reward = try ExternalReward.shell(
                    "while read -r line; do echo asked >&2; echo 5; done", messages: messages)
                guard try reward.value("x") == 5 else { exit(1) }
                reward.end()
                guard messages.all == ["asked"] else { exit(2) }
            }
        }

        @Test("lines on standard error appear after the term's name")
        func passedOn() async throws {
            let result = await #expect(
                processExitsWith: .success, observing: [\.standardErrorContent]
            ) {
                let reward = try ExternalReward(
                    term: mine,
                    command: ["/bin/sh", "-c", "while read -r l; do echo 'hé' >&2; echo 1; done"],
                    timeout: 600, sendsMasks: false)
                for _ in 0..<2 { _ = try reward.value("x") }
                reward.end()
            }
            let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
            #expect(text.contains("mine: hé\nmine: hé\n"), "\(text)")
        }
    #endif

    private static let python = ProcessInfo.processInfo.environment["PATH"]?
        .split(separator: ":").map { "\($0)/python3" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(
        "the program of the documentation works as it says",
        .enabled(if: python != nil, "there is no python3 here"))
    func documentation() throws {
        let text = try String(
            contentsOf: URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Documentation/rewards.md"), encoding: .utf8)
        let program = try #require(
            text.matches(of: /```python[^\n]*\n((?s).*?)```\n/).map { String($0.1) }
                .first { $0.contains("import sys") })
        let reward = try ExternalReward(
            term: mine, command: [try #require(Self.python), "-c", program], timeout: 600,
            sendsMasks: true, onMessage: { Issue.record("\($0)") })
        #expect(try reward.value("<think>🛩️</think>") == 0)
        let parse = Result<ParsedAnswer, ParseFailure>.success(ParsedAnswer(prompts: []))
        let readable = RewardContext(
            completion: ScoredCompletion(
                "<think>Round tanks by the quay.</think><answer>[]</answer>"), parse: parse,
            strictParse: parse, mask: nil, truth: BinaryMask(width: 2, height: 2), iou: 0)
        let value = try #require(try reward.value(readable))
        #expect(text.contains("{\"reward\": \(value)}\n"))
        let id = try #require(reward.processID)
        reward.end()
        #expect(!isRunning(id))
    }
}
