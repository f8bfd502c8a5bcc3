/// Where the chunks of an array stand that were filtered before they were written.
struct HDF5ChunkTable: Sendable {
    /// A chunk in the file.
    struct Chunk: Sendable {
        /// Which it is, counted row by row.
        let number: UInt64
        let address: UInt64
        let size: UInt32
        /// A bit for each filter that was left out.
        let mask: UInt32
    }

    let filters: HDF5Filters
    /// How many chunks lie beside each other along each dimension.
    let grid: [UInt64]
    /// The sides of a chunk.
    let edges: [UInt64]
    /// How many bytes a chunk has unpacked.
    let chunkSize: Int
    /// By number; those of which nothing was written are missing.
    var chunks: [Chunk] = []

    /// The largest chunk that is unpacked: reading one number unpacks a whole chunk.
    static let sizeLimit: UInt64 = 1 << 30

    /// The chunk of a number; nil if nothing of it was written.
    func chunk(_ number: UInt64) -> Chunk? {
        var (low, high) = (0, chunks.count)
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].number < number { low = middle + 1 } else { high = middle }
        }
        return low < chunks.count && chunks[low].number == number ? chunks[low] : nil
    }
}
