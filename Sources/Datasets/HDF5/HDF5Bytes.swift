import Foundation

/// Why the structure of a file is not one that the library gets to see.
struct HDF5StructureFault: Error {
    /// The byte of the file at which it shows.
    let place: UInt64
    /// What is wrong.
    let problem: String
}

/// The bytes of a file, read piece by piece; what would reach past the end is a fault.
final class HDF5Bytes {
    /// An address that points nowhere.
    static let undefined = UInt64.max
    private let descriptor: Int32
    /// How many bytes may be read.
    private(set) var count: UInt64

    /// Opens a file.
    ///
    /// - Throws: ``HDF5StructureFault`` if the system refuses
    init(path: String) throws(HDF5StructureFault) {
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            throw HDF5StructureFault(
                place: 0, problem: "cannot open the file: \(String(cString: strerror(errno)))")
        }
        count = UInt64(status.st_size)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Lets nothing from `end` on be read, which is not past the end of the file.
    func limit(to end: UInt64) { count = min(count, end) }

    /// The bytes of a piece of the file.
    func block(at place: UInt64, count length: Int, _ what: String) throws(HDF5StructureFault)
        -> HDF5Block
    {
        try requireInside(place, UInt64(length), what)
        var bytes = [UInt8](repeating: 0, count: length)
        let read = pread(descriptor, &bytes, length, off_t(place))
        guard read == length else {
            throw HDF5StructureFault(place: place, problem: "cannot read \(what)")
        }
        return HDF5Block(place: place, bytes: bytes)
    }

    /// Fails if a piece of the file is not in it.
    func requireInside(
        _ place: UInt64, _ length: UInt64, _ what: String
    ) throws(HDF5StructureFault) {
        guard place <= count, length <= count - place else {
            throw HDF5StructureFault(
                place: place, problem: "\(what) of \(length) bytes reaches past the end, \(count)")
        }
    }
}

/// A piece of a file that is in memory; numbers are little-endian.
struct HDF5Block {
    /// Where it begins in the file.
    let place: UInt64
    let bytes: [UInt8]

    func fault(_ problem: String, at offset: Int = 0) -> HDF5StructureFault {
        HDF5StructureFault(place: place + UInt64(offset), problem: problem)
    }

    /// The number of `width` bytes at an offset.
    func number(_ offset: Int, _ width: Int) throws(HDF5StructureFault) -> UInt64 {
        guard offset >= 0, offset <= bytes.count - width else {
            throw fault("something is cut short", at: bytes.count)
        }
        return bytes[offset..<offset + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Requires that a number is what it has to be.
    func require(
        _ offset: Int, _ width: Int, is expected: UInt64, _ what: String
    ) throws(HDF5StructureFault) {
        let found = try number(offset, width)
        if found != expected {
            throw fault("\(what): \(found) instead of \(expected)", at: offset)
        }
    }

    /// Requires that four letters stand at the beginning.
    func requireSignature(_ letters: String) throws(HDF5StructureFault) {
        if !bytes.starts(with: letters.utf8) { throw fault("there is no '\(letters)' here") }
    }

    /// A part of the block.
    func part(_ offset: Int, _ count: Int) throws(HDF5StructureFault) -> HDF5Block {
        guard offset >= 0, count >= 0, offset <= bytes.count - count else {
            throw fault("something is cut short", at: bytes.count)
        }
        return HDF5Block(
            place: place + UInt64(offset), bytes: Array(bytes[offset..<offset + count]))
    }
}
