import Foundation
import Programs
import Segmentation
import Synchronization

/// A term that a program computes: it reads a line of JSON for each completion, and writes one.
///
/// The program runs as long as the term exists. It must end at the end of its standard input, which
/// also comes when this process is killed. What it writes to standard error is passed on.
///
/// A completion has a fault (``RewardFault``) when the program says so, answers with something else or
/// not in time, or ends. Unless its answer was one, the program is started anew for the next completion,
/// because requests and answers might not belong together any more. One thread at a time has its turn;
/// the others wait.
public final class ExternalReward: RewardTermFunction {
    /// What configurations and metrics call it.
    public let term: RewardTerm
    /// So many completions in a row that end the program stop the run.
    static let failureLimit = 3

    private struct State {
        var child: ChildProcess?
        var failuresInARow = 0
        var isGivenUp: RewardCommandError?
    }

    /// How time passes, and how long a program may take to end by itself.
    struct Patience: Sendable {
        var now: @Sendable () -> SuspendingClock.Instant = { .now }
        var secondsToEnd = 1.0
    }

    private let command: [String]
    private let timeout: Double
    private let patience: Patience
    private let sendsMasks: Bool
    private let onMessage: @Sendable (String) -> Void
    /// Who has it talks to the program; a lock that a cancelled thread need not wait for.
    private let turn = DispatchSemaphore(value: 1)
    private let state: Mutex<State>

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - term: what configurations and metrics call it.
    ///   - command: the program, by its path or a name that `PATH` leads to, and its arguments; no shell
    ///     reads them.
    ///   - timeout: seconds that the program may take for one completion, above 0, up to 86400; after
    ///     a start, with what it does before it reads.
    ///   - sendsMasks: whether it gets the masks of the answer and of the truth.
    ///   - onMessage: hears each line that the program writes to standard error, on another thread; nil:
    ///     the line goes to this process's standard error, after the term's name.
    /// - Throws: ``RewardConfigurationError/command(_:problem:)`` when it cannot be started.
    public convenience init(
        term: RewardTerm, command: [String], timeout: Double, sendsMasks: Bool,
        onMessage: (@Sendable (String) -> Void)? = nil
    ) throws(RewardConfigurationError) {
        try self.init(
            term: term, command: command, timeout: timeout, patience: Patience(),
            sendsMasks: sendsMasks, onMessage: onMessage)
    }

    init(
        term: RewardTerm, command: [String], timeout: Double, patience: Patience, sendsMasks: Bool,
        onMessage: (@Sendable (String) -> Void)?
    ) throws(RewardConfigurationError) {
        let lines = StandardErrorLines()
        let onMessage = onMessage ?? { lines.write("\(term): \($0)") }
        let child = try Self.start(term, command, timeout, onMessage)
        self.term = term
        self.command = command
        self.timeout = timeout
        self.patience = patience
        self.sendsMasks = sendsMasks
        self.onMessage = onMessage
        state = Mutex(State(child: child))
    }

    private static func start(
        _ term: RewardTerm, _ command: [String], _ timeout: Double,
        _ onMessage: @escaping @Sendable (String) -> Void
    ) throws(RewardConfigurationError) -> sending ChildProcess {
        guard let program = command.first, !program.isEmpty else {
            throw .command(term, problem: "is empty; give a program and its arguments")
        }
        if command.contains(where: { $0.utf8.contains(0) }) {
            throw .command(term, problem: "has a zero byte in it, which no command can have")
        }
        if !(timeout > 0 && timeout <= 86_400) {
            throw .command(
                term, problem: "has a timeout of \(timeout) s; give seconds above 0, up to 86400")
        }
        do throws(SystemRefusal) {
            return try ChildProcess(command, onMessage: onMessage)
        } catch {
            let advice =
                switch error.number {
                case ENOENT: "give its path, or a name that PATH leads to"
                case EACCES: "make it executable, or name the program that runs it first"
                case ENOEXEC: "name the program that runs it first, as in [python3, \(program)]"
                default: "see what the system has too little of"
                }
            throw .command(
                term, problem: "cannot be started: \(program): \(error); \(advice)")
        }
    }

    deinit { end() }

