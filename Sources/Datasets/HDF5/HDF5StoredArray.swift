// Reference: The HDF Group, HDF5 File Format Specification Version 3.0, III.A.1 and IV.A.2.i

/// Where the numbers of an array stand.
struct HDF5StoredArray {
    private let space: Dataspace
    private let layout: HDF5Block
    private let elementSize: UInt64
    /// How many bytes all numbers have together.
    private let byteCount: UInt64

    /// Half the children of a node of the tree of chunks, in files of this format.
    private static let order = 32

    init(space: Dataspace, type: Datatype, layout: HDF5Block) throws(HDF5StructureFault) {
        (self.space, self.layout, elementSize) = (space, layout, UInt64(type.size))
        byteCount = try Self.product(space.dimensions, times: elementSize, layout)
    }

    private static func product(
        _ factors: [UInt64], times start: UInt64, _ block: HDF5Block
    ) throws(HDF5StructureFault) -> UInt64 {
        var product = start
        for factor in factors {
            let (next, overflows) = product.multipliedReportingOverflow(by: factor)
            guard !overflows, next <= UInt64(Int64.max) else {
                throw block.fault("an array is too large for any memory")
            }
            product = next
        }
        return product
    }

    /// Checks that all that belongs to the array is in the file and nobody else's.
    func check(_ file: HDF5Bytes, _ seen: inout Set<UInt64>) throws(HDF5StructureFault) {
        try layout.require(0, 1, is: 3, "the version of a layout")
        switch try layout.number(1, 1) {
        case 0:
            try layout.require(2, 2, is: byteCount, "the size of an array in its header")
            _ = try layout.part(4, Int(byteCount))
        case 1: try checkContiguous(file)
        case 2: try checkChunks(file, &seen)
        case let kind: throw layout.fault("a layout of the kind \(kind)", at: 1)
        }
    }

    private func checkContiguous(_ file: HDF5Bytes) throws(HDF5StructureFault) {
        let address = try layout.number(2, 8)
        try layout.require(10, 8, is: byteCount, "the size of an array")
        guard space.dimensions == space.limits else {
            throw layout.fault("an array that may grow stands in one piece")
        }
        if address == HDF5Bytes.undefined { return }
        try file.requireInside(address, byteCount, "an array")
    }

    private func checkChunks(
        _ file: HDF5Bytes, _ seen: inout Set<UInt64>
    ) throws(HDF5StructureFault) {
        let rank = space.dimensions.count
        guard rank > 0 else { throw layout.fault("a single number in chunks") }
        try layout.require(2, 1, is: UInt64(rank + 1), "the dimensions of chunks")
        var chunk: [UInt64] = []
        for index in 0..<rank { chunk.append(try layout.number(11 + index * 4, 4)) }
        try layout.require(11 + rank * 4, 4, is: elementSize, "the size of a number in a chunk")
        let size = try Self.product(chunk, times: elementSize, layout)
        guard size > 0, size <= UInt64(UInt32.max) else {
            throw layout.fault("chunks have \(size) bytes", at: 11)
        }
        for (edge, limit) in zip(chunk, space.limits)
        where limit != HDF5Bytes.undefined && edge > limit {
            throw layout.fault("chunks are larger than the array may become", at: 11)
        }
        let root = try layout.number(3, 8)
        if root == HDF5Bytes.undefined { return }
        try walk(file, root: root, chunk: chunk, size: size, &seen)
    }

    /// Goes through the tree of chunks, row by row from the root.
    private func walk(
        _ file: HDF5Bytes, root: UInt64, chunk: [UInt64], size: UInt64, _ seen: inout Set<UInt64>
    ) throws(HDF5StructureFault) {
        let keySize = 8 + 8 * (chunk.count + 1)
        let nodeSize = 24 + (2 * Self.order + 1) * keySize + 2 * Self.order * 8
        var (row, level): ([UInt64], Int?) = ([root], nil)
        while level != 0 {
            var (nodes, children): ([HDF5TreeNode], [UInt64]) = ([], [])
            var last: [UInt64]?
            for address in row {
                guard seen.insert(address).inserted else {
                    throw HDF5StructureFault(
                        place: address, problem: "a node of chunks belongs to two things")
                }
                let block = try file.block(at: address, count: nodeSize, "a node of chunks")
                let node = try HDF5TreeNode(
                    block, kind: 1, keySize: keySize, limit: 2 * Self.order,
                    level: level.map { $0 - 1 })
                for (key, child) in zip(node.keys, node.children) {
                    let place = try checkKey(key, chunk: chunk, size: size)
                    if let last, !last.lexicographicallyPrecedes(place) {
                        throw key.fault("chunks are out of order")
                    }
                    last = place
                    if node.level == 0 { try file.requireInside(child, size, "a chunk") }
                }
                nodes.append(node)
                children += node.children
            }
            try HDF5TreeNode.checkNeighbours(nodes, row)
            (level, row) = (nodes[0].level, children)
            if row.isEmpty { return }
        }
    }

    /// Checks what a tree says of a chunk; the result is the place of its first number in the array.
    private func checkKey(
        _ key: HDF5Block, chunk: [UInt64], size: UInt64
    ) throws(HDF5StructureFault) -> [UInt64] {
        try key.require(0, 4, is: size, "the size of a chunk")
        try key.require(4, 4, is: 0, "the filter mask of a chunk")
        var place: [UInt64] = []
        for (index, edge) in chunk.enumerated() {
            let offset = try key.number(8 + index * 8, 8)
            guard offset.isMultiple(of: edge), offset < max(1, space.dimensions[index]) else {
                throw key.fault("a chunk is at \(offset)", at: 8 + index * 8)
            }
            place.append(offset)
        }
        try key.require(8 + chunk.count * 8, 8, is: 0, "the last place of a chunk")
        return place
    }
}
