import Configuration
public import Settings
import SharedSettings

extension RunConfiguration {
    /// Reads the configuration of a run that is to begin, or to be continued, here and now.
    ///
    /// - Parameters:
    ///   - file: the YAML file; nil for the defaults
    ///   - overrides: `key=value` each, the later one wins
    ///   - resume: what to do with a folder that holds checkpoints
    ///   - onNote: is told what people should know of values that nobody set
    /// - Returns: the configuration, complete and checked
    /// - Throws: ``ConfigurationError`` with every problem that there is: those of
    ///   ``load(file:overrides:requiresInputs:)``, files that are not there, a device that is not, and
    ///   keys that must be as they were when the run began
    public static func load(
        file: String?, overrides: [String], toRun resume: ResumeMode,
        onNote: (String) -> Void = { _ in }
    ) throws -> RunConfiguration {
        try loadConfiguration(
            file: file, overrides: overrides, foreign: .trainers, onNote: onNote
        ) { configuration, reader in
            configuration.completeAsking(resume, &reader)
            configuration.check(&reader)
            let isReadable = reader.problems.isEmpty
            let start = Result { try RunStart(configuration, resume, readingAll: false) }
            let continues = (try? start.get())?.checkpoint != nil
            reader.requireInputs(configuration.inputs(continues: continues))
            reader.requireDevice(configuration.device)
            reader.requirePrograms(configuration)
            // Keys that could not be read have their defaults: a comparison would find them changed.
            if isReadable, case .failure(let error as ConfigurationError) = start {
                reader.report(error.problems)
            }
        }
    }
}
