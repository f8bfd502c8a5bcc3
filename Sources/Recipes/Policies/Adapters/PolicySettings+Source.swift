import Adapters

extension PolicySettings {
    /// Where the policy comes from that is trained.
    ///
    /// - Parameters:
    ///   - checkpoint: the policy's folder of the checkpoint that the run goes on from; nil at the beginning
    ///   - seed: what a fresh adapter's numbers depend on
    /// - Returns: base and adapter
    /// - Throws: `CheckpointError` where a folder is of another kind
    package func source(checkpoint: String?, seed: UInt64) throws -> PolicySource {
        let base = adapter.isUsed ? path : checkpoint ?? path
        try PolicySource.requireBase(base, "policy.path")
        guard adapter.isUsed else { return PolicySource(base: base, adapter: nil) }
        if let checkpoint {
            return PolicySource(base: path, adapter: .stored(folder: checkpoint))
        }
        if adapter.start == .continue {
            return try PolicySource.find(path, adapter: adapter.path)
        }
        return PolicySource(
            base: path,
            adapter: .fresh(adapter.configuration(base: path), seed: seed))
    }
}
