import Foundation
import Programs

/// Why a program gave no answer that belongs to its request; it is of no use afterwards.
enum DialogueFailure: Error, Equatable {
    case timedOut(begun: [UInt8])
    /// The thread that waited was cancelled.
    case abandoned
    /// It ended, or closed its output, which is its end too.
    case ended
    /// It wrote before it was asked, or before it could know the whole request.
    case unasked([UInt8])
    case severalLines([UInt8])
    case tooLong([UInt8])
    case noAnswer([UInt8])
    case system(String)

    /// What follows "the command", but for how a program ended.
    func description(timeout: Double) -> String {
        switch self {
        case .timedOut(let begun):
            "did not answer within \(timeout) s"
                + (begun.isEmpty
                    ? " \(ChildProcess.flushAdvice)"
                    : ", but began with \(excerpt(begun)) and no line break")
        case .abandoned: "did not answer before its completion ran out of time"
        case .ended: "ended instead of answering"
        case .unasked(let bytes): "wrote \(excerpt(bytes)) before it was asked"
        case .severalLines(let bytes):
            "answered with more than a line, \(excerpt(bytes)); it must write one line for each request, "
                + "and anything else to standard error"
        case .tooLong(let bytes):
            "answered with a line of more than \(ExternalDialogue.lineLimit) bytes, \(excerpt(bytes))"
        case .noAnswer(let bytes):
            "answered \(excerpt(bytes)), expected a number, null, {\"reward\": number or null} or "
                + "{\"error\": \"why\"}"
        case .system(let reason): "cannot be talked to: \(reason)"
        }
    }

    /// The beginning of what came, in quotes, on one line.
    private func excerpt(_ bytes: [UInt8]) -> String {
        let limit = 200
        let text = String(decoding: bytes.prefix(limit), as: UTF8.self)
        let escaped = text.unicodeScalars.map { scalar in
            scalar.value < 0x20 || scalar.value == 0x7F
                ? scalar.escaped(asASCII: true) : String(scalar)
        }
        return "'\(escaped.joined())'" + (bytes.count > limit ? "…" : "")
    }
}

/// A request and its answer.
struct ExternalDialogue {
    /// So many bytes an answer may have.
    static let lineLimit = 1 << 20
    /// How often a waiting thread looks whether it was cancelled, or the program has ended.
    private static let slice = 50.0

    let child: ChildProcess
    private let now: @Sendable () -> SuspendingClock.Instant
    private var answer: [UInt8] = []
    private var lineEnd: Int?
    private var isAtEnd = false

    init(_ child: ChildProcess, now: @escaping @Sendable () -> SuspendingClock.Instant) {
        self.child = child
        self.now = now
    }

    /// Sends a line, and waits for one.
    ///
    /// - Parameters:
    ///   - request: the line, with its line feed.
    ///   - timeout: seconds from now on.
    /// - Returns: the answer, without its line feed.
    /// - Throws: ``DialogueFailure``.
    mutating func exchange(
        _ request: [UInt8], timeout: Double
    ) throws(DialogueFailure) -> [UInt8] {
        let end = now() + .seconds(timeout)
        try read()
        if !answer.isEmpty { throw .unasked(answer) }
        var rest = request[...]
        while true {
            if isAtEnd { throw .ended }
            if !rest.isEmpty { try write(&rest) }
            try read()
            if let line = try line(isAsked: rest.isEmpty) { return line }
            if isAtEnd { continue }
            let left = (end - now()) / .milliseconds(1)
            if left <= 0 { throw .timedOut(begun: answer) }
            if Thread.current.isCancelled { throw .abandoned }
            let isReady = child.wait(
                isToRead: !rest.isEmpty,
                milliseconds: Int32(min(left, Self.slice).rounded(.up)))
            // Another process may hold the pipe open although the program is gone.
            if !isReady, child.hasEnded {
                try read()
                if let line = try line(isAsked: rest.isEmpty) { return line }
                throw .ended
            }
        }
    }

    private mutating func write(_ rest: inout ArraySlice<UInt8>) throws(DialogueFailure) {
        do throws(SystemRefusal) {
            rest = rest.dropFirst(try child.write(rest))
        } catch {
            if error.number != EPIPE { throw .system("\(error)") }
            // It reads no more, whatever it still writes.
            isAtEnd = true
        }
    }

    /// Reads all that is there.
    private mutating func read() throws(DialogueFailure) {
        do throws(SystemRefusal) {
            while answer.count <= Self.lineLimit, let bytes = try child.read() {
                if bytes.isEmpty {
                    isAtEnd = true
                    return
                }
                if lineEnd == nil {
                    lineEnd = bytes.firstIndex(of: 0x0A).map { $0 + answer.count }
                }
                answer += bytes
            }
        } catch {
            throw .system("\(error)")
        }
    }

    /// The answer's line, if it is there.
    private func line(isAsked: Bool) throws(DialogueFailure) -> [UInt8]? {
        if answer.count > Self.lineLimit, lineEnd ?? answer.count > Self.lineLimit {
            throw .tooLong(answer)
        }
        guard let lineEnd else { return nil }
        if !isAsked { throw .unasked(answer) }
        if lineEnd + 1 < answer.count { throw .severalLines(answer) }
        return Array(answer[..<lineEnd])
    }
}
