import Foundation

/// The bytes of a file, read piece by piece; what would reach past the end is a fault.
struct HDF5Bytes: Sendable {
    /// An address that points nowhere.
    static let undefined = UInt64.max
    /// What HDF5 files begin with.
    static let signature: UInt64 = 0x0A1A_0A0D_4644_4889

    /// A file that is open until nobody reads it any more.
    private final class Descriptor: Sendable {
        let number: Int32

        init(_ number: Int32) { self.number = number }

        deinit { if number >= 0 { close(number) } }
    }

    private let descriptor: Descriptor
    /// The byte of the file at which addresses begin.
    let base: UInt64
    /// How many bytes may be read.
    let count: UInt64

    /// Opens a file.
    ///
    /// - Throws: ``HDF5StructureFault`` if the system refuses
    init(path: String) throws(HDF5StructureFault) {
        descriptor = Descriptor(open(path, O_RDONLY | O_CLOEXEC))
        var status = stat()
        guard descriptor.number >= 0, fstat(descriptor.number, &status) == 0 else {
            throw HDF5StructureFault(
                place: 0, form: "cannot open the file: \(String(cString: strerror(errno)))",
                mend: nil)
        }
        (base, count) = (0, UInt64(clamping: status.st_size))
    }

    private init(_ descriptor: Descriptor, base: UInt64, count: UInt64) {
        (self.descriptor, self.base, self.count) = (descriptor, base, count)
    }

    /// The bytes from `base` up to `end`, neither of them past the end of the file.
    func part(from base: UInt64, to end: UInt64) -> HDF5Bytes {
        HDF5Bytes(descriptor, base: base, count: end - base)
    }

    /// Where the file begins as HDF5 files do: at its first byte or after what somebody else put
    /// there, which has 512 bytes or some power of two more; nil if it does not.
    func signaturePlace() throws(HDF5StructureFault) -> UInt64? {
        var place: UInt64 = 0
        while count >= 8, place <= count - 8 {
            let block = try block(at: place, count: 8, "the signature")
            if try block.number(0, 8) == Self.signature { return place }
            place = place == 0 ? 512 : place * 2
        }
        return nil
    }

    /// The bytes of a piece of the file.
    func block(at place: UInt64, count length: Int, _ what: String) throws(HDF5StructureFault)
        -> HDF5Block
    {
        try requireInside(place, UInt64(length), what)
        var bytes = [UInt8](repeating: 0, count: length)
        var done = 0
        while done < length {
            let start = done
            let read = bytes.withUnsafeMutableBytes { buffer in
                pread(
                    descriptor.number, buffer.baseAddress.map { $0 + start }, length - start,
                    off_t(base + place) + off_t(start))
            }
            if read < 0, errno == EINTR { continue }
            guard read > 0 else {
                let reason =
                    read < 0 ? String(cString: strerror(errno)) : "the file has become shorter"
                throw HDF5StructureFault(
                    place: place, form: "cannot read \(what): \(reason)", mend: nil)
            }
            done += read
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
struct HDF5Block: Sendable {
    /// Where it begins in the file.
    let place: UInt64
    let bytes: [UInt8]

    func fault(_ problem: String, at offset: Int = 0) -> HDF5StructureFault {
        HDF5StructureFault(place: place + UInt64(offset), problem: problem)
    }

    /// A whole file's form that is not read.
    func form(_ problem: String, mend: HDF5Mending?) -> HDF5StructureFault {
        HDF5StructureFault(place: place, form: problem, mend: mend)
    }

    /// The number of `width` bytes at an offset.
    func number(_ offset: Int, _ width: Int) throws(HDF5StructureFault) -> UInt64 {
        guard offset >= 0, offset <= bytes.count - width else {
            throw fault("something is cut short", at: bytes.count)
        }
        var number: UInt64 = 0
        for index in (offset..<offset + width).reversed() {
            number = number << 8 | UInt64(bytes[index])
        }
        return number
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

    /// What is left from an offset on.
    func rest(_ offset: Int) throws(HDF5StructureFault) -> HDF5Block {
        try part(offset, bytes.count - offset)
    }
}
