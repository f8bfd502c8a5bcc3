import Torch

extension AdamW {
    /// Writes the state of all parameters to a file; see `[AdamW.Slot].write(to:)`.
    ///
    /// - Parameter path: the file; replaced in one go
    /// - Throws: `CheckpointError` if it cannot be written
    public func save(to path: String) throws { try slots.write(to: path) }

    /// The state of all parameters, copied to main memory: it stays as it is while training goes on.
    public func snapshot() throws -> [Slot] {
        try withoutGradients {
            try slots.map { slot in
                Slot(
                    key: slot.key, master: try slot.master.detached().copiedToHost(),
                    expAvg: try slot.expAvg.copiedToHost(),
                    expAvgSq: try slot.expAvgSq.copiedToHost(), step: try slot.step.copiedToHost())
            }
        }
    }

    /// Continues from a file that ``save(to:)`` wrote for the same parameters; parameters get the values
    /// of their masters.
    ///
    /// - Parameter path: the file
    /// - Throws: `CheckpointError` if the file is missing or damaged, or belongs to other parameters;
    ///   nothing is changed then
    public func restore(from path: String) throws {
        let file = try SafetensorsFile(path: path)
        var pairs: [(target: Tensor, source: Tensor)] = []
        for slot in slots {
            for (name, target) in slot.tensors {
                let key = "\(name).\(slot.key)"
                guard let entry = file.entry(key), entry.shape == target.shape,
                    entry.dtype == target.dtype
                else {
                    throw CheckpointError(
                        path: path,
                        problem: "no tensor \(key) \(target.shape) for the optimizer",
                        advice: "the file belongs to a run that trained other parameters")
                }
                pairs.append((target, try file.tensor(entry)))
            }
        }
        if pairs.count != file.entries.count {
            throw CheckpointError(
                path: path, problem: "has the state of parameters that are not trained now",
                advice: "resume with the same parameters frozen as before")
        }
        try withoutGradients {
            for (target, source) in pairs { try target.copyInPlace(from: source) }
            try roundMasters()
        }
    }
}

extension [AdamW.Slot] {
    /// Writes the state of all parameters to one safetensors file: `master.KEY`, `exp_avg.KEY`,
    /// `exp_avg_sq.KEY` and `step.KEY`, all float32.
    ///
    /// The masters are float32 copies of the parameters, or their values where they are float32.
    ///
    /// - Parameter path: the file; replaced in one go
    /// - Throws: `CheckpointError` if it cannot be written
    public func write(to path: String) throws {
        try SafetensorsFile.write(
            flatMap { slot in slot.tensors.map { NamedTensor("\($0).\(slot.key)", $1) } }, to: path)
    }
}

extension AdamW.Slot {
    /// What a checkpoint keeps, by the first part of its key there.
    fileprivate var tensors: [(String, Tensor)] {
        [("master", master), ("exp_avg", expAvg), ("exp_avg_sq", expAvgSq), ("step", step)]
    }
}
