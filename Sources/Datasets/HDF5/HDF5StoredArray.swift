// Reference: The HDF Group, HDF5 File Format Specification Version 3.0, IV.A.2.i

/// Where the numbers of an array stand.
struct HDF5StoredArray: Sendable {
    /// Who reads the numbers.
    enum Storage: Sendable {
        /// The library: they stand in the file as they are, so many bytes of them.
        case plain(byteCount: UInt64)
        /// ``HDF5PackedArray``: each chunk went through filters.
        case packed(HDF5ChunkTable)
    }

    /// The address of the array's header.
    let header: UInt64
    let dimensions: [UInt64]
    let type: Datatype
    let storage: Storage
    /// The bytes of a number where nothing was written.
    let fill: [UInt8]

    /// So much may an array have that was never written, whatever is stored.
    private static let unwritten: UInt64 = 16 << 20

    /// Checks that all that belongs to an array is in the file.
    ///
    /// - Parameters:
    ///   - messages: what its header says
    ///   - file: the file
    ///   - order: half the children of a node of the tree of chunks
    ///   - seen: the nodes of all arrays so far
    /// - Throws: ``HDF5StructureFault``
    init(
        _ messages: HDF5ArrayMessages, _ file: HDF5Bytes, order: Int, _ seen: inout Set<UInt64>
    ) throws(HDF5StructureFault) {
        header = messages.header
        dimensions = messages.space.dimensions
        type = messages.type
        // Before anything of its size is made: only numbers are small.
        guard type.isNumber else {
            throw HDF5StructureFault(
                place: header,
                form: "holds \(type.name), where shards have plain numbers: store it as those "
                    + "(h5py: astype)", mend: nil)
        }
        fill = messages.fill ?? [UInt8](repeating: 0, count: type.size)
        let layout = HDF5Layout(messages)
        let filters = messages.filters.flatMap { $0.steps.isEmpty ? nil : $0 }
        storage = try layout.check(file, filters, order: order, &seen)
    }

    /// How many bytes all numbers have together.
    var byteCount: UInt64 { dimensions.reduce(UInt64(type.size)) { $0 * $1 } }

    /// Why what is stored cannot be as many numbers as the shape says; nil if it can.
    ///
    /// Says so before any memory is taken for what a damaged shape asks for.
    var excess: String? {
        let (stored, most): (UInt64, UInt64)
        switch storage {
        case .plain(let count): (stored, most) = (count, count)
        case .packed(let table):
            stored = table.chunks.reduce(0) { $0 + UInt64($1.size) }
            most = stored.multipliedReportingOverflow(by: HDF5Filters.deflateRatio).partialValue
        }
        let limit = most.addingReportingOverflow(Self.unwritten)
        guard !limit.overflow, byteCount > limit.partialValue else { return nil }
        return "claims \(byteCount) bytes and stores \(stored), which cannot become so many"
    }
}

/// The messages of an array's header.
struct HDF5ArrayMessages {
    let header: UInt64
    let space: Dataspace
    let type: Datatype
    let layout: HDF5Block
    let filters: HDF5Filters?
    let fill: [UInt8]?
}

/// How an array is laid out in the file.
private struct HDF5Layout {
    private let space: Dataspace
    private let layout: HDF5Block
    private let elementSize: UInt64

    init(_ messages: HDF5ArrayMessages) {
        (space, layout) = (messages.space, messages.layout)
        elementSize = UInt64(messages.type.size)
    }

    private func product(_ factors: [UInt64]) throws(HDF5StructureFault) -> UInt64 {
        var product = elementSize
        for factor in factors {
            let (next, overflows) = product.multipliedReportingOverflow(by: factor)
            guard !overflows, next <= UInt64(Int64.max) else {
                throw layout.fault("an array is too large for any memory")
            }
            product = next
        }
        return product
    }

    func check(
        _ file: HDF5Bytes, _ filters: HDF5Filters?, order: Int, _ seen: inout Set<UInt64>
    ) throws(HDF5StructureFault) -> HDF5StoredArray.Storage {
        let version = try layout.number(0, 1)
        // HDF5 2.0 has 5 for compressed chunks.
        if (4...5).contains(version) {
            guard try layout.number(1, 1) != 3 else {
                throw layout.form("has its numbers in other arrays", mend: .copy)
            }
            throw layout.form(
                "is stored in the newer form of HDF5 (the version of a layout: \(version))",
                mend: .repackOrCopy)
        }
        try layout.require(0, 1, is: 3, "the version of a layout")
        let byteCount = try space.isNull ? 0 : product(space.dimensions)
        switch try layout.number(1, 1) {
        case 0:
            try layout.require(2, 2, is: byteCount, "the size of an array in its header")
            _ = try layout.part(4, Int(byteCount))
            return .plain(byteCount: byteCount)
        case 1: return try .plain(byteCount: checkContiguous(file, byteCount))
        case 2: return try checkChunks(file, filters, order: order, &seen)
        case let kind: throw layout.fault("a layout of the kind \(kind)", at: 1)
        }
    }

    private func checkContiguous(
        _ file: HDF5Bytes, _ byteCount: UInt64
    ) throws(HDF5StructureFault) -> UInt64 {
        let address = try layout.number(2, 8)
        try layout.require(10, 8, is: byteCount, "the size of an array")
        guard space.dimensions == space.limits else {
            throw layout.fault("an array that may grow stands in one piece")
        }
        if address == HDF5Bytes.undefined { return 0 }
        try file.requireInside(address, byteCount, "an array")
        return byteCount
    }

    private func checkChunks(
        _ file: HDF5Bytes, _ filters: HDF5Filters?, order: Int, _ seen: inout Set<UInt64>
    ) throws(HDF5StructureFault) -> HDF5StoredArray.Storage {
        let rank = space.dimensions.count
        guard rank > 0 else { throw layout.fault("a single number in chunks") }
        try layout.require(2, 1, is: UInt64(rank + 1), "the dimensions of chunks")
        var edges: [UInt64] = []
        for index in 0..<rank { edges.append(try layout.number(11 + index * 4, 4)) }
        try layout.require(11 + rank * 4, 4, is: elementSize, "the size of a number in a chunk")
        let size = try product(edges)
        guard size > 0, size <= UInt64(UInt32.max) else {
            throw layout.fault("chunks have \(size) bytes", at: 11)
        }
        for (edge, limit) in zip(edges, space.limits)
        where limit != HDF5Bytes.undefined && edge > limit {
            throw layout.fault("chunks are larger than the array may become", at: 11)
        }
        if filters != nil, size > HDF5ChunkTable.sizeLimit {
            throw layout.form(
                "has compressed chunks of \(size) bytes; up to \(HDF5ChunkTable.sizeLimit) are read",
                mend: .repack)
        }
        let tree = HDF5ChunkTree(
            dimensions: space.dimensions, edges: edges, size: size, filters: filters, order: order)
        let root = try layout.number(3, 8)
        let chunks = try root == HDF5Bytes.undefined ? [] : tree.walk(file, root: root, &seen)
        guard let filters else { return .plain(byteCount: UInt64(chunks.count) * size) }
        return .packed(tree.table(filters, chunks))
    }
}
