import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Ctrl-C, SIGTERM and the end of the terminal: the first one asks for the end after the step, the second one ends at once.
///
/// Each says so in one line, at once.
package enum Interruption {
    /// Written by the signal handler alone, read by the training loop.
    nonisolated(unsafe) private static var count: sig_atomic_t = 0
    /// The last signal; written by the handler alone.
    nonisolated(unsafe) private static var number: sig_atomic_t = 0
    /// What the handler says; made before it is there, and never freed, for it may not allocate.
    nonisolated(unsafe) private static var lines = (first: Line(""), second: Line(""))

    /// Whether somebody asked for the end.
    package static var isRequested: Bool { count > 0 }

    /// The exit status of who ends because of it, as shells have it: 130 after Ctrl-C, 143 after SIGTERM,
    /// 129 after SIGHUP.
    package static var exitStatus: Int32 { 128 + Int32(number) }

    /// Asks for the end when the process that began this one is there no more, and leaves Ctrl-C to it:
    /// it passes on what is asked of it.
    package static func follow(parent: Int32) {
        signal(SIGINT, SIG_IGN)
        signal(SIGHUP, SIG_IGN)
        let thread = Thread {
            while getppid() == parent { Thread.sleep(forTimeInterval: 0.25) }
            kill(getpid(), SIGTERM)
        }
        thread.name = "parent"
        thread.start()
    }

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - unit: what is ended with: "this step"
    ///   - rest: what becomes of what was begun, where it is ended at once
    package static func watch(
        endsAfter unit: String = "this step",
        rest: String = "the same command goes on from the newest checkpoint"
    ) {
        lines = (Line("ending after \(unit); again: at once"), Line("ended at once; \(rest)"))
        // Who starts this process may have blocked them.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, number) }
        defer { pthread_sigmask(SIG_UNBLOCK, &signals, nil) }
        for number in [SIGINT, SIGTERM, SIGHUP] {
            let before = signal(number) { number in
                // A terminal that goes away may say so more than once.
                if number == SIGHUP, Interruption.count > 0 { return }
                Interruption.number = sig_atomic_t(number)
                Interruption.count += 1
                if Interruption.count > 1 {
                    Interruption.lines.second.write()
                    _exit(128 + number)
                }
                Interruption.lines.first.write()
            }
            // As nohup wants it.
            if number == SIGHUP, unsafeBitCast(before, to: Int.self) == 1 {
                signal(number, SIG_IGN)
            }
        }
    }

    /// A line for standard error that a signal handler may write.
    private struct Line {
        private let bytes: UnsafeMutableBufferPointer<UInt8>

        init(_ text: String) {
            // Over the line that is drawn over, and the ^C in it.
            let text = (Console.isTerminal ? "\r\u{1B}[K" : "") + text + "\n"
            bytes = .allocate(capacity: text.utf8.count)
            _ = bytes.initialize(from: text.utf8)
        }

        func write() {
            let before = errno
            #if canImport(Glibc)
                _ = Glibc.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            #else
                _ = Darwin.write(STDERR_FILENO, bytes.baseAddress, bytes.count)
            #endif
            errno = before
        }
    }
}
