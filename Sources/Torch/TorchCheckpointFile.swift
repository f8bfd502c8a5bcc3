import Pickles

// Reference: torch, serialization.py (_save, _load)

/// A file that Python's `torch.save` wrote: a zip archive of a pickle and the tensors' bytes.
///
/// The pickle is read, not run: it can build plain values, containers and tensors, and whatever else
/// it mentions is an error. The file is mapped into memory, and tensors share the mapping. All
/// storages are checked against the archive and its checksums before any tensor is handed out.
public final class TorchCheckpointFile: Sendable {
    /// Where the file is.
    public let path: String
    private let file: MappedFile
    private let heap: PickleHeap
    private let outermost: PickleValue
    private let contents: TorchPickle
    /// Where the bytes of each storage of the heap stand in the file.
    private let ranges: [Range<Int>]

    /// Pickles of checkpoints are far smaller: the numbers are not in them.
    private static let pickleLimit = 1 << 26

    /// Opens a file, reads its pickle and checks it.
    ///
    /// - Parameter path: the file
    /// - Throws: ``CheckpointError`` that says what the file is, if it is not such a file, what is
    ///   damaged, or what the pickle mentions that is neither a tensor nor a container
    public init(path: String) throws(CheckpointError) {
        self.path = path
        file = try MappedFile(path: path)
        let bytes = UnsafeRawBufferPointer(file.bytes)
        if let (problem, advice) = foreignFormat(bytes) {
            throw CheckpointError(path: path, problem: problem, advice: advice)
        }
        do throws(ZipFault) {
            let archive = try TorchArchive(ZipArchive(bytes), bytes)
            guard archive.pickle.range.count <= Self.pickleLimit else {
                throw ZipFault(
                    problem: "the pickle has \(archive.pickle.range.count) bytes",
                    advice: "save the tensors alone: torch.save({\"model\": model.state_dict()}, …)"
                )
            }
            (heap, outermost, contents) = try Self.unpickled(
                UnsafeRawBufferPointer(rebasing: bytes[archive.pickle.range]))
            ranges = try archive.ranges(of: contents.storages, bytes)
        } catch {
            throw CheckpointError(
                path: path, problem: error.problem,
                advice: error.advice ?? "the file is damaged; copy or download it again")
        }
    }

    private static func unpickled(
        _ bytes: UnsafeRawBufferPointer
    ) throws(ZipFault) -> (PickleHeap, PickleValue, TorchPickle) {
        do {
            return try PickleMachine.run(bytes, TorchPickle())
        } catch {
            throw ZipFault(
                problem: "data.pkl: \(error.problem)",
                advice: "only tensors in dictionaries, lists and tuples are read; if you trust the "
                    + "file, load it in Python and save its state_dict with torch.save")
        }
    }

    /// The outermost value.
    public var root: Value { Value(file: self, value: outermost) }
}

// MARK: - Values

extension TorchCheckpointFile {
    /// Something that the file holds.
    public struct Value: Sendable {
        fileprivate let file: TorchCheckpointFile
        fileprivate let value: PickleValue

        /// What it is, for messages: "a dictionary".
        public var kind: String { file.heap.kind(value) }

        /// The items of a list, a tuple or a set.
        public var elements: [Value]? {
            guard case .container(let place) = value, !file.heap.containers[place].isDictionary
            else { return nil }
            return file.heap.containers[place].items.map { Value(file: file, value: $0) }
        }

        /// The keys of a dictionary with their values, in order.
        public var dictionary: [(key: Value, value: Value)]? {
            guard case .container(let place) = value, file.heap.containers[place].isDictionary
            else { return nil }
            let items = file.heap.containers[place].items
            return stride(from: 0, to: items.count, by: 2).map {
                (Value(file: file, value: items[$0]), Value(file: file, value: items[$0 + 1]))
            }
        }

        /// The value of a dictionary's key; the last one, if the key is there several times.
        public subscript(key: String) -> Value? {
            dictionary?.last { $0.key.text == key }?.value
        }

        /// A text.
        public var text: String? { if case .text(let text) = value { text } else { nil } }
        /// An integer.
        public var integer: Int? { if case .integer(let number) = value { number } else { nil } }
        /// A floating-point number.
        public var real: Double? { if case .real(let number) = value { number } else { nil } }
        /// A truth value.
        public var truth: Bool? { if case .truth(let truth) = value { truth } else { nil } }

        /// A tensor, or the tensor of a parameter.
        public var tensor: TensorEntry? {
            guard let tensor = file.contents.tensor(value) else { return nil }
            return TensorEntry(
                dtype: file.contents.storages[tensor.storage].dtype, shape: tensor.shape,
                tensor: tensor)
        }
    }

    /// What the file says of one tensor.
    public struct TensorEntry: Sendable {
        /// Its element type.
        public let dtype: DType
        /// Its shape.
        public let shape: [Int]
        fileprivate let tensor: PickleTensor
    }

    /// The tensor of an entry of this file, on the CPU.
    ///
    /// It shares the file's memory, unless its elements stand there with gaps or badly aligned.
    public func tensor(_ entry: TensorEntry) throws -> Tensor {
        let tensor = entry.tensor
        let width = entry.dtype.byteCount
        if entry.shape.contains(0) { return try Tensor.zeros(entry.shape, dtype: entry.dtype) }
        let view = StridedView(shape: tensor.shape, strides: tensor.strides)
        let range = ranges[tensor.storage]
        let start = range.lowerBound + tensor.offset * width
        if view.isDense {
            let dense = try file.tensor(
                start..<start + view.count * width, shape: view.denseShape, dtype: entry.dtype)
            return try view.arranged(dense)
        }
        guard view.count <= contents.storages[tensor.storage].count else {
            throw CheckpointError(
                path: path, problem: "the elements of a tensor of shape \(entry.shape) overlap",
                advice: "save a copy of it: tensor.clone()")
        }
        let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[start..<range.upperBound])
        return try view.arranged(view.gathered(bytes, dtype: entry.dtype))
    }
}

// MARK: - The archive

/// What an archive of `torch.save` must have beside the storages.
private struct TorchArchive {
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

    private func checkIntact(
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

    /// Where the bytes of storages stand.
    func ranges(
        of storages: [PickleStorage], _ bytes: UnsafeRawBufferPointer
    ) throws(ZipFault) -> [Range<Int>] {
        var checked: Set<String> = []
        var ranges: [Range<Int>] = []
        for storage in storages {
            let name = folder + "/data/" + storage.key
            guard let entry = entries[name] else {
                throw ZipFault(problem: "the archive has no \(name)")
            }
            let (size, overflows) = storage.count.multipliedReportingOverflow(
                by: storage.dtype.byteCount)
            guard !overflows, size <= entry.range.count else {
                throw ZipFault(
                    problem: "\(name) should have \(storage.count) numbers of \(storage.dtype), "
                        + "but has \(entry.range.count) bytes")
            }
            if checked.insert(name).inserted { try checkIntact(entry, bytes) }
            ranges.append(entry.range.lowerBound..<entry.range.lowerBound + size)
        }
        return ranges
    }
}
