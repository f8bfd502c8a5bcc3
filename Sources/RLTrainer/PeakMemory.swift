import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The most memory that a process has had.
public enum PeakMemory: Hashable, Sendable, CustomStringConvertible {
    /// So many MiB, as the system measured it.
    case measured(megabytes: Double)
    /// Nobody knows, for this reason.
    case unknown(String)

    /// That of this process so far.
    ///
    /// Linux tells it in `/proc/self/status`; where that is not to be had, the resource usage has it too.
    public static var ofProcess: PeakMemory {
        let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        if let status, let found = PeakMemory(status: status) { return found }
        var usage = rusage()
        #if canImport(Glibc)
            let result = getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            let unit = 1024.0
        #else
            let result = getrusage(RUSAGE_SELF, &usage)
            let unit = 1.0
        #endif
        if result == 0, usage.ru_maxrss > 0 {
            return .measured(megabytes: Double(usage.ru_maxrss) * unit / 0x1p20)
        }
        return .unknown("the system tells no peak of resident memory")
    }

    /// What a process's status in `/proc` says; nil where it says nothing.
    ///
    /// A tab follows the name, and the number is filled up with spaces to eight digits: one of eight
    /// stands right behind the tab.
    init?(status: String) {
        for line in status.split(whereSeparator: \.isNewline) {
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard fields.count >= 2, fields[0] == "VmHWM:", let kilobytes = Double(fields[1]),
                kilobytes > 0
            else { continue }
            self = .measured(megabytes: kilobytes / 1024)
            return
        }
        return nil
    }

    /// MiB; nil where nobody knows.
    public var megabytes: Double? {
        switch self {
        case .measured(let megabytes): megabytes
        case .unknown: nil
        }
    }

    /// The number in words, or why there is none.
    public var description: String {
        switch self {
        case .measured(let megabytes): String(format: "%.0f MiB", megabytes)
        case .unknown(let reason): "not known (\(reason))"
        }
    }
}
