package import NN
package import Torch

/// The tensors of an official checkpoint, a file of `torch.save`, by the hub's keys.
package final class OfficialCheckpoint: ModelCheckpoint {
    /// The file.
    package let path: String
    /// None.
    package let warnings: [String] = []
    private let file: TorchCheckpointFile
    /// One tensor per key, or the rows of one.
    private var located: [String: [TorchCheckpointFile.TensorEntry]] = [:]
    /// Tensors that have no place in the model, by their official names.
    private var unknown: [String] = []
    private var taken: Set<String> = []

    /// Opens a file whose `model`, or which itself, is a dictionary of tensors by official names.
    ///
    /// - Parameters:
    ///   - path: the file
    ///   - family: what people call the models that are read, for messages
    ///   - names: the translation of its tensors' names
    /// - Throws: `CheckpointError` if it is missing, damaged or holds something else
    package init(path: String, family: String, names: OfficialNames) throws {
        self.path = path
        file = try TorchCheckpointFile(path: path)
        let state = try Self.state(of: file)
        let names = OfficialTranslation(names, state.keys)
        var rows: [String: [Int: TorchCheckpointFile.TensorEntry]] = [:]
        for (key, entry) in state {
            switch names.place(key) {
            case .whole(let name): located[name] = [entry]
            case .row(let row, let name): rows[name, default: [:]][row] = entry
            case .unused: break
            case .unknown: unknown.append(key)
            }
        }
        for (name, entries) in rows where Set(entries.keys) == Set(0..<entries.count) {
            located[name] = (0..<entries.count).compactMap { entries[$0] }
        }
        if located.isEmpty {
            let some = state.keys.sorted().prefix(3).joined(separator: ", ")
            throw CheckpointError(
                path: path, problem: "none of its tensors has an official name: \(some), …",
                advice:
                    "give an official .pt file of \(family), or the folder of a checkpoint in the "
                    + "hub's layout")
        }
    }

    /// The tensors of the file, by official names.
    private static func state(
        of file: TorchCheckpointFile
    ) throws -> [String: TorchCheckpointFile.TensorEntry] {
        let advice = "an official file is {\"model\": model.state_dict()}"
        let outer = file.root
        let value = outer["model"] ?? outer
        guard let pairs = value.dictionary else {
            throw CheckpointError(
                path: file.path, problem: "holds \(value.kind) where a state_dict should be",
                advice: advice)
        }
        var state: [String: TorchCheckpointFile.TensorEntry] = [:]
        for (key, value) in pairs {
            guard let name = key.text, let entry = value.tensor else {
                throw CheckpointError(
                    path: file.path,
                    problem: "the state_dict holds \(value.kind) under \(key.text ?? key.kind)",
                    advice: advice)
            }
            if state.updateValue(entry, forKey: name) != nil {
                throw CheckpointError(
                    path: file.path, problem: "the state_dict holds \(name) twice", advice: advice)
            }
        }
        return state
    }

    /// Whether the checkpoint has a key.
    package func contains(_ key: String) -> Bool { located[key] != nil }

    /// The shape of a key's tensor; nil if there is none.
    package func shape(_ key: String) -> [Int]? {
        guard let entries = located[key], let first = entries.first else { return nil }
        if entries.count == 1 { return first.shape }
        guard first.shape.count > 1, entries.allSatisfy({ $0.shape == first.shape }) else {
            return nil
        }
        return [first.shape[0] * entries.count] + first.shape.dropFirst()
    }

    /// Takes a tensor without reading it.
    package func require(_ key: String, shape: [Int]) throws { _ = try take(key, shape: shape) }

    /// Takes a tensor.
    package func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        let tensors = try take(key, shape: shape).map { try file.tensor($0) }
        return tensors.count == 1 ? tensors[0] : try Tensor.concatenate(tensors, dim: 0)
    }

    private func take(_ key: String, shape: [Int]) throws -> [TorchCheckpointFile.TensorEntry] {
        guard let entries = located[key], let type = entries.first?.type else {
            throw CheckpointError(
                path: path, problem: "tensor \(key) \(shape) is missing",
                advice: "the file is incomplete, or belongs to a model of another kind")
        }
        guard self.shape(key) == shape else {
            let found = entries.map { "\($0.shape)" }.joined(separator: ", ")
            throw CheckpointError(
                path: path,
                problem: "tensor \(key) has shape \(found), the configuration needs \(shape)",
                advice:
                    "the model is of another size: put its own config.json, in the hub's layout, "
                    + "beside the file")
        }
        guard entries.allSatisfy({ $0.type == type && type.isFloatingPoint }) else {
            throw CheckpointError(
                path: path,
                problem: "tensor \(key) holds \(type), not numbers that a model is trained in")
        }
        taken.insert(key)
        return entries
    }

    /// Fails if there are tensors that were not taken.
    package func finish() throws {
        let left = (located.keys.filter { !taken.contains($0) } + unknown).sorted()
        if left.isEmpty { return }
        let shown = left.prefix(5).joined(separator: ", ") + (left.count > 5 ? ", …" : "")
        throw CheckpointError(
            path: path, problem: "\(left.count) tensors have no place in the model: \(shown)",
            advice: "the file belongs to a model of another kind")
    }
}
