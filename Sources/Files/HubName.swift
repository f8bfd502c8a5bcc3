import Foundation

/// A model's name on the Hugging Face hub that stands where a path is expected.
public struct HubName: Sendable, Hashable {
    /// The name: `Qwen/Qwen2.5-VL-3B-Instruct`.
    public let name: String
    /// Whether it can be nothing else, as the address of a page.
    private let isCertain: Bool
    /// Where it is to be put.
    private let folder: String

    /// Understands a path that is not there.
    ///
    /// Nil if there is something at the path, or it does not look like a name on the hub.
    ///
    /// - Parameter path: as it was written
    public init?(_ path: String) {
        if path.isEmpty || FileManager.default.fileExists(atPath: path) { return nil }
        let last = path.split(separator: "/").last.map(String.init) ?? path
        let owner = String(path.prefix { $0 != "/" })
        if let begin = Self.addresses.first(where: path.hasPrefix) {
            let parts = path.dropFirst(begin.count).split(separator: "/").prefix(2)
            guard parts.count == 2 else { return nil }
            (name, isCertain) = (parts.joined(separator: "/"), true)
            folder = "models/\(parts[parts.endIndex - 1])"
        } else if let known = Self.known.first(where: { $0.hasSuffix("/" + last) }) {
            // Also where a folder of that name is meant, which is not there.
            (name, isCertain) = (known, path == known)
            folder = path == known || path == last ? "models/\(last)" : path
        } else if Self.isName(path, owner: owner, last: last) {
            (name, isCertain) = (path, Self.known.contains { $0.hasPrefix(owner + "/") })
            folder = "models/\(last)"
        } else {
            return nil
        }
    }

    /// Whether a path has the form of a name, and no folder here is meant.
    private static func isName(_ path: String, owner: String, last: String) -> Bool {
        let form = /[A-Za-z0-9][A-Za-z0-9._\-]*\/[A-Za-z0-9][A-Za-z0-9._\-]*/
        let ending = last.split(separator: ".").last.map { $0.lowercased() } ?? ""
        return path.wholeMatch(of: form) != nil && !owner.isFolder
            && !folders.contains(owner.lowercased()) && !endings.contains(ending)
    }

    /// What to do: the command that fetches it, and the path that it has then.
    public var advice: String {
        let begin =
            isCertain
            ? "\(name) is a name on the Hugging Face hub, and no path"
            : "if you mean \(name) on the Hugging Face hub"
        if folder.isFolder { return "\(begin): it is in \(folder), give that" }
        return
            "\(begin): fetch it with `hf download \(name) --local-dir \(folder)`, and give \(folder)"
    }

    /// What people call folders of their own.
    private static let folders: Set<String> = [
        "models", "model", "runs", "run", "checkpoints", "checkpoint", "policies", "policy",
        "segmenters", "segmenter", "shards", "data", "datasets", "weights", "output", "outputs",
        "results", "resources", "tmp", "home", "configs", "experiments", "bench", "scenes",
    ]

    private static let addresses = [
        "https://huggingface.co/", "http://huggingface.co/", "huggingface.co/", "https://hf.co/",
        "hf.co/", "hf://",
    ]

    /// Endings of files that are no part of a model's name.
    private static let endings: Set<String> = [
        "h5", "hdf5", "png", "jpg", "jpeg", "tif", "tiff", "json", "jsonl", "yaml", "yml", "pt",
        "pth", "safetensors", "jinja", "txt", "html", "csv", "py", "zip",
    ]

    /// Models that are used here, by their names.
    private static let known =
        ["3B", "7B", "32B", "72B"].map { "Qwen/Qwen2.5-VL-\($0)-Instruct" }
        + ["tiny", "small", "base-plus", "large"].map { "facebook/sam2.1-hiera-\($0)" }
}
