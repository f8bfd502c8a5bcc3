// Reference: The HDF Group, HDF5 File Format Specification Version 3.0, II to IV

/// Looks through the structure of a file before the library does.
///
/// The library trusts much of what a file says about itself: a damaged one can end the process. This
/// accepts files whose every byte that the library interprets is as the library writes it, in the
/// oldest of its formats, which shards have and the library writes unless it is asked for another:
/// superblock, groups, object headers, attributes, arrays of plain numbers and their chunks, all inside
/// of the file, without cycles. What else HDF5 files can hold is refused. The numbers in arrays are none
/// of its business.
struct HDF5Structure {
    private let file: HDF5Bytes
    /// How many entries half a node of the trees of groups has, and half a list of names.
    private let treeOrder: Int
    private let listOrder: Int
    private var seen: Set<UInt64> = []

    private static let signature: UInt64 = 0x0A1A_0A0D_4644_4889
    private static let superblockSize = 96
    private static let depthLimit = 16

    /// Checks a file.
    ///
    /// - Throws: ``HDF5StructureFault``
    static func check(path: String) throws(HDF5StructureFault) {
        let file = try HDF5Bytes(path: path)
        let block = try file.block(at: 0, count: superblockSize, "the superblock")
        var structure = try HDF5Structure(file, block)
        let root = try SymbolEntry(block.part(56, SymbolEntry.size))
        try structure.visit(root, depth: 0)
    }

    private init(_ file: HDF5Bytes, _ block: HDF5Block) throws(HDF5StructureFault) {
        self.file = file
        try block.require(0, 8, is: Self.signature, "the signature")
        guard try block.number(8, 1) == 0 else {
            throw block.fault(
                "the newer form of HDF5 files, which shards do not have (in h5py: libver='earliest')",
                at: 8)
        }
        for (offset, what) in [
            (9, "free space"), (10, "root group"), (12, "shared headers"),
        ] { try block.require(offset, 1, is: 0, "the version of \(what)") }
        try block.require(13, 1, is: 8, "the size of addresses")
        try block.require(14, 1, is: 8, "the size of lengths")
        listOrder = Int(try block.number(16, 2))
        treeOrder = Int(try block.number(18, 2))
        guard (1...512).contains(listOrder), (1...512).contains(treeOrder) else {
            throw block.fault("groups have nodes of \(listOrder) and \(treeOrder) entries", at: 16)
        }
        // 1: whoever wrote the file has it open, or did not close it.
        guard try block.number(20, 4) <= 1 else { throw block.fault("unknown flags", at: 20) }
        try block.require(24, 8, is: 0, "the base address")
        try block.require(32, 8, is: HDF5Bytes.undefined, "the address of free space")
        try block.require(48, 8, is: HDF5Bytes.undefined, "the address of a driver")
        let end = try block.number(40, 8)
        try file.requireInside(0, end, "the file by its own account")
        file.limit(to: end)
    }

    /// Requires that nothing points to a node twice.
    private mutating func enter(_ address: UInt64, _ what: String) throws(HDF5StructureFault) {
        guard seen.insert(address).inserted else {
            throw HDF5StructureFault(place: address, problem: "\(what) belongs to two things")
        }
    }

    /// Checks an object and, of a group, all that is in it.
    private mutating func visit(
        _ entry: SymbolEntry, depth: Int
    ) throws(HDF5StructureFault) {
        guard depth < Self.depthLimit else {
            throw HDF5StructureFault(place: entry.header, problem: "groups nest without end")
        }
        try enter(entry.header, "an object")
        switch try HDF5ObjectHeader(file, at: entry.header).object() {
        case .group(let tree, let heap):
            if let cached = entry.cached, cached != (tree, heap) {
                throw HDF5StructureFault(
                    place: entry.header, problem: "a group stands elsewhere than its entry says")
            }
            try visitGroup(tree: tree, heap: NameHeap(file, at: heap), depth: depth)
        case .array(let array):
            if entry.cached != nil {
                throw HDF5StructureFault(place: entry.header, problem: "an array poses as a group")
            }
            try array.check(file, &seen)
        }
    }

