// Reference: The HDF Group, HDF5 File Format Specification Version 3.0, II to IV

/// What is in a file that was checked.
struct HDF5Contents: Sendable {
    /// What of the file may be read.
    let file: HDF5Bytes
    /// The messages of the root's attributes, by name.
    fileprivate(set) var attributes: [String: HDF5Block] = [:]
    /// The arrays, by path.
    fileprivate(set) var arrays: [String: HDF5StoredArray] = [:]
    /// The paths of the groups.
    fileprivate(set) var groups: Set<String> = []
}

/// Looks through the structure of a file before the library does.
///
/// The library trusts much of what a file says about itself: a damaged one can end the process. This
/// accepts files whose every byte that the library interprets is as the library writes it, in the
/// oldest of its formats, which the library writes unless it is asked for another: superblock, groups,
/// object headers, arrays of plain numbers and their chunks, all inside of the file, without cycles.
/// What else HDF5 files can hold is refused by name where it is in the way, and left alone elsewhere:
/// the library opens by address what was checked, and nothing else. The numbers in arrays are none of
/// its business.
struct HDF5Structure {
    private let superblock: HDF5Superblock
    private var file: HDF5Bytes { superblock.file }
    /// The paths that are looked at; nil for all.
    private let paths: Set<String>?
    private var contents: HDF5Contents
    private var seen: Set<UInt64> = []
    /// The paths of the objects so far, by the addresses of their headers.
    private var objects: [UInt64: String] = [:]

    private static let depthLimit = 16

    /// Checks a file.
    ///
    /// - Parameters:
    ///   - path: the file
    ///   - paths: the groups and arrays that are looked at; nil for all
    /// - Returns: what is in it
    /// - Throws: ``HDF5StructureFault``
    @discardableResult
    static func check(
        path: String, reading paths: Set<String>? = nil
    ) throws(HDF5StructureFault) -> HDF5Contents {
        let whole = try HDF5Bytes(path: path)
        let superblock = try HDF5Superblock(whole)
        do {
            var structure = HDF5Structure(superblock, paths)
            try structure.superblock.root.requireObject()
            try structure.visit(superblock.root, path: "", depth: 0)
            return structure.contents
        } catch {
            var fault = error
            fault.place = fault.place.addingReportingOverflow(superblock.file.base).partialValue
            let (end, added) = (superblock.file.base + superblock.file.count, whole.count)
            guard case .damaged = fault.kind, added > end else { throw fault }
            throw HDF5StructureFault(
                place: fault.place,
                problem:
                    "\(fault.problem); the file has \(added - end) bytes more than by its own account"
            ).naming(fault.object)
        }
    }

    private init(_ superblock: HDF5Superblock, _ paths: Set<String>?) {
        (self.superblock, self.paths) = (superblock, paths)
        contents = HDF5Contents(file: superblock.file)
    }

    /// Requires that nothing points to a node twice.
    private mutating func enter(_ address: UInt64, _ what: String) throws(HDF5StructureFault) {
        guard seen.insert(address).inserted else {
            throw HDF5StructureFault(place: address, problem: "\(what) belongs to two things")
        }
    }

    /// Requires that no other name leads to an object.
    private mutating func enter(
        _ entry: SymbolEntry, path: String
    ) throws(HDF5StructureFault) {
        guard let other = objects.updateValue(path, forKey: entry.header) else {
            return try enter(entry.header, "an object")
        }
        let head = try file.block(at: entry.header, count: 16, "an object header")
        // By damage, a name leads to an object that by its own account has one name.
        guard try head.number(4, 4) > 1 else {
            throw head.fault("an object belongs to two things")
        }
        throw head.form(
            "is the same object as '\(other.isEmpty ? "/" : other)' by another name, a hard link "
                + "(h5py: f[name] = f[other]), which is not read", mend: .copy)
    }

    /// Checks an object and, of a group, what is looked at in it.
    private mutating func visit(
        _ entry: SymbolEntry, path: String, depth: Int
    ) throws(HDF5StructureFault) {
        do {
            try visitObject(entry, path: path, depth: depth)
        } catch {
            throw error.naming(path.isEmpty ? "/" : path)
        }
    }

    private mutating func visitObject(
        _ entry: SymbolEntry, path: String, depth: Int
    ) throws(HDF5StructureFault) {
        guard depth < Self.depthLimit else {
            throw HDF5StructureFault(place: entry.header, problem: "groups nest without end")
        }
        try entry.requireObject()
        try enter(entry, path: path)
        let header = try HDF5ObjectHeader(file, at: entry.header)
        if depth == 0 {
            for message in header.attributes {
                contents.attributes[try HDF5Attribute.name(message)] = message
            }
        }
        switch try header.object() {
        case .group(let tree, let heap):
            if let cached = entry.cached, cached != (tree, heap) {
                throw HDF5StructureFault(
                    place: entry.header, problem: "a group stands elsewhere than its entry says")
            }
            contents.groups.insert(path)
            try visitGroup(
                tree: tree, heap: NameHeap(file, at: heap), path: path, depth: depth)
        case .array(let messages):
            if entry.cached != nil {
                throw HDF5StructureFault(place: entry.header, problem: "an array poses as a group")
            }
            contents.arrays[path] = try HDF5StoredArray(
                messages, file, order: superblock.chunkOrder, &seen)
        }
    }

    private mutating func visitGroup(
        tree: UInt64, heap: NameHeap, path: String, depth: Int
    ) throws(HDF5StructureFault) {
        let order = superblock.treeOrder
        let size = 24 + (2 * order + 1) * 8 + 2 * order * 8
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
                    block, kind: 0, keySize: 8, limit: 2 * order, level: level.map { $0 - 1 })
                for key in node.keys { _ = try heap.name(at: key.number(0, 8)) }
                nodes.append(node.links)
                children += node.children
            }
            try HDF5TreeNode.checkNeighbours(nodes, row)
            level = nodes[0].level
            row = children
            if row.isEmpty { return }
        }
        for address in row { try visitList(address, heap, path: path, depth: depth) }
    }

    private mutating func visitList(
        _ address: UInt64, _ heap: NameHeap, path: String, depth: Int
    ) throws(HDF5StructureFault) {
        try enter(address, "a list of names")
        let size = 8 + 2 * superblock.listOrder * SymbolEntry.size
        let block = try file.block(at: address, count: size, "a list of names")
        try block.requireSignature("SNOD")
        try block.require(4, 1, is: 1, "the version of a list of names")
        let count = Int(try block.number(6, 2))
        guard count <= 2 * superblock.listOrder else {
            throw block.fault("a list has \(count) names", at: 6)
        }
        for index in 0..<count {
            let place = 8 + index * SymbolEntry.size
            let entry = try SymbolEntry(block.part(place, SymbolEntry.size))
            let name = try heap.name(at: entry.name)
            guard !name.isEmpty else { throw block.fault("an object has no name", at: place) }
            let text = String(decoding: name, as: UTF8.self)
            let child = path.isEmpty ? text : path + "/" + text
            if let paths, !paths.contains(child) { continue }
            try visit(entry, path: child, depth: depth + 1)
        }
    }
}
