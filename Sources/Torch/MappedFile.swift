import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A file that cannot be read or written, or whose contents are not what they should be.
public struct CheckpointError: Error, Sendable, CustomStringConvertible {
    /// The file or folder.
    public let path: String
    /// What is wrong, and where in the file.
    public let problem: String
    /// What the user can do about it; may be empty.
    public let advice: String
    /// Whether the file is missing altogether, or must not be read.
    public let isMissing: Bool
    /// Whether the file could not be written.
    public let isWriteFailure: Bool

    /// An error about a file or folder.
    public init(
        path: String, problem: String, advice: String = "", isMissing: Bool = false,
        isWriteFailure: Bool = false
    ) {
        self.path = path
        self.problem = problem
        self.advice = advice
        self.isMissing = isMissing
        self.isWriteFailure = isWriteFailure
    }

    /// Path, problem and advice in one line.
    public var description: String {
        advice.isEmpty ? "\(path): \(problem)" : "\(path): \(problem); \(advice)"
    }

    /// The error of a failed system call, from `errno`.
    static func reading(_ path: String, _ doing: String) -> CheckpointError {
        let code = errno
        return CheckpointError(
            path: path, problem: "\(doing): \(String(cString: strerror(code)))",
            isMissing: code == ENOENT || code == EACCES)
    }

    /// The error of a failed system call that should have written, from `errno`.
    static func writing(
        _ path: String, _ doing: String, code: Int32 = errno
    ) -> CheckpointError {
        CheckpointError(
            path: path, problem: "\(doing): \(String(cString: strerror(code)))",
            isWriteFailure: true)
    }
}

/// The bytes of a file, read by the kernel when they are touched.
///
/// Tensors that share these bytes keep the mapping alive. Writing to them changes private copies of
/// the pages, never the file.
final class MappedFile: @unchecked Sendable {
    let path: String
    let bytes: UnsafeMutableRawBufferPointer

    init(path: String) throws(CheckpointError) {
        self.path = path
        // Opening a pipe would wait for its writer.
        var status = stat()
        if stat(path, &status) != 0 { throw .reading(path, "cannot open") }
        if status.st_mode & S_IFMT != S_IFREG {
            throw CheckpointError(path: path, problem: "is not a file", isMissing: true)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw .reading(path, "cannot open") }
        defer { close(descriptor) }
        if fstat(descriptor, &status) != 0 { throw .reading(path, "cannot read") }
        let count = Int(status.st_size)
        if count == 0 {
            throw CheckpointError(path: path, problem: "the file is empty")
        }
        let address = mmap(
            nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | Int32(MAP_NORESERVE), descriptor, 0)
        guard let address, address != MAP_FAILED else { throw .reading(path, "cannot map") }
        bytes = UnsafeMutableRawBufferPointer(start: address, count: count)
        MappedPages.add(bytes)
    }

    deinit {
        MappedPages.remove(bytes)
        munmap(bytes.baseAddress, bytes.count)
    }
}

extension UnsafeRawBufferPointer {
    /// Whether bytes are equal; of many, blocks at both ends and at fourteen places between count.
    func seemsEqual(to others: UnsafeRawBufferPointer) -> Bool {
        guard count == others.count else { return false }
        let (places, block) = (16, 4096)
        guard count > places * block else { return elementsEqual(others) }
        return (0..<places).allSatisfy { place in
            let last = count - block
            let start = place == places - 1 ? last : last / (places - 1) * place
            return self[start..<start + block].elementsEqual(others[start..<start + block])
        }
    }
}
