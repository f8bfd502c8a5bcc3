import Evaluating
import Foundation

/// Has workers read all inputs of one kind, starts another one where an input ends a worker, and keeps
/// the inputs that something is wrong with.
struct Supervisor {
    let kind: any Kind.Type
    let seed: UInt64
    let numbers: Range<Int>
    /// Where findings are kept.
    let output: String
    /// Seconds that an input may take.
    let timeLimit: Double

    /// What came of the inputs.
    struct Tally {
        var accepted = 0
        var refused = 0
        var findings: [(number: Int, text: String)] = []
        var seconds = 0.0
    }

    func run() throws -> Tally {
        let clock = ContinuousClock()
        let start = clock.now
        let folder =
            NSTemporaryDirectory() + "think2seg-fuzz-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var tally = Tally()
        var next = numbers.lowerBound
        while next < numbers.upperBound {
            next = try watch(from: next, folder: folder, &tally)
        }
        for finding in tally.findings { try keep(finding, folder) }
        let (whole, part) = (clock.now - start).components
        tally.seconds = Double(whole) + Double(part) * 1e-18
        return tally
    }

    /// Runs one worker; the result is the number of the input to go on with.
    private func watch(from first: Int, folder: String, _ tally: inout Tally) throws -> Int {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = [
            "worker", kind.name, "\(seed)", "\(first)", "\(numbers.upperBound)", folder,
        ]
        // A trace of each crash would take seconds.
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["SWIFT_BACKTRACE": "enable=no", "OMP_NUM_THREADS": "1"]) { $1 }
        let out = Pipe()
        process.standardOutput = out
        let log = folder + "/errors.txt"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try process.run()
        let lines = LineReader(out.fileHandleForReading.fileDescriptor)
        var current: Int?
        while let line = lines.next(timeLimit: current == nil ? 120 : timeLimit) {
            let words = line.split(separator: " ", maxSplits: 1).map(String.init)
            switch (words.first, current) {
            case ("begin", nil): current = words.last.flatMap { Int($0) }
            case ("accepted", _?): (tally.accepted, current) = (tally.accepted + 1, nil)
            case ("refused", _?): (tally.refused, current) = (tally.refused + 1, nil)
            case ("finding", let number?):
                tally.findings.append((number, words.last ?? ""))
                current = nil
            default: throw FuzzError(message: "the worker said \"\(line)\"")
            }
        }
        if lines.isLate { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        if let current {
            let how = lines.isLate ? "takes more than \(Int(timeLimit)) s" : ending(process)
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            let words = said.split(whereSeparator: \.isNewline).prefix(3).joined(separator: " | ")
            tally.findings.append((current, "\(how): \(words)"))
            return current + 1
        }
        guard process.terminationStatus == 0, !lines.isLate else {
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            throw FuzzError(message: "the worker for \(kind.name) does not work: \(said)")
        }
        return numbers.upperBound
    }

    private func ending(_ process: Process) -> String {
        process.terminationReason == .uncaughtSignal
            ? "ends the process with signal \(process.terminationStatus)"
            : "ends the process with code \(process.terminationStatus)"
    }

    private func keep(_ finding: (number: Int, text: String), _ folder: String) throws {
        let seeds = folder + "/again"
        try FileManager.default.createDirectory(atPath: seeds, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: seeds) }
        try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        let bytes = kind.input(finding.number, seed: seed, try kind.mutator(seeds))
        let path = "\(output)/\(kind.name)-\(seed)-\(finding.number).\(kind.suffix)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}

/// Lines from a pipe, each within a time.
final class LineReader {
    private let descriptor: Int32
    private var pending: [UInt8] = []
    /// Whether a line did not come in time.
    private(set) var isLate = false

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// The next line; nil at the end, and when none comes in time.
    func next(timeLimit: Double) -> String? {
        while true {
            if let end = pending.firstIndex(of: 0x0A) {
                defer { pending.removeSubrange(...end) }
                return String(decoding: pending[..<end], as: UTF8.self)
            }
            var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&poller, 1, Int32(timeLimit * 1000))
            if ready == 0 {
                isLate = true
                return nil
            }
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            pending += buffer[..<count]
        }
    }
}

struct FuzzError: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
}
