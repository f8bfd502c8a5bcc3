// Reference: The HDF Group, HDF5 File Format Specification Version 3.0, II

/// What a file says of itself at its beginning.
struct HDF5Superblock {
    /// What of the file may be read.
    let file: HDF5Bytes
    /// What the root is.
    let root: SymbolEntry
    /// How many entries half a node of the trees of groups has, of the trees of chunks, and half a list
    /// of names.
    let treeOrder: Int
    let chunkOrder: Int
    let listOrder: Int

    private static let sizes = [96, 100]
    /// Half the children of a node of the tree of chunks, where the file says nothing about it.
    private static let usualChunkOrder = 32

    /// Reads the superblock of a file.
    init(_ whole: HDF5Bytes) throws(HDF5StructureFault) {
        guard let start = try whole.signaturePlace() else {
            throw HDF5StructureFault(place: 0, form: "not an HDF5 file", mend: nil)
        }
        let rest = whole.part(from: start, to: whole.count)
        let version = Int(try Self.block(rest, 9).number(8, 1))
        guard version <= 1 else { throw try Self.newer(version, rest, whole) }
        let block = try Self.block(rest, Self.sizes[version])
        // Version 1 has a number and two bytes more.
        let added = version * 4
        try Self.requireAlone(rest, driver: block.number(48 + added, 8), place: 48 + added)
        try Self.checkFixed(block, added: added, start: start)
        listOrder = Int(try block.number(16, 2))
        treeOrder = Int(try block.number(18, 2))
        chunkOrder = version == 0 ? Self.usualChunkOrder : Int(try block.number(24, 2))
        guard [listOrder, treeOrder, chunkOrder].allSatisfy({ (1...512).contains($0) }) else {
            throw block.fault("groups have nodes of \(listOrder) and \(treeOrder) entries", at: 16)
        }
        let end = try block.number(40 + added, 8)
        try Self.requireWhole(whole, end: end)
        guard end >= start + UInt64(block.bytes.count) else {
            throw block.fault("the file by its own account has \(end) bytes", at: 40 + added)
        }
        file = whole.part(from: start, to: end)
        root = try SymbolEntry(block.part(56 + added, SymbolEntry.size))
    }

    /// Why a file of a later version is not read.
    private static func newer(
        _ version: Int, _ file: HDF5Bytes, _ whole: HDF5Bytes
    ) throws(HDF5StructureFault) -> HDF5StructureFault {
        guard version <= 3 else {
            return HDF5StructureFault(
                place: 8, problem: "the version \(version) of the superblock is unknown")
        }
        let block = try block(file, 48)
        var mend = HDF5Mending.repackOrCopy
        // Addresses and lengths of 8 bytes, after which the end and the root have their places.
        if try block.number(9, 2) == 0x0808 {
            let added = try HDF5SuperblockExtension(file, at: block.number(20, 8))
            if added.isPartOfSeveral { return HDF5SuperblockExtension.partOfSeveral(at: 20) }
            try requireWhole(whole, end: block.number(28, 8))
            let root = try file.block(at: block.number(36, 8), count: 6, "the root")
            // h5repack keeps the order in which attributes were made, and messages that objects share.
            let isOrdered = root.bytes.starts(with: "OHDR".utf8) && root.bytes[5] & 4 != 0
            if isOrdered || added.sharesMessages { mend = .copy }
        }
        return HDF5StructureFault(
            place: 8,
            form: "the file is in the newer form of HDF5 (h5py: libver='latest' or 'v108' and "
                + "later, or a strategy for free space), which is not read", mend: mend)
    }

    private static func requireWhole(
        _ file: HDF5Bytes, end: UInt64
    ) throws(HDF5StructureFault) {
        guard end <= file.count else {
            throw HDF5StructureFault(
                cutOff: "the file by its own account of \(end) bytes reaches past the end, "
                    + "\(file.count): it was cut off, or whoever wrote it did not close it")
        }
    }

    private static func block(
        _ file: HDF5Bytes, _ size: Int
    ) throws(HDF5StructureFault) -> HDF5Block {
        guard file.count >= UInt64(size) else {
            throw HDF5StructureFault(
                cutOff: "the file ends after \(file.count) bytes, within its superblock: "
                    + "it was cut off")
        }
        return try file.block(at: 0, count: size, "the superblock")
    }

    /// Fails if the file is one of several, which what it says of its driver shows.
    private static func requireAlone(
        _ file: HDF5Bytes, driver: UInt64, place: Int
    ) throws(HDF5StructureFault) {
        guard let driver = try? file.block(at: driver, count: 16, "a driver"),
            driver.bytes[8...].starts(with: "NCSA".utf8)
        else { return }
        throw HDF5SuperblockExtension.partOfSeveral(at: UInt64(place))
    }

    /// Checks what has to be the same in every file.
    private static func checkFixed(
        _ block: HDF5Block, added: Int, start: UInt64
    ) throws(HDF5StructureFault) {
        for (offset, what) in [
            (9, "free space"), (10, "root group"), (12, "shared headers"),
        ] { try block.require(offset, 1, is: 0, "the version of \(what)") }
        try block.require(13, 1, is: 8, "the size of addresses")
        try block.require(14, 1, is: 8, "the size of lengths")
        // 1: whoever wrote the file has it open, or did not close it.
        guard try block.number(20, 4) <= 1 else { throw block.fault("unknown flags", at: 20) }
        try block.require(24 + added, 8, is: start, "the base address")
        try block.require(32 + added, 8, is: HDF5Bytes.undefined, "the address of free space")
        try block.require(48 + added, 8, is: HDF5Bytes.undefined, "the address of a driver")
    }
}
