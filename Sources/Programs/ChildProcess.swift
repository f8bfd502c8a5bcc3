import Foundation
import Synchronization

#if canImport(Glibc)
    package import Glibc
#else
    package import Darwin
#endif

/// A program that runs beside this one, with its three streams.
///
/// It leads a process group of its own: Ctrl-C in a terminal does not reach it, and what it starts in
/// turn ends with it. One thread at a time may use it.
package final class ChildProcess {
    /// What is most often wrong with a program that runs and has written nothing, in brackets.
    package static let flushAdvice = "(a Python program must flush: print(…, flush=True))"
    /// The number of its process, and of the group that it leads.
    package let id: pid_t
    /// What it wrote to standard error.
    package let messages: MessageReader
    private let output: Int32
    private var input: Int32
    private var status: ExitStatus?

    /// How a process ended.
    package enum ExitStatus: Equatable, CustomStringConvertible {
        case exited(Int32)
        case killed(signal: Int32)
        /// It is gone, and someone else was told how.
        case unknown

        init(waitStatus: Int32) {
            let signal = waitStatus & 0x7F
            self = signal == 0 ? .exited(waitStatus >> 8 & 0xFF) : .killed(signal: signal)
        }

        /// What follows "it".
        package var description: String {
            switch self {
            case .exited(let status): "ended with exit status \(status)"
            case .killed(let signal):
                "was ended by signal \(signal) (\(String(cString: strsignal(signal))))"
            case .unknown: "ended"
            }
        }
    }

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - command: the program, by its path or a name that `PATH` leads to, and its arguments.
    ///   - onMessage: hears each line that it writes to standard error, on a thread of its own.
    /// - Throws: ``SystemRefusal``, the program's not being there among them.
    package init(
        _ command: [String], onMessage: @escaping @Sendable (String) -> Void
    ) throws(SystemRefusal) {
        var pipes: [Pipe] = []
        do throws(SystemRefusal) {
            for _ in 0..<3 { pipes.append(try Pipe()) }
            id = try Self.spawn(
                command, input: pipes[0].reading, output: pipes[1].writing,
                messages: pipes[2].writing)
        } catch {
            for pipe in pipes { pipe.closeBoth() }
            throw error
        }
        close(pipes[0].reading)
        close(pipes[1].writing)
        close(pipes[2].writing)
        input = pipes[0].writing
        output = pipes[1].reading
        makeNonblocking(input)
        makeNonblocking(output)
        #if canImport(Darwin)
            _ = fcntl(input, F_SETNOSIGPIPE, 1)
        #endif
        messages = MessageReader(pipes[2].reading, onLine: onMessage)
        messages.start()
    }

    deinit {
        kill()
        close(output)
    }

    // MARK: - Talking

    /// Reads what the program wrote to standard output.
    ///
    /// - Returns: the bytes; none at the end; nil where nothing is there yet.
    package func read() throws(SystemRefusal) -> [UInt8]? { try readAvailable(output) }

    /// Writes to the program's standard input what it takes without waiting.
    ///
    /// - Returns: how many bytes.
    package func write(_ bytes: ArraySlice<UInt8>) throws(SystemRefusal) -> Int {
        while true {
            let (count, failure) = withoutBrokenPipeSignal {
                bytes.withUnsafeBytes { raw in
                    #if canImport(Glibc)
                        let count = Glibc.write(input, raw.baseAddress, raw.count)
                    #else
                        let count = Darwin.write(input, raw.baseAddress, raw.count)
                    #endif
                    return (count, errno)
                }
            }
            if count >= 0 { return count }
            if failure == EAGAIN { return 0 }
            if failure != EINTR { throw SystemRefusal(number: failure) }
        }
    }

    /// Waits until the program has written something, or reads on if it `isToRead`.
    ///
    /// - Returns: false after `milliseconds`.
    package func wait(isToRead: Bool, milliseconds: Int32) -> Bool {
        // A negative number is none.
        let found = ready(
            [(output, Int32(POLLIN)), (isToRead ? input : -1, Int32(POLLOUT))],
            milliseconds: milliseconds)
        return found.contains { $0 != 0 }
    }

    // MARK: - Ending

    /// Whether the program has ended.
    package var hasEnded: Bool {
        if status != nil { return true }
        var info = siginfo_t()
        // It stays to be waited for, so that its number and that of its group are not used again.
        let result = waitid(P_PID, id_t(id), &info, WEXITED | WNOHANG | WNOWAIT)
        return result == 0 ? info.si_signo != 0 : errno != EINTR
    }

    /// Waits for the program's end.
    ///
    /// - Returns: whether it came in time.
    package func waitForEnd(seconds: Double) -> Bool {
        let end = SuspendingClock.now + .seconds(seconds)
        var pause: useconds_t = 200
        while !hasEnded {
            if SuspendingClock.now >= end { return false }
            usleep(pause)
            pause = min(pause * 2, 10_000)
        }
        return true
    }

    /// Ends the program as it wishes: its input ends; `grace` seconds later it is asked to, and as many
    /// later it has no choice.
    package func end(grace: Double) {
        closeInput()
        if !waitForEnd(seconds: grace) {
            signal(SIGTERM)
            _ = waitForEnd(seconds: grace)
        }
        kill()
    }

    /// Ends the program at once, and all that it has started in its group.
    ///
    /// - Returns: how it ended; nil if the system does not let go of it, which happens while it waits
    ///   for a disk.
    @discardableResult package func kill() -> ExitStatus? {
        if let status { return status }
        closeInput()
        signal(SIGKILL)
        guard waitForEnd(seconds: 2) else {
            messages.stop()
            status = .unknown
            let id = id
            Thread.detachNewThread { _ = Self.reap(id) }
            return nil
        }
        let status = Self.reap(id)
        self.status = status
        messages.stop()
        return status
    }

    private func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    private func signal(_ number: Int32) {
        if status != nil { return }
        #if canImport(Glibc)
            _ = Glibc.kill(-id, number)
        #else
            _ = Darwin.kill(-id, number)
        #endif
    }

    private static func reap(_ id: pid_t) -> ExitStatus {
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0 {
            if errno != EINTR { return .unknown }
        }
        return ExitStatus(waitStatus: status)
    }
}

