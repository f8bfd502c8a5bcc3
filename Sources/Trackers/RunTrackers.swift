import Foundation
import TextFiles

/// The trackers of a session.
package final class RunTrackers {
    /// Where records go.
    package let journal: TrackerJournal
    private let senders: [TrackerSender]
    private var hasTold = false

    /// How far a tracker is.
    package struct Progress: Sendable {
        /// What the configuration calls it.
        package let name: String
        /// Records that it has.
        package let taken: Int
        /// Records that it has not.
        package let left: Int
        /// The last step of which it has something.
        package let lastStep: Int
        /// Records that it said it cannot take.
        package let refused: Int
        /// Why it has no more, if its program failed last.
        package let failure: String?
    }

    /// Trackers that are told what a journal holds, and what is added to it.
    ///
    /// - Throws: ``FileError`` if it cannot be read how far one of them is
    package convenience init(
        _ specifications: [TrackerSpecification], journal: TrackerJournal,
        introduction: TrackerIntroduction
    ) throws {
        try self.init(
            specifications, journal: journal, introduction: introduction, patience: .init())
    }

    init(
        _ specifications: [TrackerSpecification], journal: TrackerJournal,
        introduction: TrackerIntroduction, patience: TrackerSender.Patience
    ) throws {
        self.journal = journal
        senders = try specifications.map {
            try TrackerSender(
                $0, journal: journal, introduction: introduction, patience: patience)
        }
    }

    /// Starts the programs; waits for none of them.
    package func start() { for sender in senders { sender.start() } }

    /// What people should know since this was last called.
    package func takeNotes() -> [String] {
        var notes = senders.flatMap { $0.takeNotes() }
        if !hasTold, let failure = journal.failure {
            hasTold = true
            notes.append(
                "trackers are not told of what follows: \(failure). The run goes on; they get it when it is "
                    + "continued, or by \(Self.command(journal.run))")
        }
        return notes
    }

    /// How far they are.
    package var progress: [Progress] {
        let last = journal.last
        return senders.map { sender in
            let cursor = sender.cursor
            return Progress(
                name: sender.specification.name, taken: cursor.acknowledged,
                left: max(0, last - cursor.acknowledged), lastStep: cursor.lastStep,
                refused: cursor.refused, failure: sender.failure)
        }
    }

    /// Sends what is left, and ends the programs.
    ///
    /// - Parameters:
    ///   - limit: the most seconds that are waited, also where a tracker's own number is larger
    ///   - onWait: called again and again with how far they are
    /// - Returns: what people should know: of each that has not everything, how far it is
    package func finish(
        limit: Double = .infinity, onWait: ([Progress]) -> Void = { _ in }
    ) -> [String] {
        let start = SuspendingClock.now
        let seconds = senders.map { min($0.specification.wait, limit) }
        for (sender, seconds) in zip(senders, seconds) {
            sender.finish(by: start + .seconds(seconds))
        }
        for (sender, seconds) in zip(senders, seconds) {
            while !sender.join(seconds: 0.2) {
                onWait(progress)
                let waited = (SuspendingClock.now - start) / .seconds(1)
                // A program that the system does not let go of.
                if waited > seconds + 30 { break }
            }
        }
        return takeNotes() + zip(senders, progress).compactMap { left($0, $1) }
    }

    /// Tells how the run ended, sends what is left, and says what people should know of it.
    ///
    /// - Parameters:
    ///   - step: the last step
    ///   - ending: why, in a word
    ///   - message: what stopped the run, if something did
    ///   - limit: the most seconds that are waited
    ///   - onNote: gets what people should know
    /// - Throws: what `onNote` throws
    package func end(
        step: Int, ending: String, message: String? = nil, limit: Double = .infinity,
        onNote: (String) throws -> Void
    ) throws {
        journal.add(.end(step: step, ending: ending, message: message))
        let start = SuspendingClock.now
        var hasTold = false
        let notes = finish(limit: limit) { progress in
            let behind = progress.filter { $0.left > 0 }
            if hasTold || behind.isEmpty || SuspendingClock.now - start < .seconds(2) { return }
            hasTold = true
            let names = behind.map { "\($0.name) (\($0.left) to go)" }
            // What cannot be told is no reason to leave what is left.
            try? onNote(
                "waiting for the trackers to take the rest: \(names.joined(separator: ", "))")
        }
        try notes.forEach(onNote)
    }

    /// What a tracker has not; nil if nothing.
    private func left(_ sender: TrackerSender, _ progress: Progress) -> String? {
        let count = (try? sender.countLeft()) ?? progress.left
        if count == 0 { return nil }
        let failure = progress.failure.map { ": it \($0)" } ?? ""
        let last = progress.taken == 0 ? "nothing" : "all up to step \(progress.lastStep)"
        return
            "the tracker \(progress.name) has \(last), and misses \(count) \(count == 1 ? "record" : "records")"
            + "\(failure). They are kept, and sent by \(Self.command(journal.run)), or when the run is "
            + "continued"
    }

    private static func command(_ run: String) -> String { "`think2seg track \(shellWord(run))`" }
}
