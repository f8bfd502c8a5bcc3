/// What an archive of `torch.save` must have beside the storages.
struct TorchArchive {
    let pickle: ZipArchive.Entry
    private let folder: String
    private let entries: [String: ZipArchive.Entry]

    /// The newest version of the format that libtorch itself reads.
    private static let newestVersion = 10

    init(_ archive: ZipArchive, _ bytes: UnsafeRawBufferPointer) throws(ZipFault) {
        let suffix = "/data.pkl"
        let pickles = archive.entries.filter {
            $0.name.hasSuffix(suffix) && !$0.name.dropLast(suffix.count).contains("/")
        }
        guard let pickle = pickles.first, pickles.count == 1 else {
            throw ZipFault(
                problem: "a zip archive with \(pickles.count) files data.pkl, not one",
                advice: "give a file that torch.save wrote")
        }
        self.pickle = pickle
        let folder = String(pickle.name.dropLast(suffix.count))
        self.folder = folder
        entries = Dictionary(uniqueKeysWithValues: archive.entries.map { ($0.name, $0) })
        let isProgram = archive.entries.contains {
            $0.name == folder + "/constants.pkl" || $0.name.hasPrefix(folder + "/code/")
        }
        if isProgram {
            throw ZipFault(
                problem: "a TorchScript program, not a checkpoint",
                advice: "save its state_dict() with torch.save")
        }
        if let packed = archive.entries.first(where: { !$0.isStored }) {
            throw ZipFault(
                problem: "entry \(packed.name) is compressed, which torch.save never does",
                advice: "load the file in Python and write it with torch.save")
        }
        try checkIntact(pickle, bytes)
        try checkVersion(bytes)
        try checkByteOrder(bytes)
    }

    /// Fails if the bytes of an entry are not those that were written.
    func checkIntact(
        _ entry: ZipArchive.Entry, _ bytes: UnsafeRawBufferPointer
    ) throws(ZipFault) {
        guard ZipArchive.isIntact(entry, in: bytes) else {
            throw ZipFault(problem: "the checksum of \(entry.name) is wrong")
        }
    }

    private func text(_ name: String, _ bytes: UnsafeRawBufferPointer) -> Substring? {
        guard let entry = entries[folder + "/" + name] else { return nil }
        return String(decoding: bytes[entry.range].prefix(64), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).first ?? ""
    }

    private func checkVersion(_ bytes: UnsafeRawBufferPointer) throws(ZipFault) {
        let version = text("version", bytes) ?? text(".data/version", bytes) ?? ""
        guard let number = Int(version), (1...Self.newestVersion).contains(number) else {
            throw ZipFault(
                problem: "the archive's version is \"\(version)\"; 1 to \(Self.newestVersion) are "
                    + "known",
                advice: "load the file in Python and write it with torch.save")
        }
    }

    private func checkByteOrder(_ bytes: UnsafeRawBufferPointer) throws(ZipFault) {
        guard let order = text("byteorder", bytes), order != "little" else { return }
        throw ZipFault(
            problem: "the numbers' byte order is \"\(order)\", not little",
            advice: "load the file in Python on a little-endian machine and write it with "
                + "torch.save")
    }

    /// The files of storages.
    func entries(of storages: [PickleStorage]) throws(ZipFault) -> [ZipArchive.Entry] {
        var found: [ZipArchive.Entry] = []
        for storage in storages {
            let name = folder + "/data/" + storage.key
            guard let entry = entries[name] else {
                throw ZipFault(problem: "the archive has no \(name)")
            }
            guard let size = storage.byteCount, size <= entry.range.count else {
                throw ZipFault(
                    problem:
                        "\(name) should have \(storage.count) numbers of \(storage.type.name), "
                        + "but has \(entry.range.count) bytes")
            }
            found.append(entry)
        }
        return found
    }
}
