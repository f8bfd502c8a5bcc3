import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Which file a path leads to, by whatever name.
package struct FileIdentity {
    /// The path without links, as far as it exists.
    package let path: String
    /// Device and number of a regular file, which all its hard links share.
    private let node: [UInt64]?

    /// Looks at a path.
    package init(_ path: String) {
        self.path = Self.resolved(path)
        var status = stat()
        let isFile = stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        node = isFile ? [UInt64(status.st_dev), UInt64(status.st_ino)] : nil
    }

    /// Whether another path leads to the same file.
    package func isSame(_ other: FileIdentity) -> Bool {
        path == other.path || node != nil && node == other.node
    }

    private static func resolved(_ path: String) -> String {
        if let real = realpath(path, nil) {
            defer { free(real) }
            return String(cString: real)
        }
        let plain = path.withoutSlashes
        let name = (plain as NSString).lastPathComponent
        if plain.isEmpty || name == plain && plain.hasPrefix("/") { return plain }
        let parent = resolved(plain.parentFolder)
        switch name {
        case ".": return parent
        case "..": return parent.parentFolder
        default: return (parent == "/" ? "" : parent) + "/" + name
        }
    }
}
