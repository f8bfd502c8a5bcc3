public import NN
import Torch

/// What a run continues from besides the policy, in memory.
public struct TrainerSnapshot: Sendable {
    /// Counters, the place in the data, and rollouts in use.
    public let state: TrainerState
    /// The optimizer's state of each trained parameter.
    public let optimizer: [AdamW.Slot]
    private let rollouts: [NamedTensor]?
    private let optimizerFile: String
    private let rolloutsFile: String

    init(
        state: TrainerState, optimizer: [AdamW.Slot], rollouts: [NamedTensor]?,
        optimizerFile: String, rolloutsFile: String
    ) {
        self.state = state
        self.optimizer = optimizer
        self.rollouts = rollouts
        self.optimizerFile = optimizerFile
        self.rolloutsFile = rolloutsFile
    }

    /// Writes the optimizer's file, and in the middle of a batch of rollouts theirs.
    ///
    /// - Parameter folder: an existing folder
    /// - Throws: `CheckpointError` if a file cannot be written
    public func write(to folder: String) throws {
        try optimizer.write(to: "\(folder)/\(optimizerFile)")
        if let rollouts {
            try SafetensorsFile.write(rollouts, to: "\(folder)/\(rolloutsFile)")
        }
    }
}
