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
    /// The element type in the file.
    public let writtenType: DType
    /// Makes what is written of the tensor, when it is; nil: the tensor itself is.
    private let make: (@Sendable (Tensor) throws -> Tensor)?

    /// A tensor with its key.
    public init(_ name: String, _ tensor: Tensor) {
        self.name = name
        self.tensor = tensor
        writtenType = tensor.dtype
        make = nil
    }

    /// A tensor of which something else is written, which is made when its turn comes and not kept.
    ///
    /// - Parameters:
    ///   - name: the key
    ///   - tensor: the tensor
    ///   - type: the element type in the file
    ///   - make: makes a tensor of that type and of the same shape
    public init(
        _ name: String, _ tensor: Tensor, as type: DType,
        make: @escaping @Sendable (Tensor) throws -> Tensor
    ) {
        self.name = name
        self.tensor = tensor
        writtenType = type
        self.make = make
    }

    /// Bytes in the file.
    public var byteCount: Int { tensor.count * writtenType.byteCount }

    fileprivate func written() throws -> Tensor {
        let source = try tensor.detached()
        let result = try make?(source) ?? source
        precondition(result.shape == tensor.shape && result.dtype == writtenType)
        return try result.to(.cpu).contiguous()
    }
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
        let ordered = tensors.sorted {
            let (a, b) = ($0.writtenType.byteCount, $1.writtenType.byteCount)
            return a != b ? a > b : $0.name < $1.name
        }
        precondition(Set(ordered.map(\.name)).count == ordered.count, "a key occurs twice")
        let temporary = FileOperations.processName(for: path)
        let output = try OutputFile(path: temporary, named: path)
        do {
            try output.write(header(ordered, metadata))
            for entry in ordered {
                try entry.written().withBytes { try output.write($0) }
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

    private static func header(_ tensors: [NamedTensor], _ metadata: [String: String]) -> [UInt8] {
        var parts: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }
                .map { "\(quoted($0.key)):\(quoted($0.value))" }
            parts.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var offset = 0
        for entry in tensors {
            let (dtype, shape) = (entry.writtenType, entry.tensor.shape)
            let end = offset + shape.reduce(dtype.byteCount, *)
            let sizes = shape.map(String.init).joined(separator: ",")
            parts.append(
                "\(quoted(entry.name)):{\"dtype\":\"\(StoredType.safetensorsName(of: dtype))\","
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
