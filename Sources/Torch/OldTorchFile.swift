import Pickles

// Reference: torch, serialization.py (_legacy_save, _legacy_load)

/// What a file of `torch.save` is made of, whatever its format.
struct TorchFileParts {
    let heap: PickleHeap
    let outermost: PickleValue
    let contents: TorchPickle
    /// Where the bytes of each storage stand.
    let places: [ZipArchive.Entry]
    /// The names of those whose checksums have not been looked at.
    let unchecked: Set<String>
}

/// Files that `torch.save` wrote before version 1.6, and writes today if asked not to make archives.
///
/// Five pickles follow each other: a magic number, the format's version, the machine, what was saved, and
/// the keys of the storages. Behind them stands each storage: eight bytes with its number of elements, and
/// the elements.
enum OldTorchFile {
    private static let version = 1001
    /// The number in the first pickle, by which files are recognised.
    private static let magic: [UInt8] = [
        0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
    ]
    /// The pickle of what was saved: the numbers are not in it.
    private static let pickleLimit = 1 << 26

    /// Bytes of the first pickle with its last, if a file begins with it; from protocol 4 on a frame with its
    /// length stands before the number.
    static func magicCount(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard bytes.count > 2, bytes[0] == 0x80 else { return nil }
        let start = bytes[1] >= 4 && bytes[2] == 0x95 ? 11 : 2
        return bytes.dropFirst(start).starts(with: magic) ? start + magic.count + 1 : nil
    }

    /// Reads the pickles, and finds the storages.
    static func parts(_ bytes: UnsafeRawBufferPointer) throws(ZipFault) -> TorchFileParts {
        // The magic number, by which the file was recognised, has more bits than integers here.
        var position = magicCount(bytes) ?? 0
        guard position > 0, position < bytes.count, bytes[position - 1] == 0x2E else {
            throw ZipFault(problem: "cut short behind the magic number")
        }
        let version = try next(bytes, &position, "the version")
        guard case .integer(Self.version) = version.root else {
            throw ZipFault(
                problem: "the format of the file is of another version than \(Self.version)",
                advice: "load it in Python and write it with torch.save")
        }
        try checkMachine(next(bytes, &position, "the machine"))
        let saved = try next(bytes, &position, "what was saved")
        let keys = try next(bytes, &position, "the keys of the storages")
        let ranges = try ranges(bytes, &position, keys, saved.dialect.storages)
        var places: [ZipArchive.Entry] = []
        for storage in saved.dialect.storages {
            guard let range = ranges[storage.key] else {
                throw ZipFault(problem: "the file has no storage \(storage.key)")
            }
            places.append(
                ZipArchive.Entry(name: storage.key, range: range, checksum: 0, isStored: true))
        }
        return TorchFileParts(
            heap: saved.heap, outermost: saved.root, contents: saved.dialect, places: places,
            unchecked: [])
    }

    private typealias Built = (
        heap: PickleHeap, root: PickleValue, dialect: TorchPickle, count: Int
    )

    /// Carries out the pickle at a place, and moves behind it.
    private static func next(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int, _ what: String
    ) throws(ZipFault) -> Built {
        let rest = UnsafeRawBufferPointer(
            rebasing: bytes[position...].prefix(pickleLimit))
        do {
            let built = try PickleMachine.runFirst(rest, TorchPickle())
            position += built.count
            return built
        } catch {
            throw ZipFault(
                problem: "the pickle of \(what): \(error.problem)",
                advice: error.problem.hasPrefix("cut short") ? nil : TorchPickle.advice(on: error))
        }
    }

    private static func checkMachine(_ built: Built) throws(ZipFault) {
        guard case .container(let place) = built.root else { return }
        let items = built.heap.containers[place].items
        for index in stride(from: 0, to: items.count - 1, by: 2) {
            guard case .text("little_endian") = items[index], case .truth(false) = items[index + 1]
            else { continue }
            throw ZipFault(
                problem: "the numbers' byte order is big, not little",
                advice: "load the file in Python on a little-endian machine and write it with "
                    + "torch.save")
        }
    }

    /// Where the elements of the storages stand, by key.
    private static func ranges(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int, _ keys: Built,
        _ storages: [PickleStorage]
    ) throws(ZipFault) -> [String: Range<Int>] {
        guard case .container(let place) = keys.root else {
            throw ZipFault(problem: "the keys of the storages are \(keys.heap.kind(keys.root))")
        }
        let known = Dictionary(storages.map { ($0.key, $0) }) { first, _ in first }
        let source = LittleEndianBytes(bytes)
        var ranges: [String: Range<Int>] = [:]
        for item in keys.heap.containers[place].items {
            guard case .text(let key) = item, let storage = known[key] else {
                throw ZipFault(problem: "a storage is not among those that tensors use")
            }
            guard let count = source.size(at: position), count == storage.count,
                let size = storage.byteCount, size <= bytes.count - position - 8
            else {
                throw ZipFault(
                    problem: "cut short: storage \(key) should have \(storage.count) numbers of "
                        + "\(storage.type.name) at byte \(position)")
            }
            position += 8
            ranges[key] = position..<position + size
            position += size
        }
        return ranges
    }
}
