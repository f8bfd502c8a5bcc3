import Datasets
import DatasetsTestSupport
import Shards
import Testing

/// Changes single bytes of a shard where its structure stands.
struct ShardDamage {
    private let intact: [UInt8]
    /// Where structure stands: not in long runs of zeros, which are the unused ends of chunks.
    private let places: [Int]

    /// Damage to a file of the bytes `intact`.
    init(_ intact: [UInt8]) {
        self.intact = intact
        places = intact.indices.filter { place in
            intact[max(0, place - 6)...place].contains { $0 != 0 }
        }
    }

    /// Reads `count` files that have one byte changed each, written to `path`.
    ///
    /// - Returns: how many were refused; what is not is read, and no file is changed by reading
    /// - Throws: what is no `ShardError`
    func refusals(of count: Int, at path: String) throws -> Int {
        var generator = SeededGenerator(seed: 5)
        var refused = 0
        for _ in 0..<count {
            var changed = intact
            let place = places[generator.uniform(below: places.count)]
            let values: [UInt8] = [0, 1, 2, 3, 0x7F, 0x80, 0xFF, intact[place] ^ 0x10]
            changed[place] = values[generator.uniform(below: values.count)]
            try writeBytes(changed, to: path)
            do {
                _ = try ShardReader(path: path).verify()
            } catch is ShardError {
                refused += 1
            }
            #expect(try readBytes(path) == changed)
        }
        return refused
    }
}
