import Foundation

/// A `.safetensors` file: an eight-byte length, a JSON header of that length, then the tensors' bytes.
///
/// The file is mapped into memory; a tensor's bytes are read when they are first used. All of the
/// header is checked before any tensor is handed out.
public final class SafetensorsFile: Sendable {
    /// What the header says of one tensor.
    public struct Entry: Sendable, Equatable {
        /// The tensor's key.
        public let name: String
        /// Its element type, in the words of the file.
        public let type: StoredType
        /// Its element type; nil if no tensor can have it.
        public var dtype: DType? { type.dtype }
        /// Its shape.
        public let shape: [Int]
        /// Where its bytes stand in the file.
        public let range: Range<Int>
    }

    /// Where the file is.
    public let path: String
    /// The tensors, sorted by name.
    public let entries: [Entry]
    /// The header's `__metadata__`.
    public let metadata: [String: String]
    private let file: MappedFile
    private let index: [String: Int]

    /// Opens a file and checks its header.
    ///
    /// - Parameter path: the file
    /// - Throws: ``CheckpointError`` if the file is missing, cut short or not a safetensors file
    public init(path: String) throws(CheckpointError) {
        self.path = path
        file = try MappedFile(path: path)
        let header = try SafetensorsHeader(path: path, bytes: UnsafeRawBufferPointer(file.bytes))
        entries = header.entries
        metadata = header.metadata
        index = Dictionary(
            uniqueKeysWithValues: header.entries.enumerated().map { ($1.name, $0) })
    }

    /// The entry of a key, if the file has it.
    public func entry(_ name: String) -> Entry? { index[name].map { entries[$0] } }

    /// The tensor of an entry, on the CPU; it shares the file's memory where its alignment allows.
    ///
    /// - Throws: ``CheckpointError`` if no tensor can have its element type
    public func tensor(_ entry: Entry) throws -> Tensor {
        guard let dtype = entry.dtype else {
            throw CheckpointError(
                path: path, problem: "tensor \(entry.name) holds \(entry.type), which are not read")
        }
        return try file.tensor(entry.range, shape: entry.shape, dtype: dtype)
    }

    /// Whether a tensor has type, shape and bytes of one in another file; of large ones, blocks at both
    /// ends and at fourteen places between count.
    public func seemsEqual(_ entry: Entry, to other: SafetensorsFile, _ otherEntry: Entry) -> Bool {
        guard entry.type == otherEntry.type, entry.shape == otherEntry.shape else { return false }
        return UnsafeRawBufferPointer(rebasing: file.bytes[entry.range])
            .seemsEqual(to: UnsafeRawBufferPointer(rebasing: other.file.bytes[otherEntry.range]))
    }
}

/// The header of a safetensors file, checked against the file's size.
struct SafetensorsHeader {
    var entries: [SafetensorsFile.Entry] = []
    var metadata: [String: String] = [:]

    init(path: String, bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        func fail(_ problem: String, isCut: Bool = false) -> CheckpointError {
            CheckpointError(
                path: path, problem: problem,
                advice: isCut
                    ? "the file is damaged; copy or download it again"
                    : "no library writes such a file; compare its size and SHA-256 with those of "
                        + "where it is from")
        }
        if let (problem, advice) = notSafetensors(bytes) {
            throw CheckpointError(path: path, problem: problem, advice: advice)
        }
        guard bytes.count >= 8 else {
            throw fail("cut short: \(bytes.count) bytes", isCut: true)
        }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length >= 2, length <= Self.longestHeader else {
            throw fail(
                "not a safetensors file, or damaged: the header should have \(length) bytes")
        }
        guard length <= UInt64(bytes.count - 8) else {
            throw fail(
                "cut short: the header should have \(length) bytes, the file has \(bytes.count)",
                isCut: true)
        }
        let start = 8 + Int(length)
        let json = Data(bytes[8..<start])
        guard let object = try? JSONSerialization.jsonObject(with: json),
            let table = object as? [String: Any]
        else { throw fail("the header is not a JSON object") }
        for (name, value) in table {
            if name == "__metadata__" {
                metadata = value as? [String: String] ?? [:]
                continue
            }
            do {
                entries.append(
                    try Self.entry(name: name, value: value, start: start, end: bytes.count))
            } catch { throw fail("tensor \(name): \(error.problem)", isCut: error.isCut) }
        }
        entries.sort { $0.name < $1.name }
    }

    /// What safetensors itself allows.
    private static let longestHeader: UInt64 = 100_000_000

    private struct Fault: Error {
        let problem: String
        /// Whether the file is shorter than its header says.
        var isCut = false
    }

    private static func entry(
        name: String, value: Any, start: Int, end: Int
    ) throws(Fault) -> SafetensorsFile.Entry {
        guard let fields = value as? [String: Any], let code = fields["dtype"] as? String,
            let shape = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int],
            offsets.count == 2
        else { throw Fault(problem: "dtype, shape or data_offsets are missing or malformed") }
        var count = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { throw Fault(problem: "shape \(shape) is impossible") }
            count = product
        }
        guard offsets[0] >= 0, offsets[1] >= offsets[0] else {
            throw Fault(problem: "bytes \(offsets[0])..<\(offsets[1]) are impossible")
        }
        guard offsets[1] <= end - start else {
            throw Fault(
                problem: "bytes \(offsets[0])..<\(offsets[1]) are past the end of the file, which "
                    + "holds \(end - start)", isCut: true)
        }
        let type = StoredType(safetensors: code)
        let needed = type.byteCount(count)
        guard type.bits == nil || needed == offsets[1] - offsets[0] else {
            throw Fault(
                problem: "shape \(shape) of \(code) needs \(needed.map(String.init) ?? "too many") "
                    + "bytes, the header gives it \(offsets[1] - offsets[0])")
        }
        return SafetensorsFile.Entry(
            name: name, type: type, shape: shape, range: start + offsets[0]..<start + offsets[1])
    }
}
