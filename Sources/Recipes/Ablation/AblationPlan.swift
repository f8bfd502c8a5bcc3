public import Configuration
public import Evaluating
public import Evaluation
import Files
import Foundation
import Settings
import SharedSettings
package import Yams

/// What is compared: a base configuration, what varies, seeds, and what is measured; the file that
/// `ablate` takes.
///
/// Paths in it are, like those of configurations, relative to the folder that the command runs in.
public struct AblationPlan {
    /// How the levels of several axes are combined.
    public enum Design: String, Sendable, CaseIterable, ConfigurationValue {
        /// Every level with every level of the other axes.
        case grid
        /// The baseline, and each other level with the baseline's levels of the other axes.
        case oneAtATime = "one_at_a_time"
    }

    /// Which policy of a run is measured.
    public enum Checkpoint: String, Sendable, CaseIterable, ConfigurationValue {
        /// That of the last step.
        case last
        /// The one that the run's evaluations liked best; needs `data.validation` in the configuration.
        case best
    }

    /// One thing that varies.
    struct Axis {
        /// A configuration's key, or any name.
        let name: String
        let levels: [Level]
    }

    /// One value of an axis.
    struct Level {
        /// What tables call it.
        let label: String
        /// The keys that it sets, as a table of YAML.
        let settings: Node
    }

    /// What is found out about each policy.
    public struct Measure: Sendable, Hashable {
        /// Held-out shards; those of the configuration's `data.validation` if empty.
        public var data: [String] = []
        /// Which policy of a run.
        public var checkpoint = Checkpoint.last
        /// Which of a sample's questions.
        public var questions = EvaluatedQuestions.first
        /// How many samples, from the first on; all if nil.
        public var limit: Int?
        /// What the tables show, the most important first.
        public var metrics: [MeasuredMetric] = [
            Metric.gIoU, .cIoU, .precision50, .emptyTargetAccuracy, .formatValidity, .meanLength,
        ].map { MeasuredMetric($0) }
        /// Decides about random questions and all intervals' draws.
        public var seed = 42
        /// How often samples and seeds are drawn for an interval.
        public var resamples = 2000
    }

    /// The file that the plan was read from.
    public var file = ""
    /// What the tables and folders are called.
    public var name = ""
    /// What is to be found out, in a sentence.
    public var question = ""
    /// The configuration of `train` that everything starts from.
    public var base = ""
    /// The folder for runs, evaluations and results.
    public var outputDirectory = ""
    /// The seeds; each variant is run with each of them.
    public var seeds = [1, 2, 3]
    /// How axes are combined.
    public var design = Design.grid
    /// Keys that every run sets.
    package var settings = PlanTable()
    /// What varies, as the file has it.
    var axisTable = PlanTable()
    /// The level of each axis that others are compared with; the first one where nothing is said.
    var baselineTable = PlanTable()
    /// Folders of other ablations whose finished runs are taken where they are the same.
    public var reuse: [String] = []
    /// What is measured.
    public var measure = Measure()
    /// What varies.
    var axes: [Axis] = []
    /// Where keys stand in the file.
    var places: [String: String] = [:]
    /// The baseline's level of each axis.
    var baseline: [Int] = []

    package init() {}
}

/// A table of YAML, kept as it is written.
package struct PlanTable: ConfigurationValue {
    /// The keys and values, with their places in the file.
    var pairs: [(key: Node, value: Node)] = []

    init() {}

    /// A table.
    package static var kind: ConfigurationKind { .table }

    package init?(yaml: Node) {
        guard let mapping = yaml.mapping else { return nil }
        pairs = mapping.map { ($0.key, $0.value) }
    }

    /// The table as a node.
    var node: Node { .mapping(.init(pairs.map { ($0.key, $0.value) })) }

    package var yaml: String { (try? serialize(node: node)) ?? "{}" }
    package var names: [String] { pairs.compactMap { $0.key.scalar?.string } }
    package var entryCount: Int { pairs.count }
}

