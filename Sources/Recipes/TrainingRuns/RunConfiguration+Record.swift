package import Configuration
import Files
import Foundation
package import Policies
import Runs
package import Settings

extension RunConfiguration {
    /// What stands beside the weights that a run writes.
    package var record: PolicyRecord {
        PolicyRecord(command: Self.command, product: Think2Seg.version, settings: asking)
    }

    /// Gives keys that nobody set what the run has that goes on, or else what the policy was trained with,
    /// where how the policy is asked is concerned.
    ///
    /// - Parameters:
    ///   - resume: what to do with a folder that holds checkpoints
    ///   - reader: knows which keys were set
    package mutating func completeAsking(
        _ resume: ResumeMode, _ reader: inout ConfigurationReader<RunConfiguration>
    ) {
        if let (values, origin) = Self.written(resume, output: outputDirectory) {
            let asking = AskingSettings.keys.compactMap { key in values[key].map { (key, $0) } }
            _ = reader.complete(asking, from: origin, into: &self)
        }
        reader.completeFromRecord(of: policy.path, into: &self)
    }

    /// Reads the configuration of a run that was made, which need not say what the run took from its
    /// policy's record.
    ///
    /// - Parameter file: the YAML file
    /// - Returns: the configuration, complete and checked
    /// - Throws: `ConfigurationError` with every problem that there is
    package static func load(ofRun file: String) throws -> RunConfiguration {
        try loadConfiguration(file: file, overrides: []) { configuration, reader in
            configuration.completeAsking(.automatic, &reader)
            configuration.check(&reader)
        }
    }

    /// The values of the run that a start continues, and the folder that they are from; nil for a new one.
    private static func written(
        _ resume: ResumeMode, output: String
    ) -> (values: [String: String], origin: String)? {
        switch resume {
        case .never: return nil
        case .automatic:
            guard !RunDirectory.isFree(output),
                let configuration = RunDirectory.configuration(of: output)
            else { return nil }
            return (CheckpointState.values(of: configuration), output)
        case .from(let path):
            // The start says which checkpoints it leaves out.
            guard let checkpoint = try? CheckpointRecipe.chosen(path, .newest, onWarning: { _ in }),
                let state = try? CheckpointState(folder: checkpoint)
            else { return nil }
            return (state.configuration, checkpoint)
        }
    }
}

extension PolicyRecord {
    /// Writes the record of a checkpoint of `train` beside its policy, where that has none: one of an
    /// earlier version.
    ///
    /// - Parameters:
    ///   - folder: a folder with the policy
    ///   - checkpoint: the checkpoint that it is from
    /// - Throws: `FileError`
    static func writeIfMissing(into folder: String, of checkpoint: String) throws {
        guard !FileManager.default.fileExists(atPath: "\(folder)/\(file)"),
            let state = try? CheckpointState(folder: checkpoint)
        else { return }
        var configuration = RunConfiguration()
        var reader = ConfigurationReader(
            keys: RunConfiguration.keys, listing: RunConfiguration.listing)
        let values = AskingSettings.keys.compactMap { key in
            state.configuration[key].map { (key, $0) }
        }
        _ = reader.complete(values, from: checkpoint, into: &configuration)
        if reader.problems.isEmpty { try configuration.record.write(into: folder) }
    }
}
