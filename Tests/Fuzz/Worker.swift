import Foundation

/// What one process reads: inputs of one kind, in order, and a line about each on the standard output.
///
/// `begin N` stands before an input is read, `accepted`, `refused` or `finding TEXT` after it. A process
/// that ends without the line after has been ended by the input of the line before.
struct Worker {
    let kind: any Kind.Type
    let seed: UInt64
    let numbers: Range<Int>
    /// Where input files are written; emptied before.
    let folder: String

    /// How much a reader may take beyond what the process has when it starts, in bytes.
    static let memoryLimit: UInt = 3 << 30

    func run() throws {
        let files = FileManager.default
        for name in ["seeds", "input"] {
            try? files.removeItem(atPath: "\(folder)/\(name)")
            try files.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        let mutator = try kind.mutator(folder + "/seeds")
        Self.limitMemory()
        for number in numbers {
            say("begin \(number)")
            let bytes = kind.input(number, seed: seed, mutator)
            switch try kind.outcome(of: bytes, in: folder + "/input") {
            case .accepted: say("accepted")
            case .refused: say("refused")
            case .finding(let text):
                say("finding " + text.split(whereSeparator: \.isNewline).joined(separator: " | "))
            }
        }
    }

    private func say(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    private static func limitMemory() {
        let pages =
            (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))
            .flatMap { $0.split(separator: " ").first }.flatMap { UInt($0) } ?? 0
        guard pages > 0 else { return }
        let limit = pages * UInt(getpagesize()) + memoryLimit
        var value = rlimit(rlim_cur: limit, rlim_max: limit)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &value)
        // What a reader must not do is found without a dump of it.
        value = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &value)
    }
}
