package import Shards
package import TrainingRuns

/// Completions, and the samples that they are about.
package struct CompletionSource {
    /// The file.
    package let file: CompletionFile
    /// The samples; nil where none are looked up.
    package let dataset: ShardedDataset?
    /// The reward term that needs to know how many tokens each completion has; nil without one.
    var countingTerm: String?
    private let shards: [String]
    private let places: [String: Int]

    /// Opens the shards, if there are any.
    package init(path: String, data: [String]) throws {
        file = CompletionFile(path: path)
        shards = data
        let dataset = data.isEmpty ? nil : try ShardedDataset(paths: data)
        self.dataset = dataset
        places = Dictionary(
            uniqueKeysWithValues: (0..<(dataset?.count ?? 0)).map { index in
                (dataset?.id(at: index) ?? "", index)
            })
    }

    /// The files that are read.
    package var inputs: [CommandInputFiles] {
        [.file(file.path)] + CommandInputFiles.shards(shards)
    }

    /// Reads the whole file once, where that is possible, so that a bad line stops the command
    /// before anything is scored or written.
    ///
    /// - Returns: how many completions there are; nil where the file can be read only once
    @discardableResult
    package func check() throws -> Int? {
        guard file.isRepeatable else { return nil }
        var count = 0
        try forEach { _, _ in count += 1 }
        return count
    }

    /// The completions in order, each with the place of its sample in ``dataset``.
    package func forEach(_ body: (_ record: CompletionRecord, _ place: Int) throws -> Void) throws {
        var count = 0
        try file.forEach { record, line in
            count += 1
            if let countingTerm, record.tokenCount == nil {
                throw CompletionFileError(
                    path: file.path, line: line,
                    problem:
                        "\"num_tokens\" is missing, which the reward term \(countingTerm) needs")
            }
            try body(record, try place(of: record.id, line: line))
        }
        if count == 0 {
            throw CompletionFileError(
                path: file.path, line: nil,
                problem: "holds no completions; a line is {\"id\": …, \"completion\": …}")
        }
    }

    private func place(of id: CompletionRecord.ID, line: Int) throws -> Int {
        guard dataset != nil else { return 0 }
        if let place = places[id.name] { return place }
        let example = dataset?.id(at: 0) ?? ""
        throw CompletionFileError(
            path: file.path, line: line,
            problem: "no sample of \(shards.joined(separator: ", ")) is named '\(id.name)'; "
                + "the first one there is '\(example)'")
    }
}
