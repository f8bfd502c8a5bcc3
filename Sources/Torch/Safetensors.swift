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
        /// Its element type.
        public let dtype: DType
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
    public func tensor(_ entry: Entry) throws -> Tensor {
        try file.tensor(entry.range, shape: entry.shape, dtype: entry.dtype)
    }

    /// Whether a tensor has type, shape and bytes of one in another file; of large ones, blocks at both
    /// ends and at fourteen places between count.
    public func seemsEqual(_ entry: Entry, to other: SafetensorsFile, _ otherEntry: Entry) -> Bool {
        guard entry.dtype == otherEntry.dtype, entry.shape == otherEntry.shape else { return false }
        let mine = UnsafeRawBufferPointer(rebasing: file.bytes[entry.range])
        let others = UnsafeRawBufferPointer(rebasing: other.file.bytes[otherEntry.range])
        let (places, block) = (16, 4096)
        guard mine.count > places * block else { return mine.elementsEqual(others) }
        return (0..<places).allSatisfy { place in
            let last = mine.count - block
            let start = place == places - 1 ? last : last / (places - 1) * place
            return mine[start..<start + block].elementsEqual(others[start..<start + block])
        }
    }
}

/// The header of a safetensors file, checked against the file's size.
struct SafetensorsHeader {
    var entries: [SafetensorsFile.Entry] = []
    var metadata: [String: String] = [:]

    private static let names: [(String, DType)] = [
        ("F32", .float32), ("BF16", .bfloat16), ("F16", .float16), ("F64", .float64),
        ("I64", .int64), ("I32", .int32), ("U8", .uint8), ("BOOL", .bool),
    ]

    static func name(of dtype: DType) -> String {
        names.first { $0.1 == dtype }?.0 ?? "F32"
    }

    init(path: String, bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        func fail(_ problem: String) -> CheckpointError {
            CheckpointError(
                path: path, problem: problem,
                advice: "the file is damaged or not a safetensors file; copy or download it again")
        }
        guard bytes.count >= 8 else { throw fail("cut short: \(bytes.count) bytes") }
        if bytes.starts(with: Array("version https://git-lfs".utf8)) {
            throw CheckpointError(
                path: path, problem: "is a pointer of Git LFS, not the file itself",
                advice: "run git lfs pull in the checkpoint's folder")
        }
        let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        guard length >= 2, length <= UInt64(bytes.count - 8) else {
            throw fail("the header should have \(length) bytes, the file has \(bytes.count)")
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
            } catch { throw fail("tensor \(name): \(error.problem)") }
        }
        entries.sort { $0.name < $1.name }
    }

    private struct Fault: Error { let problem: String }

    private static func entry(
        name: String, value: Any, start: Int, end: Int
    ) throws(Fault) -> SafetensorsFile.Entry {
        guard let fields = value as? [String: Any], let code = fields["dtype"] as? String,
            let shape = fields["shape"] as? [Int], let offsets = fields["data_offsets"] as? [Int],
            offsets.count == 2
        else { throw Fault(problem: "dtype, shape or data_offsets are missing or malformed") }
        guard let dtype = names.first(where: { $0.0 == code })?.1 else {
            throw Fault(problem: "dtype \(code) is not supported")
        }
        var count = dtype.byteCount
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 0, !overflow else { throw Fault(problem: "shape \(shape) is impossible") }
            count = product
        }
        guard offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] <= end - start else {
            throw Fault(
                problem: "bytes \(offsets[0])..<\(offsets[1]) are past the end of the file, which "
                    + "holds \(end - start)")
        }
        guard offsets[1] - offsets[0] == count else {
            throw Fault(
                problem: "shape \(shape) of \(code) needs \(count) bytes, "
                    + "the header gives it \(offsets[1] - offsets[0])")
        }
        return SafetensorsFile.Entry(
            name: name, dtype: dtype, shape: shape, range: start + offsets[0]..<start + offsets[1])
    }
}
