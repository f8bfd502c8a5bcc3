/// The folder that a path names before its last name; nil for a name alone, and for no path.
///
/// Foundation's `deletingLastPathComponent` traps on names of one character.
package func namedParentFolder(of path: String) -> String? {
    let plain = withoutSlashes(path)
    guard let slash = plain.lastIndex(of: "/") else {
        return plain.isEmpty && path.hasPrefix("/") ? "/" : nil
    }
    let parent = withoutSlashes(String(plain[..<slash]))
    return parent.isEmpty ? "/" : parent
}

/// The folder that a path's file or folder is in; `.` for a name alone.
package func parentFolder(of path: String) -> String { namedParentFolder(of: path) ?? "." }

/// A path without slashes at its end; empty if it is nothing else.
package func withoutSlashes(_ path: String) -> String {
    String(path.reversed().drop { $0 == "/" }.reversed())
}