// MARK: - Starting

extension ChildProcess {
    /// Starts a program that has nothing of this process but the three descriptors, its environment
    /// and its folder.
    private static func spawn(
        _ command: [String], input: Int32, output: Int32, messages: Int32
    ) throws(SystemRefusal) -> pid_t {
        #if canImport(Glibc)
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
            let extra: Int32 = 0
        #else
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
            let extra = Int32(POSIX_SPAWN_CLOEXEC_DEFAULT)
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (number, descriptor) in [input, output, messages].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        var none = sigset_t()
        var usual = sigset_t()
        sigemptyset(&none)
        sigemptyset(&usual)
        sigaddset(&usual, SIGPIPE)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &usual)
        posix_spawnattr_setflags(
            &attributes,
            Int16(
                Int32(POSIX_SPAWN_SETPGROUP) | Int32(POSIX_SPAWN_SETSIGMASK)
                    | Int32(POSIX_SPAWN_SETSIGDEF) | extra))
        let environment = ProcessInfo.processInfo.environment.map { "\($0.key)=\($0.value)" }
        var id: pid_t = 0
        func start() -> Int32 {
            withCStrings(command) { arguments in
                withCStrings(environment) { environment in
                    Pipe.startLock.withLock { _ in
                        posix_spawnp(&id, command[0], &actions, &attributes, arguments, environment)
                    }
                }
            }
        }
        var failure = start()
        // A program that has just been written is busy as long as a process that was begun meanwhile still
        // holds the file open, which is until that one is another program.
        for _ in 0..<50 where failure == ETXTBSY {
            usleep(20_000)
            failure = start()
        }
        if failure != 0 { throw SystemRefusal(number: failure) }
        return id
    }

    /// Texts as C wants lists of them.
    private static func withCStrings<Value>(
        _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
    ) -> Value {
        let pointers = texts.map { strdup($0) }
        defer { for pointer in pointers { free(pointer) } }
        return body(pointers + [nil])
    }
}
