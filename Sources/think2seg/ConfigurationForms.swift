import Ablation
import Configuration
import Evaluating
import Files
import SegmenterTraining
import Settings
import SupervisedTraining

/// What a YAML file of this program may be: the configuration of a command, or an ablation's plan.
enum ConfigurationForm: String, CaseIterable {
    case train, sft
    case pretrainSegmenter = "pretrain-segmenter"
    case ablate

    /// The names of its keys.
    var keys: [String] {
        switch self {
        case .train: RunConfiguration.keys.map(\.name)
        case .sft: SFTConfiguration.keys.map(\.name)
        case .pretrainSegmenter: SegmenterConfiguration.keys.map(\.name)
        case .ablate: AblationPlan.keys.map(\.name)
        }
    }

    /// The values that a key is one of; empty for other keys.
    func choices(of key: String) -> [String] {
        func found<Root>(_ keys: [ConfigurationKey<Root>]) -> [String] {
            keys.filter { $0.name == key }.flatMap { key in
                if case .choice(let names) = key.kind { return names }
                return key.rule.names ?? []
            }
        }
        return switch self {
        case .train: found(RunConfiguration.keys)
        case .sft: found(SFTConfiguration.keys)
        case .pretrainSegmenter: found(SegmenterConfiguration.keys)
        case .ablate: found(AblationPlan.keys)
        }
    }

    /// What a file of the kind is called.
    var words: String { self == .ablate ? "a plan of ablate" : "a configuration of \(rawValue)" }

    /// Loads what a file says, or tells that it is a file of another command.
    ///
    /// - Parameters:
    ///   - file: the file; nil where there is none
    ///   - load: what reads it
    /// - Returns: what was read
    /// - Throws: what `load` throws, with what the file is where that is another command's
    func loading<Value>(_ file: String?, _ load: () throws -> Value) throws -> Value {
        do { return try load() } catch let error as MissingInputError {
            guard self == .train, error.path == file, error.reason == nil,
                ProjectFolders.advice(error.path).isEmpty,
                let advice = PresetAdvice.of(error.path)
            else { throw error }
            throw error.with(advice: advice)
        } catch let error as ConfigurationError {
            guard let file, let other = other(file) else { throw error }
            let problem = ConfigurationProblem(
                location: file, key: "",
                message: "is \(other.form.words), not \(words): write `think2seg "
                    + "\(other.form.rawValue) \(PathArgument.word(file))`"
                    + (other.form == .ablate
                        ? "" : ", and --of \(other.form.rawValue) with config's commands"))
            throw ConfigurationError(
                problems: [problem] + (other.isWhole ? [] : error.problems))
        }
    }

    /// The run of a folder or configuration; of a file that is another command's, says whose.
    static func evaluatedRun(_ path: String) throws -> EvaluatedRun {
        path.isFolder
            ? try EvaluatedRun(path) : try Self.train.loading(path) { try EvaluatedRun(path) }
    }

    /// The form that a file fits better than this one, and whether it fits as a whole.
    private func other(_ file: String) -> (form: ConfigurationForm, isWhole: Bool)? {
        guard let outline = ConfigurationOutline(file: file) else { return nil }
        let mine = outline.strangers(to: keys)
        let others = Self.allCases.filter { $0 != self }
            .map { ($0, outline.strangers(to: $0.keys)) }
        guard let (form, strangers) = others.min(by: { $0.1 < $1.1 }), strangers * 2 < mine else {
            return nil
        }
        return (form, strangers == 0)
    }
}
