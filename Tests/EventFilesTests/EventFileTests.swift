import EventFiles
import Foundation
import TestSupport
import Testing

/// What `event_files/run.json` tells of an event.
private struct Told: Decodable {
    struct Value: Decodable {
        struct Picture: Decodable {
            let width: Int
            let height: Int
            let file: String
        }
        let tag: String
        let scalar: Double?
        let picture: Picture?
        let text: String?
    }
    let step: Int
    let time: Double
    let version: String?
    let start: Bool?
    let values: [Value]?

    static func all() throws -> [LoggedEvent] {
        try JSONDecoder().decode([Told].self, from: Fixtures.data("event_files/run.json"))
            .map(\.event)
    }

    var event: LoggedEvent {
        let content: LoggedEvent.Content
        if let version {
            content = .version(version)
        } else if start != nil {
            content = .start
        } else {
            content = .values((values ?? []).map(\.logged))
        }
        return LoggedEvent(step: step, time: time, content)
    }
}

extension Told.Value {
    var logged: LoggedValue {
        if let scalar { return LoggedValue(tag, .scalar(Float(scalar))) }
        if let picture {
            return LoggedValue(
                tag,
                .picture(
                    LoggedPicture(
                        width: picture.width, height: picture.height, file: bytes(picture.file))))
        }
        return LoggedValue(tag, .text(text ?? ""))
    }
}

private func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}

/// The bytes of a file of events.
private func file(_ events: [LoggedEvent]) throws -> [UInt8] {
    try events.flatMap { TFRecord.framed(try $0.serialized()) }
}

@Suite struct EventFileTests {
    private let written: [UInt8]
    private let events: [LoggedEvent]

    init() throws {
        written = [UInt8](try Fixtures.data("event_files/run.tfevents"))
        events = try Told.all()
    }

    @Test("Records are framed as TensorBoard frames them, with masked CRC-32C")
    func framing() throws {
        struct Pair: Decodable { let content: String, record: String }
        let pairs = try JSONDecoder().decode(
            [Pair].self, from: Fixtures.data("event_files/records.json"))
        #expect(pairs.count >= 4)
        for pair in pairs { #expect(TFRecord.framed(bytes(pair.content)) == bytes(pair.record)) }
        let known = Array("123456789".utf8)
        // CRC-32C is 0xE3069283; masked, its halves change places and a constant is added.
        #expect(TFRecord.maskedChecksum(known) == 0x2507_C60D &+ 0xA282_EAD8)
        let joined = pairs.flatMap { bytes($0.record) }
        #expect(
            TFRecord.payloads(in: joined).map { Array(joined[$0]) }
                == pairs.map { bytes($0.content) })
    }

    @Test(
        "Events are to the byte those that TensorBoard's own protocol buffers make, and read back")
    func sameBytes() throws {
        #expect(events.count == 8)
        #expect(try file(events) == written)
        #expect(EventFile.events(in: written) == events)
    }

    @Test("Of a file that is cut anywhere, the whole events before the cut are read, and kept")
    func tornTail() throws {
        var ends = [0]
        for count in 1...events.count { ends.append(try file(Array(events.prefix(count))).count) }
        for length in 0...written.count {
            let torn = Array(written.prefix(length))
            let whole = ends.lastIndex { $0 <= length } ?? 0
            #expect(EventFile.events(in: torn) == Array(events.prefix(whole)), "\(length)")
            let kept = EventFile.cut(torn, upTo: 1000)
            // A version and a start alone say nothing.
            #expect(kept == (whole > 2 ? Array(written.prefix(ends[whole])) : []), "\(length)")
        }
    }

    @Test("A file cut back to a step holds the bytes of the events up to it, and no other")
    func cut() throws {
        for step in 1...6 {
            let expected = try file(events.filter { $0.step <= step })
            #expect(EventFile.cut(written, upTo: step) == expected)
            #expect(EventFile.cut(expected, upTo: step) == expected)
        }
        #expect(EventFile.cut(written, upTo: 0).isEmpty)
        #expect(EventFile.cut([], upTo: 5).isEmpty)
    }

    @Test("A damaged byte ends the events before it, wherever it is")
    func damage() throws {
        let before = try file(Array(events.prefix(3))).count
        let record = try file([events[3]]).count
        for place in stride(from: before, to: before + record, by: 7) {
            var damaged = written
            damaged[place] ^= 0x10
            #expect(EventFile.events(in: damaged) == Array(events.prefix(3)), "\(place)")
            #expect(EventFile.cut(damaged, upTo: 1000) == Array(written.prefix(before)))
        }
        // A length that no file has.
        let endless = [UInt8](repeating: 0xFF, count: 8)
        let header = endless + little(TFRecord.maskedChecksum(endless))
        #expect(TFRecord.payloads(in: header + [0, 0, 0, 0, 0]).isEmpty)
    }

    @Test("A record that holds no event ends what is kept of a file")
    func noEvent() throws {
        let start = try file(Array(events.prefix(4)))
        let other = TFRecord.framed([0xFF, 0xFF, 0xFF])
        #expect(EventFile.cut(start + other + (try file([events[5]])), upTo: 9) == start)
    }

    @Test("A session's file comes after all before it by name, also when the clock goes back")
    func names() {
        let first = EventFile.name(after: [], time: 1.75e9 + 0.9)
        #expect(first == "events.out.tfevents.1750000000.think2seg")
        #expect(EventFile.isName(first) && !EventFile.isName("metrics.jsonl"))
        let second = EventFile.name(after: [first], time: 1.75e9)
        let third = EventFile.name(after: [second, first, "events.txt"], time: 12)
        #expect([first, second, third].sorted() == [first, second, third])
        #expect(Set([first, second, third]).count == 3)
        #expect(EventFile.name(after: [], time: 7) < first)
        #expect(EventFile.name(after: [first], time: 1.8e9) > third)
    }

    @Test(
        "Each event is in the file when it has been added, and a file that cannot grow is an error")
    func writing() throws {
        try withTemporaryFolder { folder in
            let path = folder + "/run"
            let writer = try EventFileWriter(path: path, time: 3)
            let version = LoggedEvent(step: 0, time: 3, .version("brain.Event:2"))
            func content() throws -> [LoggedEvent] {
                EventFile.events(in: [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
            }
            #expect(try content() == [version])
            for count in 2...events.count {
                try writer.append(events[count - 1])
                #expect(try content() == [version] + events[1..<count])
            }
            let missing = #expect(throws: EventFileError.self) {
                try EventFileWriter(path: folder + "/none/run", time: 0)
            }
            #expect(missing?.description.contains("/none/run: cannot make the file: ") == true)
        }
        // Linux has a file that is always full.
        guard FileManager.default.fileExists(atPath: "/dev/full") else { return }
        let full = #expect(throws: EventFileError.self) {
            try EventFileWriter(path: "/dev/full", time: 0)
        }
        #expect(full?.message.hasPrefix("cannot write: ") == true)
    }
}
