/// Writes zip archives as torch.save lays them out, and as it never would.
public struct ArchiveBuilder {
    /// The folder in the archive that everything is in.
    public var folder = "archive"
    /// What the file `byteorder` says.
    public var byteOrder = "little"
    /// What the file `version` says.
    public var version = "3\n"
    /// The method that all entries claim: 0 is stored, 8 deflated.
    public var method: UInt16 = 0
    /// Whether sizes and places stand in the records for large archives.
    public var isWide = false
    /// The files in `data`, by name.
    public var storages: [(name: String, bytes: [UInt8])] = []
    /// More files, by path.
    public var others: [(name: String, bytes: [UInt8])] = []

    /// An archive of stored entries, little-endian, without storages.
    public init() {}

    /// The archive, with this pickle.
    public func archive(_ pickle: [UInt8]) -> [UInt8] {
        let files =
            [("data.pkl", pickle), ("byteorder", Array(byteOrder.utf8))]
            + storages.map { ("data/" + $0.name, $0.bytes) }
            + [("version", Array(version.utf8))] + others
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for (path, content) in files {
            let name = Array((folder + "/" + path).utf8)
            let place = bytes.count
            bytes += [0x50, 0x4B, 3, 4] + little(UInt16(45)) + little(UInt16(0)) + little(method)
            bytes += little(UInt32(0)) + little(UInt32(0))
            bytes += little(UInt32(content.count)) + little(UInt32(content.count))
            bytes += little(UInt16(name.count)) + little(UInt16(3)) + name + [0, 0, 0] + content
            directory += record(name: name, size: content.count, place: place)
        }
        return bytes + directory
            + end(place: bytes.count, size: directory.count, entries: files.count)
    }

    private func record(name: [UInt8], size: Int, place: Int) -> [UInt8] {
        let wide =
            little(UInt16(0xCAFE)) + little(UInt16(2)) + [1, 2]
            + little(UInt16(1)) + little(UInt16(24))
            + little(UInt64(size)) + little(UInt64(size)) + little(UInt64(place))
        let extra = isWide ? wide : []
        func narrow(_ number: Int) -> [UInt8] { little(isWide ? UInt32.max : UInt32(number)) }
        return [0x50, 0x4B, 1, 2] + little(UInt16(45)) + little(UInt16(45)) + little(UInt16(0))
            + little(method) + little(UInt32(0)) + little(UInt32(0)) + narrow(size) + narrow(size)
            + little(UInt16(name.count)) + little(UInt16(extra.count)) + little(UInt16(0))
            + little(UInt16(0)) + little(UInt16(0)) + little(UInt32(0)) + narrow(place) + name
            + extra
    }

    private func end(place: Int, size: Int, entries: Int) -> [UInt8] {
        let wide =
            [0x50, 0x4B, 6, 6] + little(UInt64(44)) + little(UInt16(45)) + little(UInt16(45))
            + little(UInt32(0)) + little(UInt32(0)) + little(UInt64(entries))
            + little(UInt64(entries)) + little(UInt64(size)) + little(UInt64(place))
            + [0x50, 0x4B, 6, 7] + little(UInt32(0)) + little(UInt64(place + size))
            + little(UInt32(1))
        let count = little(isWide ? UInt16.max : UInt16(entries))
        return (isWide ? wide : []) + [0x50, 0x4B, 5, 6] + little(UInt16(0)) + little(UInt16(0))
            + count + count + little(isWide ? UInt32.max : UInt32(size))
            + little(isWide ? UInt32.max : UInt32(place)) + little(UInt16(2)) + [0x20, 0x20]
    }
}

/// A number as little-endian bytes.
public func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian, Array.init)
}

/// Pieces of pickles, of protocol 2 where there is a choice.
public enum Pickle {
    /// A pickle of one value.
    public static func whole(_ body: [UInt8]) -> [UInt8] { [0x80, 2] + body + [0x2E] }

    /// A name.
    public static func global(_ module: String, _ name: String) -> [UInt8] {
        [0x63] + Array("\(module)\n\(name)\n".utf8)
    }

    /// A text.
    public static func text(_ text: String) -> [UInt8] {
        [0x58] + little(UInt32(text.utf8.count)) + Array(text.utf8)
    }

    /// Of 8 bytes.
    public static func integer(_ number: Int) -> [UInt8] { [0x8A, 8] + little(number) }

    /// A tuple.
    public static func tuple(_ items: [[UInt8]]) -> [UInt8] { [0x28] + items.joined() + [0x74] }

    /// A tuple of integers.
    public static func sizes(_ sizes: [Int]) -> [UInt8] { tuple(sizes.map(integer)) }

    /// A storage: the file `key` in the archive's folder `data`.
    public static func storage(
        type: String = "FloatStorage", key: String = "0", count: Int
    ) -> [UInt8] {
        tuple([
            text("storage"), global("torch", type), text(key), text("cpu"), integer(count),
        ]) + [0x51]
    }

    /// A view of a storage.
    public static func tensor(
        _ storage: [UInt8], offset: Int = 0, shape: [Int], strides: [Int]
    ) -> [UInt8] {
        let hooks = global("collections", "OrderedDict") + [0x29, 0x52]
        return global("torch._utils", "_rebuild_tensor_v2")
            + tuple([
                storage, integer(offset), sizes(shape), sizes(strides), [0x89], hooks,
            ]) + [0x52]
    }

    /// A dictionary.
    public static func dictionary(_ pairs: [(key: String, value: [UInt8])]) -> [UInt8] {
        [0x7D, 0x28] + pairs.flatMap { text($0.key) + $0.value } + [0x75]
    }
}
