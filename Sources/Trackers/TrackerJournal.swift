package import Files
import Foundation
import Synchronization

/// What trackers are told of a run, on the disk: `trackers/` in the run's folder.
///
/// `records.jsonl` has a line for each record, `pictures/` their pictures, `run.json` what tells the run
/// from others; beside them stand a cursor and the messages of each tracker. Numbers of records rise and
/// never come twice. One thread adds records; any may read.
package final class TrackerJournal: Sendable {
    /// The folder in the run's folder.
    package static let folder = "trackers"

    /// The run's folder.
    package let run: String
    /// What tells the run from all others, also after it was moved or continued.
    package let id: String
    private let file: LineFile
    private let state: Mutex<State>

    private struct State {
        var known: Set<TrackerRecord.Key>
        var last: Int
        /// The largest number that was ever given, as far as lines and cursors tell.
        var given: Int
        var failure: (any Error)?
        /// Whether the last that is known of the run's steps is how it ended.
        var hasEnded: Bool
        var listeners: [@Sendable () -> Void] = []
    }

    private struct Description: Codable { let id: String }

    /// Opens the journal of a run, or begins it.
    ///
    /// - Throws: ``FileError``
    package init(run: String) throws {
        self.run = run
        let folder = "\(run)/\(Self.folder)"
        try FileManager.default.createDirectory(
            atPath: folder + "/pictures", withIntermediateDirectories: true)
        // What a killed process left of a picture.
        let pictures = try FileManager.default.contentsOfDirectory(atPath: folder + "/pictures")
        for name in pictures where name.hasPrefix(".") {
            try FileManager.default.removeItem(atPath: "\(folder)/pictures/\(name)")
        }
        let about = folder + "/run.json"
        if let data = FileManager.default.contents(atPath: about),
            let description = try? JSONDecoder().decode(Description.self, from: data)
        {
            id = description.id
        } else {
            id = UUID().uuidString.lowercased()
            try DurableFiles.write(
                Data("{\"id\": \(jsonText(id))}\n".utf8), to: about)
        }
        let path = Self.path(run)
        let lines = try Self.repaired(path)
        file = try LineFile(path)
        // A damaged cursor is told where its tracker is.
        let cursors = try Self.cursorFiles(run).compactMap { try? TrackerCursor(file: $0) }
        let newest = lines.last { $0.key.tellsOfSteps }
        state = Mutex(
            State(
                known: Set(lines.map(\.key)), last: lines.map(\.n).max() ?? 0,
                given: Self.given(lines, cursors), hasEnded: newest?.key.kind == .end))
    }

    static func path(_ run: String) -> String { "\(run)/\(folder)/records.jsonl" }

    private static func cursorFiles(_ run: String) throws -> [String] {
        let folder = "\(run)/\(Self.folder)"
        return try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(TrackerCursor.suffix) }.map { "\(folder)/\($0)" }
    }

    /// The largest number that was given: lines may be damaged or gone, of which a tracker has the numbers.
    private static func given(_ lines: [TrackerLine], _ cursors: [TrackerCursor]) -> Int {
        (lines.map(\.n) + cursors.flatMap { [$0.acknowledged, $0.sent ?? 0] }).max() ?? 0
    }

    /// The number of the last record.
    package var last: Int { state.withLock { $0.last } }

    /// Why records are missing, if some could not be written.
    package var failure: (any Error)? { state.withLock { $0.failure } }

    /// Whether it ends with how the run ended.
    package var hasEnded: Bool { state.withLock { $0.hasEnded } }

    // MARK: - Adding

    /// Adds a record, unless it is there, with the seconds since 1970.
    ///
    /// What cannot be written is missing, and told by ``failure``: it costs no run its step.
    package func add(_ record: TrackerRecord, time: Double = Date().timeIntervalSince1970) {
        let listeners = state.withLock { state -> [@Sendable () -> Void] in
            let n = state.given + 1
            let record = record.numbered(n)
            if state.failure != nil || state.known.contains(record.key) { return [] }
            do {
                try file.append(record.line(n: n, time: time))
                (state.last, state.given) = (n, n)
                state.known.insert(record.key)
                if record.key.tellsOfSteps { state.hasEnded = record.key.kind == .end }
            } catch {
                state.failure = error
            }
            return state.listeners
        }
        for listener in listeners { listener() }
    }

    /// Whether a record is there.
    package func holds(_ record: TrackerRecord) -> Bool {
        state.withLock { $0.known.contains(record.key) }
    }

    /// Adds a picture: a JPEG or PNG file, question and answers as Markdown, its step, and which of the
    /// step's it is.
    package func add(
        picture bytes: [UInt8], text: String, step: Int, index: Int,
        time: Double = Date().timeIntervalSince1970
    ) {
        let kind = bytes.starts(with: [0x89, 0x50]) ? "png" : "jpg"
        let name = "\(Self.folder)/pictures/step-\(step)-\(index).\(kind)"
        let record = TrackerRecord.picture(step: step, index: index, file: name, text: text)
        if holds(record) { return }
        do {
            try Data(bytes).write(to: URL(fileURLWithPath: "\(run)/\(name)"), options: .atomic)
        } catch {
            let failure = FileError.writing("\(run)/\(name)", error)
            return state.withLock { $0.failure = $0.failure ?? failure }
        }
        add(record, time: time)
    }

    /// Waits until all records are on the disk; on any thread.
    package func synchronize() throws { try file.synchronize() }

    /// Is called after each record that is added.
    func listen(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.listeners.append(body) }
    }

    // MARK: - Bringing back

    /// Whether a run has records.
    package static func exists(_ run: String) -> Bool {
        FileManager.default.fileExists(atPath: path(run))
    }

    /// Whether a run has records of steps.
    package static func holdsSteps(_ run: String) -> Bool {
        var reader = TrackerJournalReader(run: run)
        while let line = try? reader.next() {
            if line.key.step > 0 { return true }
        }
        return false
    }

    /// Brings the journal of a run to the state of a step, if there is one.
    ///
    /// Later records go. What trackers have of them is remembered first.
    package static func cutBack(_ run: String, to step: Int) throws {
        if !exists(run) { return }
        let lines = try repaired(path(run))
        if lines.isEmpty { return }
        var cursors: [TrackerCursor] = []
        for file in try cursorFiles(run) {
            var cursor = try TrackerCursor(file: file)
            cursor.cutBack(lines, to: step)
            try cursor.write(file)
            cursors.append(cursor)
        }
        // Its number keeps those that went from being given again.
        let n = given(lines, cursors) + 1
        let mark = TrackerRecord.resumed(after: step, n: n)
            .line(n: n, time: Date().timeIntervalSince1970)
        let kept = lines.filter { $0.key.step <= step }.map(\.text) + [mark]
        try DurableFiles.write(Data((kept.joined(separator: "\n") + "\n").utf8), to: path(run))
        for line in lines where line.key.step > step {
            if line.key.kind == .picture, let file = line.file {
                try? FileManager.default.removeItem(atPath: "\(run)/\(file)")
            }
        }
    }

    /// The lines of a journal, without what a killed process left half written, which goes, and without
    /// damaged ones, which are kept beside it.
    private static func repaired(_ path: String) throws -> [TrackerLine] {
        guard let data = FileManager.default.contents(atPath: path) else { return [] }
        let whole = LineDamage.wholeLines(of: data)
        let lines = whole.compactMap { TrackerLine($0.bytes) }
        try damage(ofFile: path)?.putAside()
        let text = Data(lines.map { $0.text + "\n" }.joined().utf8)
        if text != data { try DurableFiles.write(text, to: path) }
        return lines
    }

    private static func damage(ofFile path: String) -> LineDamage? {
        LineDamage(path) { TrackerLine($0) != nil }
    }

    /// What is damaged of a run's records, which a run that goes on leaves out; nil if nothing is.
    package static func damage(of run: String) -> LineDamage? { damage(ofFile: path(run)) }
}

/// Reads a journal from its beginning, as it grows.
struct TrackerJournalReader {
    private let path: String
    private var offset: UInt64 = 0
    private var buffer: [UInt8] = []
    private var begin = 0

    init(run: String) { path = TrackerJournal.path(run) }

    /// The next line; nil where none is there yet.
    mutating func next() throws -> TrackerLine? {
        while true {
            if let feed = buffer[begin...].firstIndex(of: 0x0A) {
                defer { begin = feed + 1 }
                guard let line = TrackerLine(buffer[begin..<feed]) else {
                    throw FileError.damaged(path, "has a line that is no record")
                }
                return line
            }
            guard let file = FileHandle(forReadingAtPath: path) else { return nil }
            defer { try? file.close() }
            try file.seek(toOffset: offset)
            guard let data = try file.read(upToCount: 1 << 20), !data.isEmpty else { return nil }
            offset += UInt64(data.count)
            buffer.removeFirst(begin)
            begin = 0
            buffer += data
        }
    }
}