    private mutating func visitGroup(
        tree: UInt64, heap: NameHeap, depth: Int
    ) throws(HDF5StructureFault) {
        let size = 24 + (2 * treeOrder + 1) * 8 + 2 * treeOrder * 8
        var level: Int?
        var row = [tree]
        // Row by row from the root, each node the neighbour of the one before.
        while level != 0 {
            var children: [UInt64] = []
            var nodes: [HDF5TreeNode] = []
            for address in row {
                try enter(address, "a node")
                let block = try file.block(at: address, count: size, "a node of a group")
                let node = try HDF5TreeNode(
                    block, kind: 0, keySize: 8, limit: 2 * treeOrder, level: level.map { $0 - 1 })
                for key in node.keys { _ = try heap.name(at: key.number(0, 8)) }
                nodes.append(node)
                children += node.children
            }
            try HDF5TreeNode.checkNeighbours(nodes, row)
            level = nodes[0].level
            row = children
            if row.isEmpty { return }
        }
        for address in row { try visitList(address, heap, depth: depth) }
    }

    private mutating func visitList(
        _ address: UInt64, _ heap: NameHeap, depth: Int
    ) throws(HDF5StructureFault) {
        try enter(address, "a list of names")
        let size = 8 + 2 * listOrder * SymbolEntry.size
        let block = try file.block(at: address, count: size, "a list of names")
        try block.requireSignature("SNOD")
        try block.require(4, 1, is: 1, "the version of a list of names")
        let count = Int(try block.number(6, 2))
        guard count <= 2 * listOrder else { throw block.fault("a list has \(count) names", at: 6) }
        for index in 0..<count {
            let place = 8 + index * SymbolEntry.size
            let entry = try SymbolEntry(block.part(place, SymbolEntry.size))
            let name = try heap.name(at: entry.name)
            guard !name.isEmpty else { throw block.fault("an object has no name", at: place) }
            try visit(entry, depth: depth + 1)
        }
    }
}

/// What a group says of one of its objects.
private struct SymbolEntry {
    static let size = 40
    let name: UInt64
    let header: UInt64
    /// Where the tree and the names of a group stand, if the entry says so.
    let cached: (tree: UInt64, heap: UInt64)?

    init(_ block: HDF5Block) throws(HDF5StructureFault) {
        name = try block.number(0, 8)
        header = try block.number(8, 8)
        switch try block.number(16, 4) {
        case 0: cached = nil
        case 1: cached = (try block.number(24, 8), try block.number(32, 8))
        case let kind: throw block.fault("an entry of a group is of the kind \(kind)", at: 16)
        }
    }
}

/// The names of the objects of a group.
private struct NameHeap {
    private let data: HDF5Block

    init(_ file: HDF5Bytes, at address: UInt64) throws(HDF5StructureFault) {
        let head = try file.block(at: address, count: 32, "the names of a group")
        try head.requireSignature("HEAP")
        try head.require(4, 1, is: 0, "the version of a heap")
        let size = try head.number(8, 8)
        guard size <= 1 << 24 else { throw head.fault("names have \(size) bytes", at: 8) }
        data = try file.block(at: head.number(24, 8), count: Int(size), "the names of a group")
        try Self.checkFree(data, first: head.number(16, 8))
    }

    /// Free pieces are a chain: the offset of the next one, 1 at the end, and the size.
    private static func checkFree(
        _ data: HDF5Block, first: UInt64
    ) throws(HDF5StructureFault) {
        var (next, steps) = (first, 0)
        // At the head of the chain, none is told by an address that points nowhere too.
        if next == HDF5Bytes.undefined { return }
        while next != 1 {
            let size = UInt64(data.bytes.count)
            steps += 1
            guard steps <= data.bytes.count / 16, next <= size, size - next >= 16 else {
                throw data.fault("free names are at \(next)")
            }
            let length = try data.number(Int(next) + 8, 8)
            guard length >= 16, length <= size - next else {
                throw data.fault("free names have \(length) bytes", at: Int(next))
            }
            next = try data.number(Int(next), 8)
        }
    }

    func name(at offset: UInt64) throws(HDF5StructureFault) -> ArraySlice<UInt8> {
        guard offset < data.bytes.count else {
            throw data.fault("a name is at \(offset) of \(data.bytes.count) bytes")
        }
        let rest = data.bytes[Int(offset)...]
        guard let end = rest.firstIndex(of: 0) else {
            throw data.fault("a name has no end", at: Int(offset))
        }
        return rest[..<end]
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
