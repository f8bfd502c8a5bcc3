import Foundation

/// The file or folder that a path was most likely meant to name, where nothing is at it.
public enum NearestPath {
    /// Looks for names that are close to those of a path, folder by folder.
    ///
    /// A name is close that differs in case, in its ending or in few characters.
    ///
    /// - Parameter path: as it was written
    /// - Returns: a path that is there; nil if something is at `path`, or nothing is close
    public static func to(_ path: String) -> String? {
        if path.isEmpty || FileManager.default.fileExists(atPath: path) { return nil }
        var found = path.hasPrefix("/") ? "/" : ""
        let names = path.split(separator: "/").map(String.init)
        for (place, name) in names.enumerated() {
            let whole = found + name
            let isLast = place + 1 == names.count
            if isLast ? FileManager.default.fileExists(atPath: whole) : Self.isFolder(whole) {
                found = whole
            } else if let near = close(to: name, in: found, isFolder: !isLast) {
                found += near
            } else {
                return nil
            }
            if !isLast { found += "/" }
        }
        return found
    }

    /// `; did you mean PATH?`; empty if nothing is close.
    public static func question(_ path: String) -> String {
        to(path).map { "; did you mean \($0)?" } ?? ""
    }

    private static func isFolder(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
            && isFolder.boolValue
    }

    /// Folders with more than that are not searched.
    private static let mostNames = 20_000

    /// The name in a folder that is closest to another.
    private static func close(to name: String, in folder: String, isFolder: Bool) -> String? {
        let path = folder.isEmpty ? "." : folder
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: path),
            names.count <= mostNames
        else { return nil }
        let (stem, ending) = parts(name.lowercased())
        var best: (distance: Int, name: String)?
        for other in names.sorted() where !other.hasPrefix(".") {
            let (otherStem, otherEnding) = parts(other.lowercased())
            let distance = editDistance(stem, otherStem) * 2 + (ending == otherEnding ? 0 : 1)
            let isClose =
                stem == otherStem
                || distance / 2 <= max(1, min(stem.count / 3, 3)) && stem.count >= 3
                    && ending == otherEnding
            guard isClose, distance < best?.distance ?? .max else { continue }
            if isFolder, !Self.isFolder(folder + other) { continue }
            best = (distance, other)
        }
        return best?.name
    }

    /// A name without its ending, and that.
    private static func parts(_ name: String) -> (stem: String, ending: String) {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex,
            name[dot...].count <= 6, !name[dot...].contains(" ")
        else { return (name, "") }
        return (String(name[..<dot]), String(name[dot...]))
    }
}
