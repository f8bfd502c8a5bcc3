import FileSystem
import Foundation
import Torch

/// Weights that did not arrive: links to nothing, folders of a file's name, downloads that were broken off.
enum UnfinishedWeights {
    /// The error about what stands under one of the usual names and is no file.
    ///
    /// - Parameters:
    ///   - folder: the folder
    ///   - usual: the names that weights may have
    /// - Returns: the error; nil if nothing stands there, or a file does
    static func misplaced(_ folder: String, _ usual: [String]) -> CheckpointError? {
        for name in usual {
            let kind = FileKind(folder + "/" + name)
            if kind == .nothing || kind == .regular { continue }
            return CheckpointError(
                path: folder, problem: "\(name) \(kind.fault ?? "")", advice: advice(kind, folder),
                isMissing: true)
        }
        return nil
    }

    /// What to do about something that is no file.
    static func advice(_ kind: FileKind, _ folder: String) -> String {
        switch kind {
        case .dangling, .loop:
            if let download = cacheDownload(folder) {
                return "the download is incomplete; finish it: \(download)"
            }
            if case .dangling(let target) = kind, target.contains("blobs/") {
                return
                    "it leads into the hub's cache: copy the folder with what its links lead to (cp -rL), or "
                    + "run hf download again"
            }
            return "copy what the link leads to as well, or put the file itself in its place"
        case .folder: return "put the file itself in its place, or give the folder that holds it"
        case .special, .nothing, .regular: return "put the file itself in its place"
        }
    }

    /// The error about a download in a folder that was broken off; nil if there is none.
    static func download(_ folder: String, names: [String]) -> CheckpointError? {
        unfinished(folder, names: names).map { name in
            CheckpointError(
                path: folder, problem: "\(name) is an unfinished download",
                advice: finish(folder), isMissing: true)
        }
    }

    /// How to finish a download to a folder.
    static func finish(_ folder: String) -> String {
        cacheDownload(folder).map { "finish it: \($0)" }
            ?? "finish it: the command that began the download goes on where it stopped"
    }

    /// The file of a download to a folder that was broken off; nil if there is none.
    static func unfinished(_ folder: String, names: [String]) -> String? {
        if let name = names.first(where: isUnfinished) { return name }
        let places = [".cache/huggingface/download"] + (isSnapshot(folder) ? ["../../blobs"] : [])
        for place in places {
            let found = NeighbouringFolders.contents(folder + "/" + place)
                .first { $0.hasSuffix(".incomplete") }
            if let found { return place + "/" + found }
        }
        return nil
    }

    /// Whether aria2, which writes a file's end before its middle, has not finished a file.
    static func isHalf(_ folder: String, _ name: String) -> Bool {
        FileKind("\(folder)/\(name).aria2") == .regular
    }

    private static func isUnfinished(_ name: String) -> Bool {
        if name.hasSuffix(".crdownload") { return true }
        guard let dot = name.lastIndex(of: "."), endings.contains(String(name[dot...])) else {
            return false
        }
        return ["safetensors", ".bin", ".pt", ".pth"].contains { name[..<dot].contains($0) }
    }

    /// What programs call files that they have not received whole.
    private static let endings = [
        ".incomplete", ".part", ".partial", ".aria2", ".tmp", ".download", ".downloading",
        ".opdownload", ".!qB",
    ]

    // MARK: - The hub's cache

    private static func isSnapshot(_ folder: String) -> Bool {
        let parent = namedParentFolder(of: (folder as NSString).standardizingPath) ?? ""
        return (parent as NSString).lastPathComponent == "snapshots"
    }

    /// The command that fetches a snapshot of the hub's cache.
    private static func cacheDownload(_ folder: String) -> String? {
        guard isSnapshot(folder) else { return nil }
        let parts = (folder as NSString).standardizingPath.split(separator: "/")
        guard let name = parts.last(where: { $0.hasPrefix("models--") }) else {
            return "run hf download again"
        }
        let model = name.dropFirst("models--".count).replacing("--", with: "/")
        return "hf download \(ForeignWeights.quoted(String(model)))"
    }
}
