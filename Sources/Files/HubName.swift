import Foundation

/// A name on the Hugging Face hub, or an address elsewhere, that stands where a path is expected.
public struct HubName: Sendable, Hashable {
    /// What a name on the hub may stand in the place of.
    public enum Place: Sendable, Hashable {
        /// A model's folder.
        case model
        /// A file of a model, or of data: a picture, a template.
        case file(String)
        /// Shards, which are made of a data set.
        case shards
        /// A data set as it was published.
        case dataSet
    }

    /// The name: `Qwen/Qwen2.5-VL-3B-Instruct`; of other addresses, all of it.
    public let name: String
    /// Whether it can be nothing else, as the address of a page.
    private let isCertain: Bool
    /// Where it is to be put.
    private let folder: String
    /// Whether it is a data set.
    private let isDataSet: Bool
    /// The branch, tag or commit that is named.
    private let revision: String?
    /// Whether it is no name on the hub, but an address elsewhere.
    private let isElsewhere: Bool
    private let place: Place

    /// Understands a path that is not there.
    ///
    /// Nil if there is something at the path, or it does not look like a name on the hub or an address.
    ///
    /// - Parameters:
    ///   - path: as it was written
    ///   - place: what it should be
    public init?(_ path: String, as place: Place = .model) {
        if path.isEmpty || FileManager.default.fileExists(atPath: path) { return nil }
        self.place = place
        let hub = Self.addresses.first(where: path.hasPrefix)
        isElsewhere = hub == nil && path.contains(/^[a-z][a-z0-9+]*:\/\//)
        if isElsewhere {
            (name, isCertain, folder) = (path, true, "")
            (isDataSet, revision) = (false, nil)
            return
        }
        let parts = path.split(separator: "@", maxSplits: 1).map(String.init)
        let (plain, version) = (parts[0], parts.count > 1 && !parts[1].isEmpty ? parts[1] : nil)
        guard let found = Self.found(plain, hub) else { return nil }
        // Owners of models that are known here may be folders where something else is meant.
        let isCertain = found.isCertain && (hub != nil || place == .model)
        (name, self.isCertain, revision) = (found.name, isCertain, version ?? found.revision)
        isDataSet = found.isDataSet || place == .shards || place == .dataSet
        folder = found.folder ?? (isDataSet ? "datasets/" : "models/") + Self.last(found.name)
    }

    private struct Found {
        let name: String
        let isCertain: Bool
        var isDataSet = false
        var revision: String?
        /// Where it is to be put, if a place for it was written.
        var folder: String?
    }

    private static func found(_ path: String, _ hub: String?) -> Found? {
        let (last, owner) = (last(path), String(path.prefix { $0 != "/" }))
        if let hub { return found(address: path.dropFirst(hub.count)) }
        if let known = known.first(where: { $0.hasSuffix("/" + last) }) {
            // Also where a folder of that name is meant, which is not there.
            let isName = path == known || path == last
            return Found(
                name: known, isCertain: path == known, folder: isName ? "models/\(last)" : path)
        }
        guard isName(path, owner: owner, last: last) else { return nil }
        return Found(name: path, isCertain: known.contains { $0.hasPrefix(owner + "/") })
    }

    /// What follows the hub's own part of an address: `datasets/owner/name/tree/main`.
    private static func found(address: Substring) -> Found? {
        var parts = address.split(separator: "/").map(String.init)
        let isDataSet = parts.first == "datasets"
        if isDataSet || parts.first == "models" { parts.removeFirst() }
        guard parts.count >= 2 else { return nil }
        let kinds = ["tree", "blob", "resolve"]
        let version =
            parts.count > 3 && kinds.contains(parts[2]) && parts[3] != "main" ? parts[3] : nil
        return Found(
            name: parts[0] + "/" + parts[1], isCertain: true, isDataSet: isDataSet,
            revision: version)
    }

    private static func last(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
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
        if isElsewhere {
            return
                "addresses and remote paths are not read: fetch it, and give the path that it has here"
        }
        let begin =
            isCertain
            ? "\(name) is a name on the Hugging Face hub, and no path"
            : "if you mean \(name) on the Hugging Face hub"
        if folder.isFolder { return "\(begin): it is in \(folder), \(giving)" }
        let options =
            (isDataSet ? " --repo-type dataset" : "") + (revision.map { " --revision \($0)" } ?? "")
        return "\(begin): fetch it with `hf download \(name)\(options) --local-dir \(folder)`, and "
            + giving
    }

    /// What to give in the path's place, once it is there.
    private var giving: String {
        switch place {
        case .model, .dataSet: "give \(folder)"
        case .file(let what): "give the \(what) in \(folder)"
        case .shards: "give its .h5 files, or make some of it with 'think2seg data import'"
        }
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

extension HubName.Place {
    /// What an input should be, by what is said of it where it is missing: "picture".
    ///
    /// - Parameter what: the words
    /// - Returns: nil for what the hub has none of, as runs and their parts
    public static func of(_ what: String) -> Self? {
        let what = what.lowercased()
        func says(_ words: String...) -> Bool { words.contains { what.contains($0) } }
        if says("template", "picture", "image", "written answers", "system message") {
            return .file(says("picture", "image") ? "picture" : "file")
        }
        if says("cannot be opened") { return .file("file") }
        if says("evaluation", "checkpoint", "completions", "configuration", "plan", "rollouts") {
            return nil
        }
        if says("data set", "dataset") { return .dataSet }
        if says("shard") { return .shards }
        return says("run") ? nil : .model
    }
}
