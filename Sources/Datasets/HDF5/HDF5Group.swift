// Reference: The HDF Group, HDF5 File Format Specification Version 3.0, III

/// What a group says of one of its objects.
struct SymbolEntry {
    static let size = 40
    let name: UInt64
    let header: UInt64
    /// Where the tree and the names of a group stand, if the entry says so.
    let cached: (tree: UInt64, heap: UInt64)?
    /// Whether it only tells the path of the object.
    let isSoftLink: Bool
    private let kind: UInt64
    private let place: HDF5Block

    init(_ block: HDF5Block) throws(HDF5StructureFault) {
        place = block
        name = try block.number(0, 8)
        header = try block.number(8, 8)
        kind = try block.number(16, 4)
        isSoftLink = kind == 2
        cached = kind == 1 ? (try block.number(24, 8), try block.number(32, 8)) : nil
    }

    /// Fails unless it tells where the object is.
    func requireObject() throws(HDF5StructureFault) {
        if isSoftLink {
            throw place.form(
                "is a soft link (an entry of the kind 2), which is not followed: put the object there "
                    + "(h5py: o = f[name]; del f[name]; f[name] = o)", mend: nil)
        }
        guard kind <= 1 else { throw place.fault("an entry of a group is of the kind \(kind)") }
    }
}

/// The names of the objects of a group.
struct NameHeap {
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
