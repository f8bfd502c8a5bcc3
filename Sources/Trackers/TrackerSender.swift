import Files
import Foundation
import Programs

/// Tells a tracker's program of a run, on a thread of its own, as fast as the program takes it.
///
/// What it is to be told is read from the journal, and how far it is stands in the cursor's file: the
/// run waits for nothing, and nothing is kept in memory. A program that ends, hangs or cannot be started
/// is started anew after a pause, which doubles from a second to five minutes.
///
/// Unchecked, because what threads share is under `condition`.
final class TrackerSender: @unchecked Sendable {
    /// How long pauses and ends may take.
    struct Patience: Sendable {
        /// Seconds before a start after so many failures in a row, the first being 1.
        var pause: @Sendable (Int) -> Double = { min(300, pow(2, Double($0 - 1))) }
        /// Seconds that a program has to end by itself, and as many after SIGTERM.
        var secondsToEnd = 5.0
    }

    /// So many failures in a row end it once the run has ended.
    static let lastTries = 3

    let specification: TrackerSpecification
    private let journal: TrackerJournal
    private let introduction: TrackerIntroduction
    private let messages: TrackerMessages
    private let patience: Patience
    private let cursorFile: String

    private let condition = NSCondition()
    private var shared: Shared
    /// The end of a thread.
    private let done = DispatchSemaphore(value: 0)

    /// What threads share.
    private struct Shared {
        var cursor: TrackerCursor
        /// Until when the rest is sent; nil while the run goes on.
        var end: SuspendingClock.Instant?
        /// How many records were there when the thread last looked.
        var signals = 0
        var notes: [String] = []
        /// The last failure, while there is one.
        var failure: String?
    }

    // The thread's own.
    private var reader: TrackerJournalReader
    private var dialogue: TrackerDialogue?
    private var failures = 0
    /// Whether people were told of the failures in a row.
    private var hasTold = false
    /// So many more times people are told of such; the log has all of them.
    private var tellingsLeft = 3
    private var countsLastTries = false

    /// - Throws: ``FileError`` if the cursor's file cannot be read
    init(
        _ specification: TrackerSpecification, journal: TrackerJournal,
        introduction: TrackerIntroduction, patience: Patience = Patience()
    ) throws {
        let place = "\(journal.run)/\(TrackerJournal.folder)/\(specification.name)"
        self.specification = specification
        self.journal = journal
        self.introduction = introduction
        self.patience = patience
        cursorFile = place + TrackerCursor.suffix
        messages = TrackerMessages(place + ".log")
        reader = TrackerJournalReader(run: journal.run)
        shared = Shared(cursor: try TrackerCursor(file: cursorFile))
        journal.listen { [weak self] in self?.wake() }
    }

