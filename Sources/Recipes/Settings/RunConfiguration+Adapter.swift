import Configuration
import NN
package import Policies
import VisionLanguage

extension RunConfiguration {
    /// Where the policy comes from that is trained.
    ///
    /// - Parameter checkpoint: the policy's folder of the checkpoint that the run goes on from; nil at the
    ///   beginning
    /// - Returns: base and adapter
    /// - Throws: `CheckpointError` where a folder is of another kind
    package func policySource(checkpoint: String?) throws -> PolicySource {
        try policy.source(checkpoint: checkpoint, seed: UInt64(seed))
    }
}
