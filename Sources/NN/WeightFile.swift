package import Torch

/// An opened file of weights: safetensors, or what Python's `torch.save` wrote.
package struct WeightFile: Sendable {
    /// What the file says of one tensor.
    package struct Entry: Sendable {
        /// Its key in the file.
        package let name: String
        /// Its element type in the file.
        package let type: StoredType
        /// Its shape.
        package let shape: [Int]
        fileprivate let place: Place
    }

    fileprivate enum Place: Sendable {
        case safetensors(SafetensorsFile.Entry)
        case torch(TorchCheckpointFile.TensorEntry)
    }

    private enum Content: Sendable {
        case safetensors(SafetensorsFile)
        case torch(TorchCheckpointFile)
    }

    /// Where the file is.
    package let path: String
    /// The tensors, sorted by name.
    package let entries: [Entry]
    /// What should be known of it, a sentence for people.
    let warning: String?
    private let content: Content
    private let index: [String: Int]

    /// Opens a file; its name tells which kind it is, as transformers has it.
    ///
    /// - Parameter path: the file
    /// - Throws: `CheckpointError` if it is missing, damaged or of another kind, or holds no weights
    package init(path: String) throws {
        self.path = path
        let unsorted: [Entry]
        if path.hasSuffix(".safetensors") {
            let file = try SafetensorsFile(path: path)
            content = .safetensors(file)
            warning = nil
            unsorted = file.entries.map {
                Entry(name: $0.name, type: $0.type, shape: $0.shape, place: .safetensors($0))
            }
        } else {
            let file = try TorchCheckpointFile(path: path, checking: .whenUsed)
            content = .torch(file)
            let state = try StateDictionary(file)
            warning = state.warning
            unsorted = state.tensors.map {
                Entry(name: $0, type: $1.type, shape: $1.shape, place: .torch($1))
            }
        }
        entries = unsorted.sorted { $0.name < $1.name }
        index = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    }

    /// The entry of a key, if the file has it.
    func entry(_ name: String) -> Entry? { index[name].map { entries[$0] } }

    /// The tensor of an entry, on the CPU; it shares the file's memory where it can.
    package func tensor(_ entry: Entry) throws -> Tensor {
        switch (content, entry.place) {
        case (.safetensors(let file), .safetensors(let entry)): try file.tensor(entry)
        case (.torch(let file), .torch(let entry)): try file.tensor(entry)
        default: preconditionFailure("an entry of another file")
        }
    }

    /// Whether a tensor has type, shape and bytes of one in another file; of large ones some places count.
    package func seemsEqual(_ entry: Entry, to other: WeightFile, _ otherEntry: Entry) -> Bool {
        switch (content, entry.place, other.content, otherEntry.place) {
        case (
            .safetensors(let mine), .safetensors(let entry),
            .safetensors(let others), .safetensors(let otherEntry)
        ): mine.seemsEqual(entry, to: others, otherEntry)
        case (.torch(let mine), .torch(let entry), .torch(let others), .torch(let otherEntry)):
            mine.seemsEqual(entry, to: others, otherEntry)
        default: false
        }
    }
}

/// The tensors of a file of `torch.save`, by name.
private struct StateDictionary {
    private(set) var tensors: [String: TorchCheckpointFile.TensorEntry] = [:]
    private(set) var warning: String?

    /// Where programs put a state_dict that they save with other things.
    private static let places = ["state_dict", "model", "module", "model_state_dict"]

    /// Finds the tensors: in the outermost dictionary, or in one of the usual places in it.
    ///
    /// - Throws: `CheckpointError` if there is no state_dict, or it holds something else
    init(_ file: TorchCheckpointFile) throws {
        guard let outer = file.root.dictionary else {
            throw CheckpointError(
                path: file.path, problem: "holds \(file.root.kind) where a state_dict should be",
                advice: Self.advice)
        }
        let inner = Self.places.filter { file.root[$0]?.dictionary?.isEmpty == false }
        if inner.isEmpty || outer.contains(where: { $0.value.tensor != nil }) {
            try take(outer, file)
            return
        }
        guard inner.count == 1, let value = file.root[inner[0]]?.dictionary else {
            throw CheckpointError(
                path: file.path,
                problem: "holds several state_dicts: \(inner.joined(separator: ", "))",
                advice: Self.advice)
        }
        try take(value, file)
        warning =
            "\(file.path): the weights are in \"\(inner[0])\" of the file, from where they are read; "
            + "transformers reads them only if they are the file itself"
    }

    private mutating func take(
        _ pairs: [(key: TorchCheckpointFile.Value, value: TorchCheckpointFile.Value)],
        _ file: TorchCheckpointFile
    ) throws {
        for (key, value) in pairs {
            guard let name = key.text, let entry = value.tensor else {
                throw CheckpointError(
                    path: file.path,
                    problem: "the state_dict holds \(value.kind) under \(key.text ?? key.kind)",
                    advice: Self.advice)
            }
            if tensors.updateValue(entry, forKey: name) != nil {
                throw CheckpointError(
                    path: file.path, problem: "the state_dict holds \(name) twice",
                    advice: Self.advice)
            }
        }
    }

    private static let advice =
        "if you trust the file, load it in Python and write the model's state_dict() with torch.save"
}
