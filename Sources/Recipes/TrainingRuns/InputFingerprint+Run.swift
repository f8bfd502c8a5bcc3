import Embeddings
import Policies
import RLTrainer
package import Runs
package import Settings

extension InputFingerprint {
    /// The inputs that all steps of a run depend on, by key.
    ///
    /// The starting policy counts where it is the reference that the policy is held to, or the base of an
    /// adapter; else only the first session reads it.
    package static func inputs(of configuration: RunConfiguration) -> [String: FingerprintedInput] {
        var inputs = [
            "segmenter.path": FingerprintedInput.segmenter(configuration.segmenter.path),
            "data.train": .data(configuration.data.train),
        ]
        let adapter = configuration.policy.adapter
        if adapter.isUsed, adapter.heldTo == .start, configuration.grpo.loss.beta != 0 {
            inputs["policy.adapter.path"] = .adapter(adapter.path)
        }
        if configuration.grpo.loss.beta != 0 || adapter.isUsed {
            inputs["policy.path"] = .policy(configuration.policy.path)
        }
        if let path = configuration.prompt.chatTemplate.path {
            inputs["prompt.chat_template"] = .file(path)
        }
        return inputs
    }

    /// The fingerprint of every input that all steps of a run depend on, by its key.
    ///
    /// - Parameters:
    ///   - configuration: what is run
    ///   - digest: what tells files and folders from others
    /// - Returns: the fingerprints
    /// - Throws: ``MissingInputError`` if one is not there, or an error that names the file that cannot be
    ///   read
    package static func all(
        of configuration: RunConfiguration,
        digest: (FingerprintedInput) throws -> String = InputFingerprint.digest
    ) throws -> [String: String] {
        try inputs(of: configuration).mapValues(digest)
    }

    /// The keys whose files are not those that a run was started with.
    ///
    /// - Parameters:
    ///   - now: the fingerprints of now
    ///   - saved: those of the run
    ///   - configuration: what is run
    /// - Returns: the keys, sorted
    /// - Throws: an error that names the file that cannot be read
    package static func changedKeys(
        _ now: [String: String], from saved: [String: String], _ configuration: RunConfiguration
    ) throws -> [String] {
        let inputs = inputs(of: configuration)
        return try now.keys.sorted().filter { key in
            guard now[key] != saved[key] else { return false }
            // Earlier versions counted all files of a folder, those that are not read too.
            return try inputs[key].map { try digest($0.paths) != saved[key] } ?? true
        }
    }

    /// The fingerprint of the files that are read of an input.
    package static func digest(_ input: FingerprintedInput) throws -> String {
        guard let (folder, names) = input.files else { return try digest(input.paths) }
        return try digest(names, in: folder)
    }
}