    /// Begins to send.
    func start() {
        let thread = Thread { [self] in
            run()
            end()
            done.signal()
        }
        thread.name = "tracker \(specification.name)"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// What people should know since this was last called.
    func takeNotes() -> [String] {
        condition.withLock {
            defer { shared.notes = [] }
            return shared.notes
        }
    }

    /// How far the tracker is.
    var cursor: TrackerCursor { condition.withLock { shared.cursor } }

    /// Why it is not further, if its program failed last.
    var failure: String? { condition.withLock { shared.failure } }

    /// How many records the tracker has not.
    func countLeft() throws -> Int {
        var (reader, count) = (TrackerJournalReader(run: journal.run), 0)
        let cursor = cursor
        while let line = try reader.next() {
            if case .send = cursor.decision(line) { count += 1 }
        }
        return count
    }

    /// Sends the rest, until a moment at most.
    func finish(by end: SuspendingClock.Instant) {
        condition.withLock {
            shared.end = end
            condition.broadcast()
        }
    }

    /// Waits for the thread's end.
    ///
    /// - Returns: whether it came in time
    func join(seconds: Double) -> Bool {
        if done.wait(timeout: .now() + seconds) == .timedOut { return false }
        done.signal()
        return true
    }

    private func wake() {
        condition.withLock {
            shared.signals += 1
            condition.broadcast()
        }
    }

    // MARK: - The thread

    private func run() {
        do {
            while !isOver {
                countAnew()
                if dialogue == nil {
                    if isFinishing, failures >= Self.lastTries { return }
                    if failures > 0 { pause(patience.pause(failures)) }
                    if !begin() { continue }
                }
                let seen = condition.withLock { shared.signals }
                if let line = try next() {
                    try send(line)
                } else if isFinishing {
                    return
                } else {
                    condition.withLock {
                        if shared.signals == seen, shared.end == nil { condition.wait() }
                    }
                }
            }
        } catch {
            note("the tracker \(specification.name) gets no more in this session: \(error)")
        }
    }

    /// Lets the end of the run have its own tries.
    private func countAnew() {
        if countsLastTries || !isFinishing { return }
        (countsLastTries, failures) = (true, 0)
    }

    private var isFinishing: Bool { condition.withLock { shared.end != nil } }

    private var isOver: Bool {
        condition.withLock { shared.end.map { SuspendingClock.now >= $0 } ?? false }
    }

    /// Waits some seconds, or until the run ends; then no longer than a second.
    private func pause(_ seconds: Double) {
        let start = SuspendingClock.now
        condition.withLock {
            while true {
                let most = shared.end == nil ? seconds : min(seconds, 1)
                let left = most - (SuspendingClock.now - start) / .seconds(1)
                if left <= 0 { return }
                _ = condition.wait(until: Date(timeIntervalSinceNow: left))
            }
        }
    }

    /// The next record that is to be sent; those that the tracker has are passed by.
    private func next() throws -> TrackerLine? {
        while let line = try reader.next() {
            if case .send = cursor.decision(line) { return line }
            condition.withLock { shared.cursor.take(line) }
        }
        return nil
    }

    /// Starts the program and tells it of the run.
    ///
    /// - Returns: whether it answered
    private func begin() -> Bool {
        let child: ChildProcess
        do throws(SystemRefusal) {
            child = try ChildProcess(specification.command) { [messages] in messages.add($0) }
        } catch {
            failed("cannot be started: \(specification.command[0]): \(error)")
            return false
        }
        dialogue = TrackerDialogue(child) { [messages] in messages.add($0) }
        let cursor = cursor
        let line = introduction.line(
            tracker: specification.name, id: journal.id, acknowledged: cursor.acknowledged)
        func follows(_ number: Int) -> Bool {
            var cursor = cursor
            return cursor.follow(number)
        }
        guard let answer = exchange(line, accepts: follows) else { return false }
        switch answer {
        case .refused(let reason):
            dialogue = nil
            child.end(grace: patience.secondsToEnd)
            failed("does not take this run: \(reason)")
            return false
        case .acknowledged(let number):
            condition.withLock { _ = shared.cursor.follow(number) }
            reader = TrackerJournalReader(run: journal.run)
            return true
        }
    }

    /// Sends a record; one that gets no answer is sent again later.
    private func send(_ line: TrackerLine) throws {
        guard case .send(let isRepeated) = cursor.decision(line) else { return }
        let text = try wire(line, isRepeated: isRepeated)
        // What was sent is never sent as something new, whatever is killed when, and stands in the journal.
        try journal.synchronize()
        condition.withLock { shared.cursor.send(line) }
        try cursor.write(cursorFile)
        guard let answer = exchange(text, accepts: { $0 == line.n }) else { return }
        failures = 0
        hasTold = false
        condition.withLock { shared.failure = nil }
        if case .refused(let reason) = answer {
            messages.add("line \(line.n) was refused: \(reason)")
            if cursor.refused == 0 {
                note(
                    "the tracker \(specification.name) refused line \(line.n), \(line.key.kind.rawValue) of "
                        + "step \(line.key.step): \(reason); it goes on with the next one. Later ones are "
                        + "told in \(messages.path) only")
            }
            condition.withLock { shared.cursor.take(line, isRefused: true) }
        } else {
            condition.withLock { shared.cursor.take(line) }
        }
        try cursor.write(cursorFile)
    }

    /// A record as it goes out, with its line feed.
    private func wire(_ line: TrackerLine, isRepeated: Bool) throws -> String {
        var text = line.text.dropLast()
        if line.key.kind == .completions, let file = line.file {
            let contents = try? String(contentsOfFile: "\(journal.run)/\(file)", encoding: .utf8)
            let lines = (contents ?? "").split(separator: "\n")
            text += ", \"completions\": [\(lines.joined(separator: ", "))]"
        }
        return text + (isRepeated ? ", \"repeated\": true" : "") + "}\n"
    }

    /// Sends a line and waits for its answer; nil after a failure, which ends the program.
    private func exchange(_ line: String, accepts: (Int) -> Bool) -> TrackerAnswer? {
        guard var dialogue else { return nil }
        let timeout = SuspendingClock.now + .seconds(specification.timeout)
        do throws(TrackerFailure) {
            let answer = try dialogue.exchange(
                line.hasSuffix("\n") ? line : line + "\n", accepts: accepts,
                isOver: { isOver }, hasTime: { SuspendingClock.now < timeout })
            self.dialogue = dialogue
            return answer
        } catch {
            self.dialogue = nil
            let hasEnded =
                error == .ended && dialogue.child.waitForEnd(seconds: patience.secondsToEnd)
            let status = dialogue.child.kill()
            switch error {
            case .abandoned:
                condition.withLock { shared.failure = shared.failure ?? "did not answer by then" }
            case .noise:
                failed("wrote \(TrackerDialogue.noiseLimit) lines that are no answers")
            case .timedOut(let isSilent):
                failed(
                    "did not answer within \(specification.timeout.formatted()) s"
                        + (isSilent ? " \(ChildProcess.flushAdvice)" : ""))
            case .system(let reason): failed("cannot be talked to: \(reason)")
            case .ended:
                failed(
                    hasEnded
                        ? "\(status ?? .unknown) instead of answering"
                        : "closed its standard input or output instead of answering",
                    last: dialogue.child.messages.lastLines.last)
            }
            return nil
        }
    }

    /// Counts a failure; people are told of the first of several in a row.
    private func failed(_ problem: String, last: String? = nil) {
        failures += 1
        let words = problem + (last.map { "; its last message: \($0)" } ?? "")
        condition.withLock { shared.failure = words }
        messages.add("think2seg: the program \(problem)")
        if hasTold || isFinishing || tellingsLeft == 0 { return }
        hasTold = true
        tellingsLeft -= 1
        note(
            "the tracker \(specification.name) \(words). The run goes on, and the program is started again; "
                + "what it misses is kept. Its messages are in \(messages.path)")
    }

    private func note(_ text: String) {
        condition.withLock { shared.notes.append(text) }
    }

    /// Lets the program end: by itself if it has everything.
    private func end() {
        guard let child = dialogue?.child else { return }
        dialogue = nil
        if isOver { child.kill() } else { child.end(grace: patience.secondsToEnd) }
    }
}
