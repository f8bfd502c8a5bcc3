import Foundation
import Programs

/// What a tracker says of a line.
enum TrackerAnswer: Hashable {
    /// It has everything up to this number.
    case acknowledged(Int)
    /// It cannot take the line, and why.
    case refused(String)

    /// Reads a line; nil where it is no answer, but something that a library printed.
    init?(line: some Sequence<UInt8>) {
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(line)) else {
            return nil
        }
        if let error = content.error {
            self = .refused(error)
        } else if let ack = content.ack {
            self = .acknowledged(ack)
        } else {
            return nil
        }
    }

    private struct Content: Decodable {
        let ack: Int?
        let error: String?
    }
}

/// Why a tracker did not answer; the program is of no use afterwards.
enum TrackerFailure: Error, Hashable {
    /// Whether it wrote nothing at all, from its start on.
    case timedOut(isSilent: Bool)
    /// It ended, or closed its input or output.
    case ended
    /// Nobody waits any longer.
    case abandoned
    /// It wrote thousands of lines that are no answers.
    case noise
    case system(String)
}

/// Lines and answers, with a program that prints other things too.
struct TrackerDialogue {
    /// So many bytes without a line feed are no answer.
    private static let lineLimit = 1 << 20
    /// So many lines that are no answers are too many for one line.
    static let noiseLimit = 10_000

    let child: ChildProcess
    /// Gets the lines that are no answers.
    let onNoise: (String) -> Void
    private var buffer: [UInt8] = []
    private var isAtEnd = false
    /// Whether it wrote nothing until now.
    private var isSilent = true
    /// Lines since the last answer that were none.
    private var noise = 0

    init(_ child: ChildProcess, onNoise: @escaping (String) -> Void) {
        self.child = child
        self.onNoise = onNoise
    }

    /// Sends a line, and waits for its answer.
    ///
    /// - Parameters:
    ///   - line: the line, with its line feed
    ///   - accepts: whether a number is one that answers it
    ///   - isOver: asked again and again; whether nobody waits any longer
    ///   - hasTime: asked again and again; whether the program's time is not over
    /// - Returns: the answer
    /// - Throws: ``TrackerFailure``
    mutating func exchange(
        _ line: String, accepts: (Int) -> Bool, isOver: () -> Bool, hasTime: () -> Bool
    ) throws(TrackerFailure) -> TrackerAnswer {
        let bytes = Array(line.utf8)
        var rest = bytes[...]
        noise = 0
        while true {
            if !rest.isEmpty { try write(&rest) }
            try read()
            if let answer = try answer(isSent: rest.isEmpty, accepts) { return answer }
            if isAtEnd { throw .ended }
            if isOver() { throw .abandoned }
            if !hasTime() { throw .timedOut(isSilent: isSilent) }
            let isReady = child.wait(isToRead: !rest.isEmpty, milliseconds: 50)
            // Another process may hold the pipe open although the program is gone.
            if !isReady, child.hasEnded {
                try read()
                if let answer = try answer(isSent: rest.isEmpty, accepts) { return answer }
                throw .ended
            }
        }
    }

    /// The answer among the lines that are there, if it is.
    private mutating func answer(
        isSent: Bool, _ accepts: (Int) -> Bool
    ) throws(TrackerFailure) -> TrackerAnswer? {
        var begin = 0
        defer { buffer.removeFirst(begin) }
        while let feed = buffer[begin...].firstIndex(of: 0x0A) {
            let line = buffer[begin..<feed]
            begin = feed + 1
            switch TrackerAnswer(line: line) {
            case .acknowledged(let number) where isSent && accepts(number):
                return .acknowledged(number)
            case .refused(let reason) where isSent: return .refused(reason)
            default: try tell(line)
            }
        }
        if buffer.count - begin > Self.lineLimit {
            try tell(buffer[begin...])
            begin = buffer.count
        }
        return nil
    }

    /// Passes on what is no answer; a program that writes nothing else is of no use.
    private mutating func tell(_ line: ArraySlice<UInt8>) throws(TrackerFailure) {
        onNoise(String(decoding: line.prefix(2_000), as: UTF8.self))
        noise += 1
        if noise >= Self.noiseLimit { throw .noise }
    }

    private mutating func write(_ rest: inout ArraySlice<UInt8>) throws(TrackerFailure) {
        do throws(SystemRefusal) {
            rest = rest.dropFirst(try child.write(rest))
        } catch {
            if error.number != EPIPE { throw .system("\(error)") }
            isAtEnd = true
        }
    }

    /// Reads what is there; no more than fits, from a program that writes for ever.
    private mutating func read() throws(TrackerFailure) {
        do throws(SystemRefusal) {
            while buffer.count <= Self.lineLimit, let bytes = try child.read() {
                if bytes.isEmpty {
                    isAtEnd = true
                    return
                }
                buffer += bytes
                isSilent = false
            }
        } catch {
            throw .system("\(error)")
        }
    }
}
