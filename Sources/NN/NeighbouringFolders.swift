import FileSystem
import Foundation

/// The folders around one that was given, where its weights may be.
struct NeighbouringFolders {
    /// The snapshot that is meant, if the folder is one of the hub's cache.
    let snapshot: String?
    /// The nearest folder below with a checkpoint that can be read, of several the newest by its number.
    let merged: String?
    /// Folders below whose parts may be merged, nearest first.
    let below: [String]
    /// Folders above whose parts may be merged.
    let above: [String]

    /// How many folders are looked into, and how deep.
    private static let (most, deepest) = (200, 3)

    init(_ folder: String, names: [String]) {
        snapshot = Self.snapshot(folder, names)
        var found: [String] = []
        var readable: String?
        var level = [folder]
        for _ in 0..<Self.deepest {
            level = Array(level.flatMap(Self.folders).prefix(Self.most))
            found += level
            if readable == nil {
                readable = level.first {
                    WeightFiles.areIn($0)
                        && FileManager.default.fileExists(atPath: $0 + "/config.json")
                }
            }
            if found.count > Self.most { break }
        }
        merged = readable
        // Of an actor and a critic the actor is the policy.
        below = found.filter { $0.hasSuffix("/actor") } + found.filter { !$0.hasSuffix("/actor") }
        let parent = namedParentFolder(of: (folder as NSString).standardizingPath) ?? ""
        above = Self.mayBeInside(folder, parent) ? [parent] : []
    }

    /// What is in a folder, sorted.
    static func contents(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// The folders in a folder, those with the highest numbers in their names first.
    private static func folders(_ folder: String) -> [String] {
        contents(folder).filter { !$0.hasPrefix(".") }
            .sorted { $0.compare($1, options: .numeric) == .orderedDescending }
            .prefix(most)
            .map { (folder.hasSuffix("/") ? folder : folder + "/") + $0 }
            .filter { path in
                var isFolder: ObjCBool = false
                return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
                    && isFolder.boolValue
            }
    }

    /// Whether programs make such a folder inside the one that has the weights.
    private static func mayBeInside(_ folder: String, _ parent: String) -> Bool {
        let name = ((folder as NSString).standardizingPath as NSString).lastPathComponent
        return !parent.isEmpty
            && (name == "huggingface" || name == "lora_adapter" || name.hasPrefix("global_step"))
    }

    /// The snapshot that a folder of the hub's cache means.
    private static func snapshot(_ folder: String, _ names: [String]) -> String? {
        let name = ((folder as NSString).standardizingPath as NSString).lastPathComponent
        let models = names.filter { $0.hasPrefix("models--") }
        if models.count == 1 {
            let model = folder + "/" + models[0]
            return snapshot(model, contents(model))
        }
        let root =
            names.contains("snapshots")
            ? folder
            : name == "snapshots"
                ? namedParentFolder(of: (folder as NSString).standardizingPath) ?? "" : nil
        guard let root else { return nil }
        let snapshots = folders(root + "/snapshots")
        let main = (try? String(contentsOfFile: root + "/refs/main", encoding: .utf8))?
            .trimmingCharacters(in: .whitespacesAndNewlines)
        return snapshots.first { $0.hasSuffix("/" + (main ?? "/")) } ?? snapshots.first
    }
}