extension AblationPlan {
    /// Every key of a plan.
    package static var keys: [ConfigurationKey<AblationPlan>] {
        [
            Key("name", \.name, "What the tables call it; the file's name if not given"),
            Key("question", \.question, "What is to be found out, in a sentence"),
            Key("base", path: \.base, "The configuration of train that everything starts from"),
            Key(
                "output_dir", path: \.outputDirectory,
                "The folder for runs, evaluations and results; runs/ablations/NAME if not given"),
            Key(
                "seeds", \.seeds, "Each variant is run with each of them",
                rule: .atLeast(0).needingOne("seed")),
            Key("design", \.design, "How the levels of several axes are combined"),
            Key("set", \.settings, "Keys that every run sets"),
            Key(
                "axes", \.axisTable,
                "What varies: a key with a list of values, or a name with variants"),
            Key(
                "baseline", \.baselineTable, "The level of each axis that others are compared with"),
            Key(
                "reuse", path: \.reuse,
                "Folders of other ablations whose runs are taken where they are the same"),
        ] + measureKeys
    }

    private typealias Key = ConfigurationKey<AblationPlan>

    private static var measureKeys: [ConfigurationKey<AblationPlan>] {
        [
            Key(
                "measure.data", path: \.measure.data,
                "Held-out shards; data.validation if not given"),
            Key("measure.checkpoint", \.measure.checkpoint, "Which policy of a run is measured"),
            Key(
                "measure.questions", \.measure.questions, "Which of a sample's questions are asked"),
            Key(
                "measure.limit", \.measure.limit, "How many samples are answered; null: all",
                rule: .atLeast(1)),
            Key(
                "measure.metrics", \.measure.metrics,
                "What the tables show, the most important first",
                rule: ConfigurationRule.any.needingOne("metric")),
            Key("measure.seed", \.measure.seed, "Decides about all intervals' draws", in: 0...),
            Key(
                "measure.resamples", \.measure.resamples, "How often samples and seeds are drawn",
                in: 100...1_000_000),
        ]
    }

    /// Reads a plan; the configurations that it makes are checked by ``AblationGrid``.
    ///
    /// - Parameters:
    ///   - file: the YAML file
    ///   - requiresInputs: whether files that are named and not there are problems, in a plan that has others
    /// - Returns: the plan
    /// - Throws: `MissingInputError`, `ConfigurationError` with every problem that there is, those of the
    ///   configurations too
    public static func load(
        _ file: String, requiresInputs: Bool = true
    ) throws -> AblationPlan {
        var plan = AblationPlan()
        plan.file = file
        var reader = ConfigurationReader(
            keys: keys, listing: "think2seg config explain --of ablate")
        reader.read(try configurationText(file, what: "plan"), file: file, into: &plan)
        plan.places = reader.locations
        // What is no YAML, or no table, has no keys to look at.
        if reader.problems.isEmpty || !reader.locations.isEmpty {
            plan.complete(&reader)
            if requiresInputs { plan.checkInputs(&reader) }
        }
        if reader.problems.isEmpty { return plan }
        let further = plan.furtherProblems(reader.problems, requiresInputs: requiresInputs)
        throw ConfigurationError(problems: reader.problems + further)
    }

    private mutating func complete(_ reader: inout ConfigurationReader<AblationPlan>) {
        let wrong = Set(reader.problems.map(\.key))
        if base.isEmpty, !wrong.contains("base") {
            reader.report("base", "is needed: a configuration of train")
        }
        if axisTable.pairs.isEmpty, !wrong.contains("axes") {
            reader.report("axes", "needs at least one axis")
        }
        if Set(seeds).count != seeds.count {
            reader.report("seeds", "names a seed twice; keep one")
        }
        if Set(measure.metrics).count != measure.metrics.count {
            reader.report("measure.metrics", "names a metric twice; keep one")
        }
        if name.isEmpty { name = Self.name(of: file) }
        // Folders of runs are below it, and their names are shown.
        let folder = outputDirectory.withoutSlashes
        if !folder.isEmpty { outputDirectory = folder }
        if outputDirectory.isEmpty { outputDirectory = "runs/ablations/\(name.fileName)" }
        axes = axisTable.pairs.compactMap { axis($0.key, $0.value, &reader) }
        baseline = baselineLevels(&reader)
    }

    /// The file's name without its ending; that of its folder where it is called `plan`.
    private static func name(of file: String) -> String {
        let path = URL(fileURLWithPath: file)
        let name = path.deletingPathExtension().lastPathComponent
        return name == "plan" ? path.deletingLastPathComponent().lastPathComponent : name
    }

    private func place(_ node: Node) -> String {
        node.mark.map { "\(file):\($0.line):\($0.column)" } ?? file
    }

