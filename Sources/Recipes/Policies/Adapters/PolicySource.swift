package import Adapters
import Files
import Foundation
import NN
import Torch

/// Where a policy comes from: a folder of weights, and perhaps an adapter of them.
package struct PolicySource: Sendable {
    /// The folder with the weights.
    package let base: String
    /// What changes them.
    package let adapter: AdapterChoice?

    /// The folder that tells how the policy is asked: the adapter's, or else the base's.
    package var asked: String {
        if case .stored(let folder)? = adapter { return folder }
        return base
    }

    /// A source from its parts.
    package init(base: String, adapter: AdapterChoice?) {
        self.base = base
        self.adapter = adapter
    }

    /// Whether a folder holds an adapter, alone or beside its base.
    package static func isAdapter(_ folder: String) -> Bool {
        AdapterFolder.isOne(folder)
    }

    /// Finds out what a folder is.
    ///
    /// An adapter beside weights is an adapter of these, as transformers takes it; one that stands alone
    /// is of the base that is given, or of the folder that its own configuration names.
    ///
    /// - Parameters:
    ///   - path: a folder that someone names as a policy
    ///   - adapter: the folder of an adapter of it
    ///   - base: the folder of the base, where `path` is an adapter
    /// - Returns: where weights and adapter are
    /// - Throws: `CheckpointError` that says which folder is of another kind or missing
    package static func find(
        _ path: String, adapter: String? = nil, base: String? = nil
    ) throws -> PolicySource {
        if let adapter {
            try requireBase(path, "--adapter is given, but the policy")
            try AdapterFolder.requireOne(adapter)
            return PolicySource(base: path, adapter: .stored(folder: adapter))
        }
        guard isAdapter(path) else {
            if let base {
                throw CheckpointError(
                    path: path, problem: "is no adapter, and --base names one's base: \(base)",
                    advice: "leave --base out, or name a folder with adapter_config.json")
            }
            try requireNoneBelow(path)
            return PolicySource(base: path, adapter: nil)
        }
        if base == nil, hasWeights(path) {
            return PolicySource(base: path, adapter: .stored(folder: path))
        }
        return PolicySource(
            base: try base ?? statedBase(path), adapter: .stored(folder: path))
    }

    /// Fails for a folder that is an adapter, where a base is needed.
    package static func requireBase(_ path: String, _ what: String) throws {
        guard isAdapter(path) else { return }
        throw CheckpointError(
            path: path, problem: "\(what) is an adapter itself (adapter_config.json)",
            advice: "name the folder of its base, and the adapter beside it")
    }

    private static func requireNoneBelow(_ path: String) throws {
        if FileManager.default.fileExists(atPath: "\(path)/config.json") { return }
        guard let inner = AdapterFolder.below(path).first else { return }
        throw CheckpointError(
            path: path, problem: "holds no policy and no adapter itself; \(inner) holds an adapter",
            advice: "name that folder")
    }

    private static func hasWeights(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(path)/config.json") && WeightFiles.areIn(path)
    }

    /// The base that an adapter's configuration names.
    private static func statedBase(_ path: String) throws -> String {
        let name = try AdapterConfiguration.load(folder: path).base
        guard let name, !name.isEmpty else {
            throw CheckpointError(
                path: path, problem: "is an adapter that does not say of which base",
                advice: "name the base's folder with --base")
        }
        guard name.isFolder else {
            throw CheckpointError(
                path: path, problem: "is an adapter of \(name), which is no folder here",
                advice: "name the base's folder with --base", isMissing: true)
        }
        return name
    }
}
