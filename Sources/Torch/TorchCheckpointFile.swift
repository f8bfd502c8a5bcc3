import Pickles
import Synchronization

// Reference: torch, serialization.py (_save, _load)

/// A file that Python's `torch.save` wrote: a zip archive of a pickle and the tensors' bytes, or, before
/// version 1.6, pickles with the bytes behind them.
///
/// The pickle is read, not run: it can build plain values, containers and tensors, and whatever else
/// it mentions is an error. The file is mapped into memory, and tensors share the mapping. All
/// storages are checked against the archive before any tensor is handed out, and against its checksums
/// then, or when they are first used.
public final class TorchCheckpointFile: Sendable {
    /// Where the file is.
    public let path: String
    private let file: MappedFile
    private let heap: PickleHeap
    private let outermost: PickleValue
    private let contents: TorchPickle
    /// The file in the archive of each storage of the heap.
    private let places: [ZipArchive.Entry]
    /// The names of those whose bytes have not been held to their checksums.
    private let unchecked: Mutex<Set<String>>

    /// When the bytes of storages are held to their checksums, which means reading them all.
    public enum Checking: Sendable {
        /// When the file is opened.
        case atOnce
        /// Before a storage's first tensor is handed out.
        case whenUsed
    }

    /// Pickles of checkpoints are far smaller: the numbers are not in them.
    private static let pickleLimit = 1 << 26

    /// Opens a file, reads its pickle and checks it.
    ///
    /// - Parameters:
    ///   - path: the file
    ///   - checking: when all bytes are read to find damaged ones
    /// - Throws: ``CheckpointError`` that says what the file is, if it is not such a file, what is
    ///   damaged, or what the pickle mentions that is neither a tensor nor a container
    public init(path: String, checking: Checking = .atOnce) throws(CheckpointError) {
        self.path = path
        file = try MappedFile(path: path)
        let bytes = UnsafeRawBufferPointer(file.bytes)
        if let (problem, advice) = foreignFormat(bytes) {
            throw CheckpointError(path: path, problem: problem, advice: advice)
        }
        let parts: TorchFileParts
        do throws(ZipFault) {
            parts =
                FileSignature(bytes) == .oldTorch
                ? try OldTorchFile.parts(bytes) : try Self.parts(bytes, checking)
        } catch {
            throw CheckpointError(
                path: path, problem: error.problem,
                advice: error.advice ?? "the file is damaged; copy or download it again")
        }
        (heap, outermost, contents, places) = (
            parts.heap, parts.outermost, parts.contents, parts.places
        )
        unchecked = Mutex(parts.unchecked)
    }

    /// The parts of a zip archive.
    private static func parts(
        _ bytes: UnsafeRawBufferPointer, _ checking: Checking
    ) throws(ZipFault) -> TorchFileParts {
        let archive = try TorchArchive(ZipArchive(bytes), bytes)
        guard archive.pickle.range.count <= Self.pickleLimit else {
            throw ZipFault(
                problem: "the pickle has \(archive.pickle.range.count) bytes",
                advice: "save the tensors alone: torch.save({\"model\": model.state_dict()}, …)"
            )
        }
        let (heap, outermost, contents) = try Self.unpickled(
            UnsafeRawBufferPointer(rebasing: bytes[archive.pickle.range]))
        let places = try archive.entries(of: contents.storages)
        var unchecked = Set(places.map(\.name))
        if checking == .atOnce {
            for place in places where unchecked.remove(place.name) != nil {
                try archive.checkIntact(place, bytes)
            }
        }
        return TorchFileParts(
            heap: heap, outermost: outermost, contents: contents, places: places,
            unchecked: unchecked)
    }

    private static func unpickled(
        _ bytes: UnsafeRawBufferPointer
    ) throws(ZipFault) -> (PickleHeap, PickleValue, TorchPickle) {
        do {
            return try PickleMachine.run(bytes, TorchPickle())
        } catch {
            throw ZipFault(
                problem: "data.pkl: \(error.problem)", advice: TorchPickle.advice(on: error))
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
                type: tensor.type, shape: tensor.shape, tensor: tensor)
        }
    }

    /// What the file says of one tensor.
    public struct TensorEntry: Sendable {
        /// Its element type, in torch's words.
        public let type: StoredType
        /// Its element type; nil if no ``Tensor`` can have it.
        public var dtype: DType? { type.dtype }
        /// Its shape.
        public let shape: [Int]
        fileprivate let tensor: PickleTensor
    }

    /// The tensor of an entry of this file, on the CPU.
    ///
    /// It shares the file's memory, unless its elements stand there with gaps or badly aligned.
    ///
    /// - Throws: ``CheckpointError`` if no tensor can have its element type, its elements overlap, or
    ///   bytes of its storage are damaged
    public func tensor(_ entry: TensorEntry) throws -> Tensor {
        guard let dtype = entry.dtype else {
            throw CheckpointError(
                path: path, problem: "a tensor holds \(entry.type), which are not read")
        }
        let tensor = entry.tensor
        let width = dtype.byteCount
        if entry.shape.contains(0) { return try Tensor.zeros(entry.shape, dtype: dtype) }
        try checkIntact(places[tensor.storage])
        let view = StridedView(shape: tensor.shape, strides: tensor.strides)
        let range = places[tensor.storage].range
        let start = range.lowerBound + tensor.offset * width
        if view.isDense {
            let dense = try file.tensor(
                start..<start + view.count * width, shape: view.denseShape, dtype: dtype)
            return try view.arranged(dense)
        }
        guard view.count <= range.count / width else {
            throw CheckpointError(
                path: path, problem: "the elements of a tensor of shape \(entry.shape) overlap",
                advice: "save a copy of it: tensor.clone()")
        }
        let bytes = UnsafeRawBufferPointer(rebasing: file.bytes[start..<range.upperBound])
        return try view.arranged(view.gathered(bytes, dtype: dtype))
    }

    /// Holds a storage to its checksum, once.
    private func checkIntact(_ place: ZipArchive.Entry) throws(CheckpointError) {
        guard unchecked.withLock({ $0.contains(place.name) }) else { return }
        guard ZipArchive.isIntact(place, in: UnsafeRawBufferPointer(file.bytes)) else {
            throw CheckpointError(
                path: path, problem: "the checksum of \(place.name) is wrong",
                advice: "the file is damaged; copy or download it again")
        }
        _ = unchecked.withLock { $0.remove(place.name) }
    }

    /// Whether a tensor has type, shape and storage bytes of one in another file; of large storages, blocks
    /// at both ends and at fourteen places between count.
    public func seemsEqual(
        _ entry: TensorEntry, to other: TorchCheckpointFile, _ otherEntry: TensorEntry
    ) -> Bool {
        guard entry.type == otherEntry.type, entry.shape == otherEntry.shape,
            entry.tensor.offset == otherEntry.tensor.offset,
            entry.tensor.strides == otherEntry.tensor.strides
        else { return false }
        let (mine, others) = (places[entry.tensor.storage], other.places[otherEntry.tensor.storage])
        return UnsafeRawBufferPointer(rebasing: file.bytes[mine.range])
            .seemsEqual(to: UnsafeRawBufferPointer(rebasing: other.file.bytes[others.range]))
    }
}
