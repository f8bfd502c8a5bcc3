import Files
import Foundation

/// How far a tracker has been told of a run; kept in a file beside the journal.
///
/// The journal is brought back to the state of a checkpoint when a run goes on from one. What a tracker
/// has of later steps, it keeps, and is not told of again when they are made again.
struct TrackerCursor: Codable, Hashable {
    /// The number of the last record that it took.
    private(set) var acknowledged = 0
    /// The number of the record that it was sent and did not answer.
    private(set) var sent: Int?
    /// The last step of which it took something.
    private(set) var lastStep = 0
    /// Records that it took and that are made again.
    private var ahead: Set<TrackerRecord.Key> = []
    /// A record that it was sent, did not answer, and that is made again.
    private var doubtful: Set<TrackerRecord.Key> = []
    /// Records that it could not take, and said so.
    private(set) var refused = 0

    /// What becomes of a record.
    enum Decision: Hashable {
        /// The tracker has it.
        case skip
        /// It is sent; `isRepeated` if the tracker may have it.
        case send(isRepeated: Bool)
    }

    /// What becomes of a record of the journal.
    func decision(_ line: TrackerLine) -> Decision {
        if line.n <= acknowledged || ahead.contains(line.key) { return .skip }
        return .send(isRepeated: line.n == sent || doubtful.contains(line.key))
    }

    /// Remembers that a record goes out.
    mutating func send(_ line: TrackerLine) { sent = line.n }

    /// Remembers that the tracker has a record.
    mutating func take(_ line: TrackerLine, isRefused: Bool = false) {
        acknowledged = max(acknowledged, line.n)
        lastStep = max(lastStep, line.key.step)
        if sent.map({ $0 <= acknowledged }) == true { sent = nil }
        ahead.remove(line.key)
        doubtful.remove(line.key)
        if isRefused { refused += 1 }
    }

    /// Follows what a tracker says it has when it is told of the run: no more than it was sent.
    ///
    /// - Returns: whether it can be
    mutating func follow(_ number: Int) -> Bool {
        guard (0...(sent ?? acknowledged)).contains(number) || number == acknowledged else {
            return false
        }
        // It has lost some, and gets them again.
        if number < acknowledged { (ahead, doubtful, sent) = ([], [], nil) }
        acknowledged = number
        if sent.map({ $0 <= number }) == true { sent = nil }
        return true
    }

    /// Remembers what the tracker has of steps that make way.
    ///
    /// - Parameters:
    ///   - lines: the journal before it is brought back
    ///   - step: the last step that stays
    mutating func cutBack(_ lines: [TrackerLine], to step: Int) {
        for line in lines where line.key.step > step {
            if line.n <= acknowledged { ahead.insert(line.key) }
            if line.n == sent { doubtful.insert(line.key) }
        }
    }

    // MARK: - The file

    /// The ending of its name.
    static let suffix = ".cursor.json"

    /// Reads a file; the beginning where there is none.
    ///
    /// - Throws: ``FileError`` if it is not what was written
    init(file: String) throws {
        guard let data = FileManager.default.contents(atPath: file) else { return }
        do {
            self = try JSONDecoder().decode(Self.self, from: data)
        } catch {
            throw FileError.damaged(
                file, "is damaged; remove it, and the tracker is told of the run from the beginning"
            )
        }
    }

    /// A cursor at the beginning.
    init() {}

    /// Writes the file.
    func write(_ file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        try DurableFiles.write(try encoder.encode(self) + Data("\n".utf8), to: file)
    }
}