    private func axis(
        _ key: Node, _ value: Node, _ reader: inout ConfigurationReader<AblationPlan>
    ) -> Axis? {
        let name = key.scalar?.string ?? "?"
        func problem(_ message: String, _ node: Node) -> Axis? {
            reader.report([
                ConfigurationProblem(
                    location: place(node), key: "axes.\(name)", message: message)
            ])
            return nil
        }
        let levels: [Level]
        if let values = value.sequence {
            // The key stands where the value does, so that problems do too; but one that is no key once.
            let isKnown = Self.isKey(name)
            levels = values.map { value in
                let mark = isKnown ? value.mark : key.mark
                let key = Node.scalar(.init(name, .implicit, .plain, mark))
                return Level(
                    label: Self.label(value), settings: .mapping(.init([(key, value)])))
            }
        } else if let variants = value.mapping {
            if let wrong = variants.first(where: { !Self.isTable($0.value) }) {
                return problem(
                    "the variant \(wrong.key.scalar?.string ?? "?") is a table of keys; {} changes "
                        + "nothing", wrong.key)
            }
            levels = variants.map { Level(label: $0.key.scalar?.string ?? "?", settings: $0.value) }
        } else {
            return problem(
                "is a list of values of a key, or a table of named variants"
                    + Self.unknown(name, value), key)
        }
        if levels.count < 2 {
            return problem("needs at least two values\(Self.unknown(name, value))", key)
        }
        if Set(levels.map(\.label)).count != levels.count {
            return problem("has a value twice; keep one", key)
        }
        return Axis(name: name, levels: levels)
    }

    /// Whether configurations have a key or section of this name.
    private static func isKey(_ name: String) -> Bool {
        RunConfiguration.keys.contains { $0.name == name || $0.name.hasPrefix(name + ".") }
    }

    /// What else is wrong with an axis of values whose name is no key.
    private static func unknown(_ name: String, _ value: Node) -> String {
        if value.mapping != nil || isKey(name) { return "" }
        let names = KeyNames(RunConfiguration.keys.map(\.name), foreign: .trainers)
        let guess = names.guess(name).message ?? "`\(RunConfiguration.listing)` lists all keys"
        return ", and is no key of a configuration; \(guess)"
    }

    private static func isTable(_ node: Node) -> Bool {
        node.mapping != nil || node.scalar?.string.isEmpty == true
    }

    /// A value in one line.
    package static func label(_ node: Node) -> String {
        switch node {
        case .scalar(let scalar): scalar.string
        case .sequence(let list): "[\(list.map(label).joined(separator: ", "))]"
        case .mapping(let table):
            "{\(table.map { "\(label($0.key)): \(label($0.value))" }.joined(separator: ", "))}"
        case .alias: "?"
        }
    }

    private func baselineLevels(_ reader: inout ConfigurationReader<AblationPlan>) -> [Int] {
        for (key, _) in baselineTable.pairs {
            let name = key.scalar?.string ?? "?"
            // One that could not be read has been reported.
            if axisTable.names.contains(name) { continue }
            reader.report([
                ConfigurationProblem(
                    location: place(key), key: "baseline.\(name)",
                    message: "is no axis; the axes are "
                        + axes.map(\.name).joined(separator: ", ")
                        + Nearest.question(name, among: axes.map(\.name)))
            ])
        }
        return axes.map { axis in
            guard
                let (_, value) = baselineTable.pairs.first(where: {
                    $0.key.scalar?.string == axis.name
                })
            else { return 0 }
            let label = Self.label(value)
            if let place = axis.levels.firstIndex(where: { $0.label == label }) { return place }
            reader.report([
                ConfigurationProblem(
                    location: place(value), key: "baseline.\(axis.name)",
                    message: "is \(label), must be one of "
                        + axis.levels.map(\.label).joined(separator: ", ")
                        + Nearest.question(label, among: axis.levels.map(\.label)))
            ])
            return 0
        }
    }
}

extension String {
    /// The text as a part of a file's name: letters, digits and `.=,-_`, others as dashes.
    var fileName: String {
        let safe = unicodeScalars.map { scalar -> Character in
            let isSafe =
                scalar.isASCII && scalar.properties.isAlphabetic
                || ("0"..."9").contains(scalar) || ".=,_".unicodeScalars.contains(scalar)
            return isSafe ? Character(scalar) : "-"
        }
        let parts = String(safe).split(separator: "-", omittingEmptySubsequences: true)
        let name = parts.joined(separator: "-")
        return name.isEmpty ? "x" : name.hasPrefix(".") ? "_" + name : name
    }
}
