public import Datasets

/// Several shards as one list of samples: those of the first, then those of the second.
public final class ShardedDataset: SampleSource {
    /// The shards in order.
    public let shards: [ShardReader]
    /// The global index of each shard's first sample, and the number of all samples.
    private let starts: [Int]

    /// Opens the shards at `paths`, at least one.
    ///
    /// - Throws: ``ShardError`` if one cannot be read, or if two have a sample of the same id.
    public init(paths: [String]) throws {
        precondition(!paths.isEmpty, "a data set of no shards")
        shards = try paths.map { try ShardReader(path: $0) }
        starts = shards.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1.count) }
        try Self.checkIDs(shards)
    }

    /// How many samples there are.
    public var count: Int { starts[shards.count] }

    /// The name of the sample at `index`, `0..<count`.
    public func id(at index: Int) -> String {
        let place = place(of: index)
        return shards[place.shard].id(at: place.index)
    }

    /// The sample at `index`, `0..<count`.
    ///
    /// - Throws: ``ShardError`` if its bytes are not those that were written, or cannot be read.
    public func sample(at index: Int) throws -> SegmentationSample {
        let place = place(of: index)
        return try shards[place.shard].sample(at: place.index)
    }

    /// The global index of the sample named `id`; nil if there is none.
    public func index(ofID id: String) -> Int? {
        (0..<count).first { self.id(at: $0) == id }
    }

    private struct Place {
        var shard: Int
        var index: Int
    }

    private func place(of index: Int) -> Place {
        precondition(index >= 0 && index < count, "the data set has \(count) samples")
        // The last shard that starts at or before the index.
        var low = 0
        var high = shards.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= index { low = middle } else { high = middle }
        }
        return Place(shard: low, index: index - starts[low])
    }

    private static func checkIDs(_ shards: [ShardReader]) throws {
        var paths: [String: String] = [:]
        for shard in shards {
            for index in 0..<shard.count {
                let id = shard.id(at: index)
                if let other = paths.updateValue(shard.path, forKey: id) {
                    throw ShardError(
                        .duplicateID, path: shard.path, index: index, id: id,
                        "\(other) has a sample of the same id: leave one of the shards out")
                }
            }
        }
    }
}
