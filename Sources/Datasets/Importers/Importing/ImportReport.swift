/// One thing that an importer found in its source.
public struct ImportProblem: Hashable, Sendable, Codable, CustomStringConvertible {
    /// What became of the sample.
    public enum Severity: String, Hashable, Sendable, Codable {
        /// The sample was left out.
        case error
        /// The sample, or the rest of the data, was imported.
        case warning
    }

    /// What became of the sample.
    public var severity: Severity
    /// The sample's id; nil where the file belongs to none.
    public var id: String?
    /// The file that the problem is in.
    public var file: String
    /// What is wrong, and for a warning what was done.
    public var message: String

    /// All of it in one line.
    public var description: String { "\(severity.rawValue): \(file): \(message)" }
}

/// What an importer did with one split of a data set.
public struct SplitReport: Hashable, Sendable, Codable {
    /// The split's name.
    public var split: String
    /// The shard that was written.
    public var shard: String
    /// How many samples are in the shard.
    public var samples = 0
    /// How many of them have no target.
    public var emptyTargets = 0
    /// How many questions they have together.
    public var questions = 0
    /// How many samples were left out.
    public var rejected = 0
    /// Everything that was found, in the order of the samples.
    public var problems: [ImportProblem] = []
}

/// What an importer did.
public struct ImportReport: Hashable, Sendable, Codable {
    /// The splits in the order train, val, test.
    public var splits: [SplitReport]
    /// What was found that belongs to none of the splits.
    public var problems: [ImportProblem] = []
    /// What images of more than 8 bits were mapped to 8 by; left out where there were none.
    public var stretch: String?

    /// How many samples were left out.
    public var rejected: Int {
        splits.reduce(0) { $0 + $1.rejected } + problems.count { $0.severity == .error }
    }

    /// Everything that was found.
    public var allProblems: [ImportProblem] { problems + splits.flatMap(\.problems) }
}

/// How far an import is.
public struct ImportProgress: Hashable, Sendable {
    /// The split that is being read, or `percentiles`: the values of all of them.
    public var split: String
    /// How many of its samples were looked at.
    public var done: Int
    /// How many it has.
    public var total: Int
}

/// Why an import stopped; nothing was written.
public struct ImportError: Error, Sendable, CustomStringConvertible {
    /// The folder or file.
    public let path: String
    /// What is wrong, and what to do.
    public let message: String
    /// What was found until then.
    public let report: ImportReport

    init(path: String, message: String, report: ImportReport = ImportReport(splits: [])) {
        self.path = path
        self.message = message
        self.report = report
    }

    /// The path and the problem in one line.
    public var description: String { "\(path): \(message)" }
}
