import Configuration
import Evaluating
import Evaluation
import Foundation
public import Settings
import SharedSettings
import Threads
import TrainingRuns
import Yams

/// One combination of an ablation's levels.
public struct AblationVariant: Sendable, Hashable {
    /// The level of each axis, by the axis's name, in the order of the axes.
    public let levels: [Level]
    /// The name of its folders.
    public let slug: String
    /// Whether the others are compared with it.
    public let isBaseline: Bool

    /// An axis with one of its values.
    public struct Level: Sendable, Hashable, Codable {
        /// The axis.
        public let axis: String
        /// The value.
        public let label: String
    }

    /// What people read: `beta 0.02, rewards IoU alone`.
    public var name: String {
        levels.map { level in
            // A key's last part says enough, and the only axis need not be named with words.
            let axis = level.axis.split(separator: ".").last.map(String.init) ?? level.axis
            let isNumber = Double(level.label) != nil
            return levels.count == 1 && !isNumber ? level.label : "\(axis) \(level.label)"
        }.joined(separator: ", ")
    }
}

/// One variant with one seed: a run of `train`, and an evaluation of what it made.
public struct AblationRun: Sendable, Hashable {
    /// Its number in the plan, from 1.
    public let number: Int
    /// The place of its variant.
    public let variant: Int
    /// The variant.
    public let slug: String
    /// The seed.
    public let seed: Int
    /// What it trains.
    public internal(set) var configuration: RunConfiguration
    /// The folder of its evaluation.
    public internal(set) var evaluation: String
    /// The file that gets what it says.
    public let log: String

    /// Whether it stands in the folder of another ablation.
    public internal(set) var isTaken = false

    /// The folder of the run.
    public var folder: String { configuration.outputDirectory }
    /// What people read.
    public var title: String { "\(slug), seed \(seed)" }
}

/// Everything that a plan runs, complete and checked.
public struct AblationGrid: Sendable {
    /// The variants, the axis that is named first varying slowest.
    public let variants: [AblationVariant]
    /// The runs, seed by seed, so that an ablation that is cut short has whole seeds.
    public internal(set) var runs: [AblationRun]
    /// What people should know of values that nobody set, in lines for people.
    public let notes: [String]

    /// Makes the configurations of a plan.
    ///
    /// - Parameters:
    ///   - plan: the plan
    ///   - cores: cores for each run whose configuration leaves the threads open; nil: all
    ///   - requiresInputs: whether files that are named and not there are problems
    /// - Throws: `ConfigurationError` with every problem of every configuration, once
    public init(
        _ plan: AblationPlan, cores: Int? = nil, requiresInputs: Bool = true
    ) throws {
        let text = try configurationText(plan.base, what: "configuration file")
        variants = Self.variants(plan)
        var problems: [ConfigurationProblem] = []
        var notes: [String] = []
        var runs: [AblationRun] = []
        var probe = ShardProbe()
        for seed in plan.seeds {
            for (place, variant) in variants.enumerated() {
                var configuration = RunConfiguration()
                var reader = ConfigurationReader(
                    keys: RunConfiguration.keys, listing: RunConfiguration.listing,
                    foreign: .trainers)
                reader.read(text, file: plan.base, into: &configuration)
                let layers = [plan.settings.node] + Self.settings(variant, of: plan)
                for layer in layers where layer.mapping != nil {
                    reader.read(tree: layer, file: plan.file, into: &configuration)
                }
                Self.refuseOwnKeys(&reader, plan)
                let folder = "\(variant.slug)/seed-\(seed)"
                configuration.seed = seed
                configuration.outputDirectory = "\(plan.outputDirectory)/runs/\(folder)"
                if let cores { configuration.choosesThreads(cores: cores) }
                configuration.completeAsking(.automatic, &reader)
                configuration.check(&reader)
                Self.check(plan, configuration, &reader)
                if requiresInputs {
                    reader.requireMachine(configuration)
                    reader.requireShards(configuration, &probe)
                    reader.requirePrograms(configuration)
                }
                problems += reader.problems.filter { !problems.contains($0) }
                notes += reader.notes.filter { !notes.contains($0) }
                runs.append(
                    AblationRun(
                        number: runs.count + 1, variant: place, slug: variant.slug, seed: seed,
                        configuration: configuration,
                        evaluation: "\(plan.outputDirectory)/evaluations/\(folder)",
                        log: "\(plan.outputDirectory)/logs/\(variant.slug)-seed-\(seed).log"))
            }
        }
        if problems.isEmpty { problems = Self.twins(variants, runs, plan) }
        if !problems.isEmpty { throw ConfigurationError(problems: problems) }
        self.runs = runs
        self.notes = notes
    }

