import Configuration
import NewModels
package import Policies
import Runs

extension SFTConfiguration {
    /// Gives keys that nobody set the values of the run that goes on, where how the policy is asked is
    /// concerned: the record of the policy that it started from may have changed since.
    mutating func completeFromRun(_ reader: inout ConfigurationReader<Self>) {
        guard let file = RunDirectory.configurationFile(of: outputDirectory),
            let written = try? SFTConfiguration.load(file: file)
        else { return }
        _ = reader.complete(written.asking.values, from: file, into: &self)
    }

    /// Gives keys that nobody set what the policy was trained with, or is made for.
    mutating func completeFromStart(_ reader: inout ConfigurationReader<Self>) {
        if policy.start == .checkpoint {
            return reader.completeFromRecord(of: policy.path, into: &self)
        }
        reader.complete(
            AskingSettings(imageSize: EmbeddedModels.imageSide), from: "policy.start", into: &self,
            because: "which policy.start embedded is made for")
    }

    /// What stands beside the weights that a run writes.
    ///
    /// - Returns: the record; how long answers may be is as the start's record has it
    /// - Throws: `PolicyConfigurationError` if that cannot be read
    package func record() throws -> PolicyRecord {
        let start =
            policy.start == .checkpoint ? try PolicyRecord.read(policy.path)?.settings : nil
        return PolicyRecord(
            command: Self.command, product: Think2Seg.version,
            settings: asking.completed(
                by: AskingSettings(maxCompletionLength: start?.maxCompletionLength)))
    }
}
