import FileSystem
import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A tensor with its key.
public struct NamedTensor: Sendable {
    /// The key.
    public let name: String
    /// The tensor.
    public let tensor: Tensor

    /// A tensor with its key.
    public init(_ name: String, _ tensor: Tensor) {
        self.name = name
        self.tensor = tensor
    }
}

/// A tensor with its key that is made when it is written.
public struct DeferredTensor: Sendable {
    /// The key.
    public let name: String
    /// Its element type.
    public let dtype: DType
    /// Its shape.
    public let shape: [Int]
    /// Makes it.
    public let make: @Sendable () throws -> Tensor
    /// Is called when it is written.
    public let written: @Sendable () -> Void

    /// A tensor from what is known of it, and what makes it.
    public init(
        _ name: String, dtype: DType, shape: [Int], make: @escaping @Sendable () throws -> Tensor,
        written: @escaping @Sendable () -> Void = {}
    ) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.make = make
        self.written = written
    }

    /// A tensor that is there.
    public init(_ tensor: NamedTensor) {
        self.init(
            tensor.name, dtype: tensor.tensor.dtype, shape: tensor.tensor.shape,
            make: { tensor.tensor })
    }

    /// How many bytes it has.
    public var byteCount: Int { shape.reduce(dtype.byteCount, *) }
}

extension SafetensorsFile {
    /// Writes tensors to a new file: first to a temporary one beside it, which is synced and renamed, so
    /// that `path` is either the whole new file or what it was before.
    ///
    /// Wide element types come first, then names in order, so that every tensor is aligned.
    ///
    /// - Parameters:
    ///   - tensors: what to write; names are unique
    ///   - path: the file
    ///   - metadata: the header's `__metadata__`; transformers wants `format: pt`
    ///   - isSynced: whether the file is on the disk before it gets its name; if not, a power failure
    ///     may leave other bytes in it
    /// - Throws: ``CheckpointError`` if the file cannot be written, ``TorchError``
    public static func write(
        _ tensors: [NamedTensor], to path: String,
        metadata: [String: String] = ["format": "pt"], isSynced: Bool = true
    ) throws {
        try write(
            deferred: tensors.map { DeferredTensor($0) }, to: path, metadata: metadata,
            isSynced: isSynced)
    }

    /// Writes tensors that are made one after the other, as ``write(_:to:metadata:isSynced:)`` does.
    ///
    /// - Throws: what makes a tensor throws, too
    public static func write(
        deferred tensors: [DeferredTensor], to path: String,
        metadata: [String: String] = ["format": "pt"], isSynced: Bool = true
    ) throws {
        let ordered = tensors.sorted {
            let (a, b) = ($0.dtype.byteCount, $1.dtype.byteCount)
            return a != b ? a > b : $0.name < $1.name
        }
        precondition(Set(ordered.map(\.name)).count == ordered.count, "a key occurs twice")
        let temporary = FileOperations.processName(for: path)
        let output = try OutputFile(path: temporary, named: path)
        do {
            try output.write(header(ordered, metadata))
            for entry in ordered {
                let source = try entry.make().detached().to(.cpu).contiguous()
                precondition(
                    source.dtype == entry.dtype && source.shape == entry.shape,
                    "\(entry.name) is not what was said of it")
                try source.withBytes { try output.write($0) }
                entry.written()
            }
            try output.finish(isSynced: isSynced)
            try FileOperations.move(temporary, to: path)
        } catch {
            output.abandon()
            if let failure = error as? FileOperationFailure {
                throw CheckpointError.writing(path, "cannot rename", code: failure.code)
            }
            throw error
        }
    }

    private static func header(_ tensors: [DeferredTensor], _ metadata: [String: String]) -> [UInt8]
    {
        var parts: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }
                .map { "\(quoted($0.key)):\(quoted($0.value))" }
            parts.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var offset = 0
        for entry in tensors {
            let end = offset + entry.byteCount
            let sizes = entry.shape.map(String.init).joined(separator: ",")
            parts.append(
                "\(quoted(entry.name)):{\"dtype\":\"\(StoredType.safetensorsName(of: entry.dtype))\","
                    + "\"shape\":[\(sizes)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var json = Array("{\(parts.joined(separator: ","))}".utf8)
        json += [UInt8](repeating: 32, count: (8 - json.count % 8) % 8)
        return withUnsafeBytes(of: UInt64(json.count).littleEndian, Array.init) + json
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                result +=
                    "\\u" + String(repeating: "0", count: scalar.value < 16 ? 3 : 2)
                    + String(scalar.value, radix: 16)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// A file being written: every short or failed write is an error, and so is a failed sync.
private final class OutputFile {
    let path: String
    /// What messages call it.
    let name: String
    private var descriptor: Int32

    init(path: String, named name: String) throws(CheckpointError) {
        self.path = path
        self.name = name
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        if descriptor < 0 { throw .writing(name, "cannot create") }
    }

    func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        var done = 0
        while done < bytes.count {
            guard let base = bytes.baseAddress else { return }
            let count = Glibc.write(descriptor, base + done, bytes.count - done)
            if count < 0 {
                if errno == EINTR { continue }
                throw .writing(name, "cannot write")
            }
            done += count
        }
    }

    func finish(isSynced: Bool) throws(CheckpointError) {
        do {
            if isSynced { try FileOperations.synchronize(descriptor: descriptor) }
        } catch {
            throw .writing(name, "cannot sync", code: error.code)
        }
        let result = close(descriptor)
        descriptor = -1
        if result != 0 { throw .writing(name, "cannot close") }
    }

    func abandon() {
        if descriptor >= 0 { close(descriptor) }
        unlink(path)
    }
}