    /// The run of a variant with a seed.
    public func run(_ variant: Int, seed: Int) -> AblationRun? {
        runs.first { $0.variant == variant && $0.seed == seed }
    }

    /// The place of the variant that others are compared with.
    public var baseline: Int { variants.firstIndex(where: \.isBaseline) ?? 0 }

    // MARK: - Making

    private static func variants(_ plan: AblationPlan) -> [AblationVariant] {
        var slugs: Set<String> = []
        return combinations(plan).map { places in
            let levels = zip(plan.axes, places).map { axis, place in
                AblationVariant.Level(axis: axis.name, label: axis.levels[place].label)
            }
            let slug = levels.map { level in
                let axis = level.axis.split(separator: ".").last.map(String.init) ?? level.axis
                return "\(axis)=\(level.label)".fileName
            }.joined(separator: ",")
            var unique = String(slug.prefix(120))
            var number = 2
            while !slugs.insert(unique).inserted {
                unique = "\(slug.prefix(120))-\(number)"
                number += 1
            }
            return AblationVariant(
                levels: levels, slug: unique, isBaseline: places == plan.baseline)
        }
    }

    /// The places of levels that are run, axis by axis.
    private static func combinations(_ plan: AblationPlan) -> [[Int]] {
        switch plan.design {
        case .grid:
            return plan.axes.reduce([[]]) { partial, axis in
                partial.flatMap { places in axis.levels.indices.map { places + [$0] } }
            }
        case .oneAtATime:
            let others = plan.axes.indices.flatMap { axis in
                plan.axes[axis].levels.indices.filter { $0 != plan.baseline[axis] }.map { level in
                    var places = plan.baseline
                    places[axis] = level
                    return places
                }
            }
            return [plan.baseline] + others
        }
    }

    private static func settings(_ variant: AblationVariant, of plan: AblationPlan) -> [Node] {
        zip(plan.axes, variant.levels).compactMap { axis, level in
            axis.levels.first { $0.label == level.label }?.settings
        }
    }

    /// Reports keys that the plan itself decides about.
    private static func refuseOwnKeys(
        _ reader: inout ConfigurationReader<RunConfiguration>, _ plan: AblationPlan
    ) {
        for (key, instead) in [("seed", "seeds"), ("output_dir", "output_dir of the plan")]
        where reader.locations[key]?.hasPrefix(plan.file + ":") == true {
            reader.report(key, "is not set here: each run gets its own from \(instead)")
        }
    }

    private static func check(
        _ plan: AblationPlan, _ configuration: RunConfiguration,
        _ reader: inout ConfigurationReader<RunConfiguration>
    ) {
        func report(_ key: String, _ message: String) {
            let place = plan.places[key] ?? plan.file
            reader.report([ConfigurationProblem(location: place, key: key, message: message)])
        }
        let data = plan.measure.data.isEmpty ? configuration.data.validation : plan.measure.data
        if data.isEmpty {
            report("measure.data", "names no shard, and data.validation of the configuration none")
        }
        if plan.measure.metrics.contains(where: \.isPaper), plan.measure.questions == .first {
            report(
                "measure.questions",
                "is first, but paper_… metrics draw a question of each sample: set all, or random")
        }
        if plan.measure.checkpoint == .best, configuration.data.validation.isEmpty {
            report(
                "measure.checkpoint",
                "is best, which needs evaluations while training: set data.validation")
        }
    }

    /// Variants that are the same configuration under two names.
    private static func twins(
        _ variants: [AblationVariant], _ runs: [AblationRun], _ plan: AblationPlan
    ) -> [ConfigurationProblem] {
        var seen: [[String: String]: String] = [:]
        return runs.filter { $0.seed == plan.seeds[0] }.compactMap { run in
            var values = CheckpointState.values(of: run.configuration)
            values["output_dir"] = nil
            let name = variants[run.variant].name
            guard let other = seen.updateValue(name, forKey: values) else { return nil }
            return ConfigurationProblem(
                location: plan.file, key: "axes",
                message: "'\(other)' and '\(name)' are the same configuration")
        }
    }
}
