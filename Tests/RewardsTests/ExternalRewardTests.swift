import Foundation
import Imaging
import Segmentation
import Synchronization
import TestSupport
import Testing

@testable import Rewards

/// A term that a program computes.
@Suite struct ExternalRewardTests {
    @Test("answers belong to their requests, in order, from one process")
    func order() throws {
        let reward = try ExternalReward.shell(counting)
        let id = try #require(reward.processID)
        for number in 1...200 { #expect(try reward.value("x") == Double(number)) }
        #expect(reward.processID == id && reward.term == mine)
    }

    @Test("a program gets the line of the request, whatever the completion holds")
    func echo() throws {
        let messages = Messages()
        let reward = try ExternalReward.shell(
            #"while IFS= read -r line; do printf '%s\n' "$line" >&2; echo 1; done"#, masks: true,
            messages: messages)
        let completions = ["🛩️ \"'`$(date)\\", "a\nb\r\tc\u{0}d\u{7F}\u{2028}", "", "é e\u{301}"]
        for completion in completions { _ = try reward.value(completion) }
        #expect(comes { messages.all.count == completions.count })
        for (line, completion) in zip(messages.all, completions) {
            let request = ExternalRequest(context(completion), sendsMasks: true)
            #expect(Array((line + "\n").utf8) == (try request.line()))
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(
                (object?["completion"] as? String).map { Array($0.utf8) } == Array(completion.utf8))
        }
    }

    @Test(
        "an error that the program tells, or a value that is not finite, is one completion's fault")
    func told() throws {
        let reward = try ExternalReward.shell(
            numbers(
                else: """
                    case "$line" in
                      *nan*) echo NaN;;
                      *) echo '{"error": "the word list is empty"}';;
                    esac
                    """))
        let id = reward.processID
        #expect(try reward.value("1") == 1)
        for _ in 0..<5 {
            #expect(
                try reward.fault("bad")
                    == RewardFault(
                        kind: .failed,
                        description: "the reward term 'mine' failed: the word list is empty"))
            #expect(
                try reward.fault("nan")
                    == RewardFault(
                        kind: .notFinite,
                        description: "the command of the reward term 'mine' answered nan"))
        }
        #expect(try reward.value("2") == 2)
        #expect(reward.processID == id)
    }

    @Test("a number that no Double holds is a value that is not finite, and the program goes on")
    func tooLarge() throws {
        let long = "1" + String(repeating: "0", count: 400)
        let answers: [(String, ExternalAnswer?)] = [
            ("1e400", .notFinite("inf")), (" -1E+999 ", .notFinite("-inf")),
            (long, .notFinite("inf")), ("{\"reward\": 1e400, \"x\": [1]}", .notFinite("inf")),
            ("{\"reward\": -\(long).5}", .notFinite("-inf")), ("[1e400]", nil),
            ("{\"x\": 1e400}", nil),
        ]
        for (line, expected) in answers {
            #expect(ExternalAnswer(line: Array(line.utf8)) == expected, "\(line)")
        }
        #expect(ExternalAnswer(line: Array("1e308".utf8)) == .reward(1e308))
        #expect(ExternalAnswer(line: Array("1e-400".utf8)) == .reward(0))
        let reward = try ExternalReward.shell(numbers(else: "echo 1e400"))
        let id = reward.processID
        #expect(
            try reward.fault("large")
                == RewardFault(
                    kind: .notFinite,
                    description: "the command of the reward term 'mine' answered inf"))
        #expect(try reward.value("2") == 2 && reward.processID == id)
    }

    @Test("of a program that is out of time and wrote nothing it is told that Python must flush")
    func silent() throws {
        let clock = TestClock()
        let reward = try ExternalReward.shell(
            numbers(else: "echo 'still loading' >&2; \(tooLong)"), timeout: 0.7, clock: clock
        ) { _ in clock.pass(0.7, atLook: 2) }
        let fault = try #require(try reward.fault("slow"))
        #expect(
            fault.description.contains(
                "did not answer within 0.7 s (a Python program must flush: print(…, flush=True))"))
    }

    @Test("a program that is out of time is killed, and another one gets the next completion")
    func timeout() throws {
        // At the second look what was written before the message has been read.
        let clock = TestClock()
        let reward = try ExternalReward.shell(
            numbers(else: "printf 12; echo 'still loading' >&2; \(tooLong)"), timeout: 0.7,
            clock: clock
        ) { _ in clock.pass(0.7, atLook: 2) }
        #expect(try reward.value("1") == 1)
        let id = try #require(reward.processID)
        let fault = try #require(try reward.fault("slow"))
        #expect(fault.kind == .timedOut)
        #expect(
            fault.description
                == "the command of the reward term 'mine' did not answer within 0.7 s, but began with "
                + "'12' and no line break; its last message: still loading")
        #expect(!isRunning(id))
        #expect(try reward.value("2") == 2)
        #expect(reward.processID != id)
    }

    @Test("a program that ends is a fault with its exit status and last words, and is started anew")
    func death() throws {
        for (end, words) in [
            ("exit 3", "ended with exit status 3"),
            ("kill -9 $$", "was ended by signal 9 (Killed)"),
            ("exit 0", "ended with exit status 0"),
        ] {
            let reward = try ExternalReward.shell(
                numbers(else: "echo one >&2; echo 'two 🛩️' >&2; echo >&2; \(end)"))
            for _ in 0..<3 {
                #expect(try reward.value("1") == 1)
                #expect(
                    try reward.fault("bad")
                        == RewardFault(
                            kind: .failed,
                            description:
                                "the command of the reward term 'mine' \(words) instead of "
                                + "answering; its last message: two 🛩️"))
            }
        }
    }

    @Test("a program that closes its streams is no more use, and does not stay")
    func closedStreams() throws {
        for close in ["exec >&-", "exec <&-"] {
            let clock = TestClock()
            let reward = try ExternalReward.shell(
                numbers(else: "\(close); echo closed >&2; \(tooLong)"), timeout: 2,
                secondsToEnd: 0.5, clock: clock
            ) { _ in clock.pass(3) }
            #expect(try reward.value("1") == 1)
            let id = try #require(reward.processID)
            // Who closes only its input is found out when it does not answer.
            let fault = try #require(try reward.fault("bad"))
            #expect(!fault.description.contains("too long"))
            #expect(!isRunning(id))
            #expect(try reward.value("2") == 2)
        }
    }

    @Test(
        "an answer that cannot belong to the request shows what came, and costs the program its life",
        arguments: [
            ("echo hello", "answered 'hello', expected a number"),
            ("echo", "answered '', expected a number"),
            ("echo true", "answered 'true', expected a number"),
            (#"printf '\033[1m\t\n'"#, #"answered '\u{1B}[1m\t', expected a number"#),
            (#"printf '1\n2\n'"#, #"answered with more than a line, '1\n2\n'"#),
            ("head -c 1048577 /dev/zero | tr '\\0' 0", "line of more than 1048576 bytes, '0000"),
            ("head -c 1048577 /dev/zero | tr '\\0' 0; echo", "line of more than 1048576 bytes"),
        ])
    func garbage(script: String, words: String) throws {
        let reward = try ExternalReward.shell(numbers(else: script))
        #expect(try reward.value("1") == 1)
        let id = try #require(reward.processID)
        let fault = try #require(try reward.fault("bad"))
        #expect(fault.kind == .failed)
        #expect(fault.description.contains(words), "\(fault)")
        #expect(fault.description.utf8.count < 600)
        #expect(!isRunning(id))
        #expect(try reward.value("2") == 2)
    }

    @Test("a line that comes before it is asked for is no answer")
    func unasked() throws {
        let messages = Messages()
        let reward = try ExternalReward.shell("echo 7; echo >&2; " + counting, messages: messages)
        #expect(comes { !messages.all.isEmpty })
        let fault = try #require(try reward.fault("x"))
        #expect(fault.description.contains("wrote '7\\n' before it was asked"), "\(fault)")

        // It answers when it has read a part.
        let hasty = try ExternalReward.shell("head -c 5 >/dev/null; echo 1; sleep 100")
        let long = String(repeating: "x", count: 1 << 20)
        let other = try #require(try hasty.fault(long))
        #expect(other.description.contains("wrote '1\\n' before it was asked"), "\(other)")
    }

    @Test("requests and answers may be long")
    func longLines() throws {
        let reward = try ExternalReward.shell(
            "while IFS= read -r line; do echo ${#line}; done")
        let completion = String(repeating: "x", count: 2 << 20)
        let length = try ExternalRequest(context(completion), sendsMasks: false).line().count - 1
        #expect(try reward.value(completion) == Double(length))

        let wordy = try ExternalReward.shell(
            #"""
            pad=$(head -c 1000000 /dev/zero | tr '\0' a)
            while read -r line; do echo "{\"reward\": 4, \"pad\": \"$pad\"}"; done
            """#)
        for _ in 0..<3 { #expect(try wordy.value("x") == 4) }
    }

    @Test("a flood on standard error holds nothing up, and its lines are passed on in order")
    func flood() throws {
        let messages = Messages()
        let reward = try ExternalReward.shell(
            "while read -r line; do seq 20000 >&2; echo 1; done", messages: messages)
        for _ in 0..<3 { #expect(try reward.value("x") == 1) }
        reward.end()
        #expect(messages.all == (0..<3).flatMap { _ in (1...20000).map(String.init) })
    }

    @Test("a line on standard error without an end is divided")
    func endlessLine() throws {
        let messages = Messages()
        let reward = try ExternalReward.shell(
            "while read -r line; do head -c 4500 /dev/zero | tr '\\0' x >&2; echo 1; done",
            messages: messages)
        #expect(try reward.value("x") == 1)
        reward.end()
        #expect(messages.all.map(\.count) == [2000, 2000, 500])
    }

    @Test("a command that cannot be started is an error of the configuration that says why")
    func cannotStart() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("external-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let plain = folder.appendingPathComponent("plain").path
        try "while read -r line; do echo 1; done".write(
            toFile: plain, atomically: true, encoding: .utf8)
        let bare = folder.appendingPathComponent("bare").path
        try "no program".write(toFile: bare, atomically: true, encoding: .utf8)
        chmod(bare, 0o755)
        func problem(_ command: [String], timeout: Double = 1) -> String? {
            do throws(RewardConfigurationError) {
                _ = try ExternalReward(
                    term: mine, command: command, timeout: timeout, sendsMasks: false)
                return nil
            } catch {
                return error.description
            }
        }
        let start = "the command of the reward term 'mine' "
        #expect(
            problem(["no-such-program", "x"]) == start
                + "cannot be started: no-such-program: No such file or directory; give its path, or a "
                + "name that PATH leads to")
        #expect(
            problem([plain]) == start + "cannot be started: \(plain): Permission denied; make it "
                + "executable, or name the program that runs it first")
        #expect(
            problem([bare]) == start + "cannot be started: \(bare): Exec format error; name the "
                + "program that runs it first, as in [python3, \(bare)]")
        #expect(problem([folder.path])?.contains("Permission denied") == true)
        #expect(problem([])?.contains("is empty") == true)
        #expect(problem([""])?.contains("is empty") == true)
        #expect(problem(["sh", "a\0b"])?.contains("zero byte") == true)
        for timeout in [0, -1, .nan, .infinity, 86_401] {
            #expect(problem(["cat"], timeout: timeout)?.contains("timeout") == true)
        }
    }

    @Test("several threads may ask at once, and each gets its own answer")
    func threads() throws {
        let reward = try ExternalReward.shell(numbers(else: "exit 1"))
        let wrong = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 400) { index in
            if (try? reward.value("\(index)")) != Double(index) { wrong.withLock { $0 += 1 } }
        }
        #expect(wrong.withLock { $0 } == 0)
    }

    @Test("the time of a completion begins with its turn, not while others have theirs")
    func turns() throws {
        // Each completion takes a second, which passes before its answer.
        let clock = TestClock()
        let gate = FileManager.default.temporaryDirectory
            .appendingPathComponent("external-\(UUID().uuidString)").path
        let reward = try ExternalReward.shell(
            """
            while read -r line; do
              echo asked >&2; until [ -e '\(gate)' ]; do sleep 0.01; done; rm '\(gate)'; echo 1
            done
            """, timeout: 1.5, clock: clock
        ) { _ in
            clock.pass(1)
            _ = FileManager.default.createFile(atPath: gate, contents: nil)
        }
        let faults = Mutex<[String]>([])
        let group = DispatchGroup()
        for _ in 0..<12 {
            group.enter()
            Thread.detachNewThread {
                do { _ = try reward.value("x") } catch { faults.withLock { $0.append("\(error)") } }
                group.leave()
            }
        }
        #expect(group.wait(timeout: .now() + 600) == .success)
        #expect(faults.withLock { $0 } == [])
    }
}
