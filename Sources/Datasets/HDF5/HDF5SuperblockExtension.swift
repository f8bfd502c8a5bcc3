// Reference: The HDF Group, HDF5 File Format Specification Version 3.0, II.B to II.D and IV.A.1.b

/// What a superblock of the newer form says further on, as far as it decides how the file is mended.
///
/// The file is refused in any case; so what is odd counts as not there.
struct HDF5SuperblockExtension {
    /// Whether objects share messages of their headers.
    let sharesMessages: Bool
    /// Whether the file is one of several that are one HDF5 file together.
    let isPartOfSeveral: Bool

    private static let sizeLimit = 1 << 16

    /// Reads the object header at an address, which is of either form.
    init(_ file: HDF5Bytes, at address: UInt64) {
        let kinds = (try? Self.kinds(file, at: address)) ?? []
        sharesMessages = kinds.contains(0x0F)
        isPartOfSeveral = kinds.contains(0x14)
    }

    /// The kinds of the messages in the first piece of a header.
    private static func kinds(
        _ file: HDF5Bytes, at address: UInt64
    ) throws(HDF5StructureFault) -> Set<UInt64> {
        guard address < file.count else { return [] }
        let length = min(file.count - address, UInt64(sizeLimit))
        let head = try file.block(at: address, count: Int(length), "an object header")
        let isNewer = head.bytes.starts(with: "OHDR".utf8)
        let flags = isNewer ? try head.number(5, 1) : 0
        // Times, and when attributes move, come before the size.
        let place = isNewer ? 6 + (flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0) : 8
        let width = isNewer ? 1 << Int(flags & 3) : 4
        let message = isNewer ? (kind: 1, head: flags & 4 != 0 ? 6 : 4) : (kind: 2, head: 8)
        var offset = isNewer ? place + width : 16
        let end = offset + Int(clamping: min(try head.number(place, width), length))
        var kinds: Set<UInt64> = []
        while offset + message.head <= end {
            kinds.insert(try head.number(offset, message.kind))
            offset += message.head + Int(try head.number(offset + message.kind, 2))
        }
        return kinds
    }

    /// Why a file that is one of several is not read; `place` is the byte that says so.
    static func partOfSeveral(at place: UInt64) -> HDF5StructureFault {
        HDF5StructureFault(
            place: place,
            form: "the file is one of several that are one HDF5 file together (h5py: "
                + "driver='family' or 'split'), which is not read; make one file of them with: "
                + "h5repack -f NONE -S FSM_AGGR -P 0 --low=0 NAME train-plain.h5, where NAME is their name with %d for the number "
                + "(family), or without -m.h5 and -r.h5 (split)", mend: nil)
    }
}
