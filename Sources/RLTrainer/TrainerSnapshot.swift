import NN
public import Torch

/// What a run continues from besides the policy, in memory.
public struct TrainerSnapshot: Sendable {
    /// Counters, the place in the data, and rollouts in use.
    public let state: TrainerState
    private let optimizer: [NamedTensor]
    private let rollouts: [NamedTensor]?
    private let optimizerFile: String
    private let rolloutsFile: String

    init(
        state: TrainerState, optimizer: [NamedTensor], rollouts: [NamedTensor]?,
        optimizerFile: String, rolloutsFile: String
    ) {
        self.state = state
        self.optimizer = optimizer
        self.rollouts = rollouts
        self.optimizerFile = optimizerFile
        self.rolloutsFile = rolloutsFile
    }

    /// The copied float32 masters of the trained parameters, by key.
    public func masters() -> [String: Tensor] {
        let prefix = AdamW.masterKey("")
        return Dictionary(
            uniqueKeysWithValues: optimizer.lazy.filter { $0.name.hasPrefix(prefix) }
                .map { (String($0.name.dropFirst(prefix.count)), $0.tensor) })
    }

    /// Writes the optimizer's file, and in the middle of a batch of rollouts theirs.
    ///
    /// - Parameter folder: an existing folder
    /// - Throws: `CheckpointError` if a file cannot be written
    public func write(to folder: String) throws {
        try SafetensorsFile.write(optimizer, to: "\(folder)/\(optimizerFile)")
        if let rollouts {
            try SafetensorsFile.write(rollouts, to: "\(folder)/\(rolloutsFile)")
        }
    }
}
