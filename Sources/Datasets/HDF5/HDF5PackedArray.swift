/// An array whose chunks were compressed or otherwise filtered, unpacked chunk by chunk.
///
/// The library's own filters neither bound what a chunk unpacks to nor check that it unpacks to all of
/// its bytes. A few chunks stay unpacked in the cache of the file, since neighbours are read one after another.
final class HDF5PackedArray: Sendable {
    private let file: HDF5Bytes
    private let table: HDF5ChunkTable
    private let dimensions: [UInt64]
    private let elementSize: Int
    private let fill: [UInt8]
    private let header: UInt64
    private let cache: HDF5ChunkCache
    private let keptLimit: Int

    /// How many bytes of an array stay unpacked, or one chunk.
    private static let keptBytes = 4 << 20
    private static let keptChunks = 16

    /// Reads an array in a file; its shape is one of one or two dimensions by the time that rows are
    /// asked for.
    init(
        _ file: HDF5Bytes, _ table: HDF5ChunkTable, _ stored: HDF5StoredArray,
        _ cache: HDF5ChunkCache
    ) {
        self.file = file
        self.cache = cache
        header = stored.header
        self.table = table
        dimensions = stored.dimensions
        elementSize = stored.type.size
        fill = stored.fill
        keptLimit = max(1, min(Self.keptChunks, Self.keptBytes / max(1, table.chunkSize)))
    }

    /// The bytes of the rows in `rows`, row after row, as they are stored.
    func read(_ rows: Range<Int>) throws(HDF5StructureFault) -> [UInt8] {
        let width = dimensions.count > 1 ? Int(dimensions[1]) : 1
        let edge = (
            rows: Int(table.edges[0]), width: table.edges.count > 1 ? Int(table.edges[1]) : 1
        )
        let across = table.grid.count > 1 ? Int(table.grid[1]) : 1
        let rowSize = width * elementSize
        var bytes = [UInt8](repeating: 0, count: rows.count * rowSize)
        for line in rows.lowerBound / edge.rows...(rows.upperBound - 1) / edge.rows {
            let part = rows.clamped(to: line * edge.rows..<(line + 1) * edge.rows)
            for column in 0..<across {
                let chunk = try unpacked(UInt64(line * across + column))
                let from = Piece(
                    start: (part.lowerBound - line * edge.rows) * edge.width * elementSize,
                    stride: edge.width * elementSize)
                let to = Piece(
                    start: (part.lowerBound - rows.lowerBound) * rowSize
                        + column * edge.width * elementSize,
                    stride: rowSize)
                let length = min(edge.width, width - column * edge.width) * elementSize
                if let chunk {
                    Self.copy(chunk, from, &bytes, to, length: length, lines: part.count)
                } else {
                    writeFill(&bytes, to, length: length, lines: part.count)
                }
            }
        }
        return bytes
    }

    /// Lines of bytes, at even distances.
    private struct Piece {
        let start: Int
        let stride: Int
    }

    private static func copy(
        _ source: [UInt8], _ from: Piece, _ target: inout [UInt8], _ to: Piece, length: Int,
        lines: Int
    ) {
        // Lines without gaps are one.
        let isWhole = from.stride == length && to.stride == length
        let (length, lines) = isWhole ? (length * lines, 1) : (length, lines)
        source.withUnsafeBytes { source in
            target.withUnsafeMutableBytes { target in
                for line in 0..<lines {
                    let start = from.start + line * from.stride
                    let end = to.start + line * to.stride
                    target[end..<end + length].copyBytes(from: source[start..<start + length])
                }
            }
        }
    }

    /// Puts the value where nothing was written.
    private func writeFill(_ target: inout [UInt8], _ to: Piece, length: Int, lines: Int) {
        guard fill.contains(where: { $0 != 0 }) else { return }
        for line in 0..<lines {
            let start = to.start + line * to.stride
            for index in 0..<length { target[start + index] = fill[index % elementSize] }
        }
    }

    /// The bytes of a chunk; nil if nothing of it was written.
    private func unpacked(_ number: UInt64) throws(HDF5StructureFault) -> [UInt8]? {
        guard let chunk = table.chunk(number) else { return nil }
        let key = HDF5ChunkCache.Key(array: header, number: number)
        if let found = cache.bytes(key) { return found }
        let packed = try file.block(at: chunk.address, count: Int(chunk.size), "a chunk")
        var bytes = try table.filters.unpack(packed, size: table.chunkSize, mask: chunk.mask)
        // A chunk may reach far beyond the last row.
        let used = usedSize(number)
        if used < bytes.count { bytes = Array(bytes[..<used]) }
        cache.keep(bytes, key, others: keptLimit - 1)
        return bytes
    }

    /// How many bytes of a chunk belong to rows of the array.
    private func usedSize(_ number: UInt64) -> Int {
        let line = number / (table.grid.count > 1 ? table.grid[1] : 1)
        let rows = min(table.edges[0], dimensions[0] - line * table.edges[0])
        return Int(rows) * (table.edges.count > 1 ? Int(table.edges[1]) : 1) * elementSize
    }
}
