import Synchronization

/// Unpacked chunks of all arrays of a file, kept for the next read.
///
/// A file can have many arrays of large chunks, so there is one bound for all of them together; what was
/// not used for longest goes first.
final class HDF5ChunkCache: Sendable {
    /// Which chunk of which array.
    struct Key: Equatable {
        /// The address of the array's header.
        let array: UInt64
        /// Which it is of the array's chunks, counted row by row.
        let number: UInt64
    }

    private typealias Kept = (key: Key, bytes: [UInt8])

    /// So many bytes of a file are kept at most; a chunk that is larger is unpacked for each read.
    static let usualLimit = 512 << 20

    private let limit: Int
    private let kept = Mutex<[Kept]>([])

    /// A cache that keeps `limit` bytes at most.
    init(limit: Int = usualLimit) {
        self.limit = limit
    }

    /// How many bytes are kept.
    var byteCount: Int {
        kept.withLock { Self.byteCount($0) }
    }

    private static func byteCount(_ kept: [Kept]) -> Int {
        kept.reduce(0) { $0 + $1.bytes.count }
    }

    /// The bytes of a chunk, if they are kept.
    func bytes(_ key: Key) -> [UInt8]? {
        kept.withLock { kept in
            guard let place = kept.firstIndex(where: { $0.key == key }) else { return nil }
            let found = kept.remove(at: place)
            kept.insert(found, at: 0)
            return found.bytes
        }
    }

    /// Keeps the bytes of a chunk, beside which `others` more of its array may stay.
    func keep(_ bytes: [UInt8], _ key: Key, others: Int) {
        guard bytes.count <= limit else { return }
        kept.withLock { kept in
            var left = others
            kept.removeAll { other in
                guard other.key.array == key.array else { return false }
                if other.key != key { left -= 1 }
                return other.key == key || left < 0
            }
            kept.insert((key, bytes), at: 0)
            var count = Self.byteCount(kept)
            while count > limit, let last = kept.popLast() { count -= last.bytes.count }
        }
    }
}