    /// Ends the program; the term has no value any more.
    ///
    /// Its input ends; a second later it gets SIGTERM, and another second later SIGKILL.
    public func end() {
        turn.wait()
        defer { turn.signal() }
        state.withLock { state in
            state.child?.end(grace: patience.secondsToEnd)
            state.child = nil
            if state.isGivenUp == nil {
                state.isGivenUp = error("was ended", messages: [])
            }
        }
    }

    /// The number of the process, while there is one.
    var processID: pid_t? { state.withLock { $0.child?.id } }

    /// What the program says of a completion; nil where it abstains.
    ///
    /// - Throws: ``RewardFault`` where it has no value; ``RewardCommandError`` when it was so three times
    ///   in a row, without an answer in between, or the program cannot be started again.
    public func value(_ context: RewardContext) throws -> Double? {
        let request = try ExternalRequest(context, sendsMasks: sendsMasks).line()
        while turn.wait(timeout: .now() + .milliseconds(50)) == .timedOut {
            if Thread.current.isCancelled {
                throw fault(.timedOut, "is at another completion, and this one ran out of time")
            }
        }
        defer { turn.signal() }
        let answer = try state.withLock { (state: inout State) throws -> ExternalAnswer in
            try ask(request, &state)
        }
        switch answer {
        case .reward(let value): return value
        case .abstention: return nil
        case .notFinite(let value): throw fault(.notFinite, "answered \(value)")
        case .error(let reason):
            throw RewardFault(
                kind: .failed, description: "the reward term '\(term)' failed: \(reason)")
        }
    }

    // MARK: - A turn

    private func ask(_ request: [UInt8], _ state: inout State) throws -> ExternalAnswer {
        if let error = state.isGivenUp { throw error }
        let child = try running(&state)
        do throws(DialogueFailure) {
            var dialogue = ExternalDialogue(child, now: patience.now)
            let line = try dialogue.exchange(request, timeout: timeout)
            guard let answer = ExternalAnswer(line: line) else { throw .noAnswer(line) }
            state.failuresInARow = 0
            return answer
        } catch {
            throw failed(error, child, &state)
        }
    }

    /// The program, which is started if there is none.
    private func running(_ state: inout State) throws -> ChildProcess {
        if let child = state.child { return child }
        do {
            let child = try ChildProcess(command, onMessage: onMessage)
            state.child = child
            return child
        } catch {
            let error = self.error("cannot be started again: \(error)", messages: [])
            state.isGivenUp = error
            throw error
        }
    }

    /// Ends a program that gave no answer.
    ///
    /// - Returns: what the completion's value is instead.
    private func failed(
        _ failure: DialogueFailure, _ child: ChildProcess, _ state: inout State
    ) -> any Error {
        var problem = failure.description(timeout: timeout)
        // What goes away by itself has a moment to do so, and then a status that tells why.
        let hasEnded =
            failure == .ended && child.waitForEnd(seconds: patience.secondsToEnd)
        let status = child.kill()
        if failure == .ended {
            problem =
                hasEnded
                ? "\(status ?? .unknown) instead of answering"
                : "closed its standard input or output instead of answering"
        }
        let messages = child.messages.lastLines
        state.child = nil
        state.failuresInARow += 1
        if state.failuresInARow >= Self.failureLimit {
            let error = error(
                "gave no answer \(state.failuresInARow) times in a row; the last time it \(problem)",
                messages: messages)
            state.isGivenUp = error
            return error
        }
        if let last = messages.last { problem += "; its last message: \(last)" }
        switch failure {
        case .timedOut, .abandoned: return fault(.timedOut, problem)
        default: return fault(.failed, problem)
        }
    }

    private func fault(_ kind: RewardFault.Kind, _ problem: String) -> RewardFault {
        RewardFault(kind: kind, description: "the command of the reward term '\(term)' \(problem)")
    }

    private func error(_ problem: String, messages: [String]) -> RewardCommandError {
        let name = command.joined(separator: " ")
        let lines = messages.isEmpty ? [] : ["its last messages:"] + messages
        return RewardCommandError(
            description: (["the command of the reward term '\(term)', \(name), \(problem)"] + lines)
                .joined(separator: "\n"))
    }
}

/// A command that computes a term is of no use any more.
public struct RewardCommandError: RewardInfrastructureError, Hashable, Sendable,
    CustomStringConvertible
{
    /// What the command did, and its last messages, one on a line.
    public let description: String
}
