// Reference: The HDF Group, HDF5 File Format Specification Version 3.0, III.A.1

/// The tree that tells where the chunks of an array stand.
struct HDF5ChunkTree {
    let dimensions: [UInt64]
    /// The sides of a chunk.
    let edges: [UInt64]
    /// How many bytes a chunk has, unpacked.
    let size: UInt64
    /// What chunks went through before they were written; nil for nothing.
    let filters: HDF5Filters?
    /// Half the children of a node.
    let order: Int

    /// The table of what ``walk(_:root:_:)`` found.
    func table(_ filters: HDF5Filters, _ chunks: [HDF5ChunkTable.Chunk]) -> HDF5ChunkTable {
        HDF5ChunkTable(
            filters: filters, grid: grid, edges: edges, chunkSize: Int(size), chunks: chunks)
    }

    private var grid: [UInt64] {
        zip(dimensions, edges).map { $0 / $1 + ($0.isMultiple(of: $1) ? 0 : 1) }
    }

    /// Goes through the tree, row by row from the root; the time is that of the number of chunks.
    ///
    /// - Returns: the chunks, in order
    func walk(
        _ file: HDF5Bytes, root: UInt64, _ seen: inout Set<UInt64>
    ) throws(HDF5StructureFault) -> [HDF5ChunkTable.Chunk] {
        let keySize = 8 + 8 * (edges.count + 1)
        let nodeSize = 24 + (2 * order + 1) * keySize + 2 * order * 8
        var (row, level): ([UInt64], Int?) = ([root], nil)
        var chunks: [HDF5ChunkTable.Chunk] = []
        while level != 0 {
            var (nodes, children): ([HDF5TreeNode], [UInt64]) = ([], [])
            var last: UInt64?
            for address in row {
                guard seen.insert(address).inserted else {
                    throw HDF5StructureFault(
                        place: address, problem: "a node of chunks belongs to two things")
                }
                let block = try file.block(at: address, count: nodeSize, "a node of chunks")
                let node = try HDF5TreeNode(
                    block, kind: 1, keySize: keySize, limit: 2 * order,
                    level: level.map { $0 - 1 })
                for (key, child) in zip(node.keys, node.children) {
                    let chunk = try chunk(key, at: child)
                    if let last, last >= chunk.number { throw key.fault("chunks are out of order") }
                    last = chunk.number
                    if node.level > 0 { continue }
                    try file.requireInside(child, UInt64(chunk.size), "a chunk")
                    chunks.append(chunk)
                }
                nodes.append(node.links)
                children += node.children
            }
            try HDF5TreeNode.checkNeighbours(nodes, row)
            (level, row) = (nodes[0].level, children)
            if row.isEmpty { break }
        }
        return chunks
    }

    /// Checks what a tree says of a chunk.
    private func chunk(
        _ key: HDF5Block, at address: UInt64
    ) throws(HDF5StructureFault) -> HDF5ChunkTable.Chunk {
        let (stored, mask) = (try key.number(0, 4), UInt32(try key.number(4, 4)))
        if let filters {
            if let misfit = filters.misfit(size: size, stored: stored, mask: mask) {
                throw key.fault(misfit)
            }
        } else {
            try key.require(0, 4, is: size, "the size of a chunk")
            try key.require(4, 4, is: 0, "the filter mask of a chunk")
        }
        var number: UInt64 = 0
        for (index, edge) in edges.enumerated() {
            let offset = try key.number(8 + index * 8, 8)
            guard offset.isMultiple(of: edge), offset < max(1, dimensions[index]) else {
                throw key.fault("a chunk is at \(offset)", at: 8 + index * 8)
            }
            let place = number.multipliedReportingOverflow(by: grid[index])
            let next = place.partialValue.addingReportingOverflow(offset / edge)
            guard !place.overflow, !next.overflow else {
                throw key.fault("an array has more chunks than can be counted")
            }
            number = next.partialValue
        }
        try key.require(8 + edges.count * 8, 8, is: 0, "the last place of a chunk")
        return HDF5ChunkTable.Chunk(
            number: number, address: address, size: UInt32(stored), mask: mask)
    }
}

/// A node of a tree: of a group's names, or of an array's chunks.
struct HDF5TreeNode {
    /// 0 where the children are no nodes.
    let level: Int
    private let left: UInt64
    private let right: UInt64
    /// One more than children.
    private(set) var keys: [HDF5Block] = []
    private(set) var children: [UInt64] = []

    /// Reads a node of a kind, which has at most `limit` children; its level must be `level`, if that
    /// is known.
    init(
        _ block: HDF5Block, kind: UInt64, keySize: Int, limit: Int, level expected: Int?
    ) throws(HDF5StructureFault) {
        try block.requireSignature("TREE")
        try block.require(4, 1, is: kind, "the kind of a tree")
        let level = Int(try block.number(5, 1))
        self.level = level
        guard expected.map({ $0 == level }) ?? (level <= 16) else {
            throw block.fault("a node of a tree is on level \(level)", at: 5)
        }
        let count = Int(try block.number(6, 2))
        guard count <= limit else { throw block.fault("a node has \(count) children", at: 6) }
        left = try block.number(8, 8)
        right = try block.number(16, 8)
        for index in 0...count {
            let place = 24 + index * (keySize + 8)
            keys.append(try block.part(place, keySize))
            if index < count { children.append(try block.number(place + keySize, 8)) }
        }
        // Only the root of an empty tree has no children.
        if count == 0, expected != nil || level > 0 {
            throw block.fault("a node of a tree has no children", at: 6)
        }
    }

    /// The node without its keys and children: what its neighbours are compared with.
    var links: HDF5TreeNode {
        var node = self
        (node.keys, node.children) = ([], [])
        return node
    }

    /// Requires that each node of a row names the nodes beside it.
    static func checkNeighbours(
        _ nodes: [HDF5TreeNode], _ addresses: [UInt64]
    ) throws(HDF5StructureFault) {
        for (index, node) in nodes.enumerated() {
            let left = index > 0 ? addresses[index - 1] : HDF5Bytes.undefined
            let right = index + 1 < nodes.count ? addresses[index + 1] : HDF5Bytes.undefined
            guard node.left == left, node.right == right else {
                throw HDF5StructureFault(
                    place: addresses[index], problem: "a node of a tree names other neighbours")
            }
        }
    }
}
