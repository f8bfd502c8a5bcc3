import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What stands under a path, found without opening it: opening a pipe would wait for its writer.
enum FileKind: Equatable {
    case nothing, regular, folder
    /// A pipe, a socket or a device.
    case special
    /// A symbolic link to a path that is not there.
    case dangling(to: String)
    /// Symbolic links that lead to each other.
    case loop

    /// Looks at a path; links are followed.
    init(_ path: String) {
        var status = stat()
        if stat(path, &status) == 0 {
            switch status.st_mode & S_IFMT {
            case S_IFREG: self = .regular
            case S_IFDIR: self = .folder
            default: self = .special
            }
            return
        }
        if errno == ELOOP {
            self = .loop
        } else if let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) {
            self = .dangling(to: target)
        } else {
            self = .nothing
        }
    }

    /// What is wrong with such a thing where a file should be: "is a folder"; nil for a file.
    var fault: String? {
        switch self {
        case .regular: nil
        case .nothing: "is not there"
        case .folder: "is a folder"
        case .special: "is not a file"
        case .dangling(let target): "is a symbolic link to \(target), which is not there"
        case .loop: "is a symbolic link that leads back to itself"
        }
    }

    /// The contents of a regular file; nil for all else.
    static func contents(_ path: String) -> Data? {
        FileKind(path) == .regular ? FileManager.default.contents(atPath: path) : nil
    }
}
