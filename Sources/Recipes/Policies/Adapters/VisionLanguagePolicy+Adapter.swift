import Adapters
import Configuration
import VisionLanguage

extension VisionLanguagePolicy {
    /// Fails where a checkpoint's policy has another adapter than this one: training cannot go on from one
    /// to the other.
    ///
    /// - Parameters:
    ///   - folder: the policy's folder of the checkpoint
    ///   - origin: the checkpoint, for messages
    /// - Throws: `ConfigurationError` with every key that differs; `CheckpointError` if the adapter cannot
    ///   be read
    package func requireAdapter(of folder: String, origin: String) throws {
        let isStored = PolicySource.isAdapter(folder)
        func problem(_ key: String, _ message: String) -> ConfigurationProblem {
            ConfigurationProblem(
                location: origin, key: "policy.adapter.\(key)",
                message: message + "; set it back, or choose another output_dir")
        }
        var problems: [ConfigurationProblem] = []
        // As it is written: a checkpoint names the modules that all-linear means.
        let files = try model.adapterFiles(baseName: nil)
        if let files, isStored {
            let now = try AdapterConfiguration(files.configuration, path: "policy.adapter")
            let keys = try AdapterConfiguration.load(folder: folder).changedKeys(from: now)
            problems = keys.map { problem($0, "the run was started with another value") }
        } else if files != nil || isStored {
            let word = isStored ? "with" : "without"
            problems = [problem("target_modules", "the run was started \(word) an adapter")]
        }
        if !problems.isEmpty { throw ConfigurationError(problems: problems) }
    }
}
