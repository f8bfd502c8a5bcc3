import Foundation
import Imaging
import Segmentation
import Synchronization
import TestSupport

@testable import Rewards

let mine = RewardTerm(rawValue: "mine")

/// Lines that a program wrote to standard error.
final class Messages: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

extension ExternalReward {
    /// A term that a script of `/bin/sh` computes; it has more time than a busy machine takes.
    static func shell(
        _ script: String, timeout: Double = 600, secondsToEnd: Double = 60,
        clock: TestClock? = nil, masks: Bool = false, messages: Messages = Messages()
    ) throws -> ExternalReward {
        try shell(
            script, timeout: timeout, secondsToEnd: secondsToEnd, clock: clock, masks: masks
        ) { messages.add($0) }
    }

    /// Like the other one; lets time pass, or does something else, when the script writes a message.
    static func shell(
        _ script: String, timeout: Double = 600, secondsToEnd: Double = 60,
        clock: TestClock? = nil, masks: Bool = false,
        onMessage: @escaping @Sendable (String) -> Void
    ) throws -> ExternalReward {
        var patience = Patience(secondsToEnd: secondsToEnd)
        if let clock { patience.now = clock.now }
        return try ExternalReward(
            term: mine, command: ["/bin/sh", "-c", script], timeout: timeout, patience: patience,
            sendsMasks: masks, onMessage: onMessage)
    }

    func value(_ completion: String) throws -> Double? { try value(context(completion)) }

    /// The fault of a completion; nil if it has a value.
    func fault(_ completion: String) throws -> RewardFault? {
        do {
            _ = try value(completion)
            return nil
        } catch let fault as RewardFault {
            return fault
        }
    }
}

/// A completion of 2 × 3 pixels, in which the column on the right is the target.
func context(_ completion: String) -> RewardContext {
    var truth = BinaryMask(width: 2, height: 3)
    for y in 0..<3 { truth[1, y] = true }
    let parse = Result<ParsedAnswer, ParseFailure>.failure(.noFence)
    return RewardContext(
        completion: ScoredCompletion(completion), parse: parse, strictParse: parse, mask: nil,
        truth: truth, iou: 0)
}

/// Whether a process is there, and is no zombie.
func isRunning(_ id: pid_t) -> Bool {
    guard kill(id, 0) == 0 else { return false }
    let status = (try? String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)) ?? ""
    return !status.contains(") Z ")
}

/// Waits for what another process does.
func comes(within seconds: Double = 60, _ condition: () -> Bool) -> Bool {
    let end = SuspendingClock.now + .seconds(seconds)
    while SuspendingClock.now < end {
        if condition() { return true }
        usleep(5_000)
    }
    return condition()
}

/// Answers each line with how often it was asked since it was started.
let counting = "n=0; while read -r line; do n=$((n+1)); echo $n; done"
/// Takes longer than any test waits, and ends then, so that who waits on is found out.
let tooLong = "sleep 60; echo 'too long' >&2; exit 1"
/// Answers with the number in the completion; does what the rest says where there is none.
func numbers(else rest: String) -> String {
    #"""
    while read -r line; do
      case "$line" in
        *'"completion":"'[0-9]*) x=${line#*'"completion":"'}; echo "${x%%'"'*}";;
        *) \#(rest);;
      esac
    done
    """#
}
