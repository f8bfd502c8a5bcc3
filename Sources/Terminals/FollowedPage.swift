import Foundation
import Watching

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A page about runs that is written anew as they go on, and asks the browser to look again; the last one,
/// when all have ended, does not.
package struct FollowedPage {
    /// The runs' folders.
    package let runs: [String]
    /// Seconds between two looks.
    package let seconds: Double
    /// Writes the page; gets after how many seconds the browser looks again, nil for never.
    package let write: (_ renewal: Int?) throws -> Void

    /// A value from its parts.
    package init(runs: [String], seconds: Double, write: @escaping (_ renewal: Int?) throws -> Void)
    {
        self.runs = runs
        self.seconds = seconds
        self.write = write
    }

    /// Writes the page until no process has any of the runs.
    ///
    /// What cannot be read while a run goes on, such as a file that is just being replaced, is told and
    /// tried again; of the first page and the last one it is an error.
    ///
    /// - Throws: what the first page or the last one throws; the status of an interruption, after a last
    ///   page
    package func run() throws {
        let signals = HeldSignals()
        defer { signals.release() }
        var last: [RunMark] = []
        var told: Set<String> = []
        while true {
            let marks = runs.map { RunMark(run: $0) }
            let goesOn = marks.contains(where: \.isHeld)
            if !goesOn || signals.pending != nil {
                try write(nil)
                if let number = signals.pending { exit(128 + number) }
                return
            }
            if marks != last {
                do {
                    try write(max(1, Int(seconds.rounded(.up))))
                    last = marks
                } catch  where !last.isEmpty {
                    let text = words(of: error)
                    if told.insert(text).inserted { Console.warning(text) }
                }
            }
            signals.wait(seconds)
        }
    }
}

/// Ctrl-C and other wishes to end, kept until somebody looks.
private struct HeldSignals {
    private static let numbers = [SIGINT, SIGTERM, SIGHUP]
    private var before = sigset_t()

    package init() {
        var held = sigset_t()
        sigemptyset(&held)
        for number in Self.numbers { sigaddset(&held, number) }
        pthread_sigmask(SIG_BLOCK, &held, &before)
    }

    /// Lets them take effect again.
    package func release() {
        var before = before
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    /// The one that came; nil if none did.
    var pending: Int32? {
        var set = sigset_t()
        guard sigpending(&set) == 0 else { return nil }
        return Self.numbers.first { sigismember(&set, $0) == 1 }
    }

    /// Waits so many seconds, or until one comes.
    package func wait(_ seconds: Double) {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end, pending == nil {
            Thread.sleep(forTimeInterval: min(0.1, seconds))
        }
    }
}
