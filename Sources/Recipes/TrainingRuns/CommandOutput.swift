import Files
import Foundation

/// A file whose name says another format than it gets.
public struct WrongEnding: Error, Sendable, CustomStringConvertible {
    /// The file, its format, and what to call it.
    public let description: String
}

/// A file that a command writes, and what it is.
public struct CommandOutput: Sendable, Hashable {
    /// What such a file is.
    public enum Form: Sendable, Hashable {
        /// JSON, or a JSON object per line.
        case json
        /// A PNG picture.
        case png
        /// Logits in safetensors.
        case logits
        /// An SVG drawing.
        case svg
        /// An HTML page.
        case page
        /// A configuration, which is never replaced.
        case configuration
        /// The command's own record, which it knows how to replace.
        case record

        /// What it is called, and its endings, the usual one first; nil for records.
        private var words: (name: String, endings: [String])? {
            switch self {
            case .json: ("JSON", ["json", "jsonl", "txt"])
            case .png: ("a PNG", ["png"])
            case .logits: ("a safetensors file", ["safetensors"])
            case .svg: ("an SVG drawing", ["svg"])
            case .page: ("an HTML page", ["html", "htm"])
            case .configuration: ("a YAML file", ["yaml", "yml"])
            case .record: nil
            }
        }

        /// What is wrong with the name of a file that gets another format than it says; nil if nothing is.
        public func wrongEnding(_ path: String) -> String? {
            guard let (name, endings) = words else { return nil }
            let (stem, ending) = Self.parts(path)
            if let ending, endings.contains(ending) { return nil }
            if ending == nil, self != .logits { return nil }
            return "\(path) is to be \(name); call it \(stem).\(endings[0])"
        }

        /// A path without its ending, and the ending: what stands after the last point and begins with a
        /// letter.
        private static func parts(_ path: String) -> (stem: String, ending: String?) {
            let name = path.split(separator: "/").last ?? ""
            guard let dot = name.lastIndex(of: "."), dot != name.startIndex,
                let first = name[name.index(after: dot)...].first, first.isLetter
            else { return (path, nil) }
            let ending = name[name.index(after: dot)...]
            return (String(path.dropLast(ending.count + 1)), ending.lowercased())
        }

        /// Whether a file may be replaced by one of this form: it is empty, or looks like one.
        fileprivate func mayReplace(_ path: String) -> Bool {
            guard let handle = FileHandle(forReadingAtPath: path) else { return true }
            defer { try? handle.close() }
            let head = (try? handle.read(upToCount: 1 << 14)) ?? Data()
            if head.isEmpty { return true }
            let first = head.first { !" \n\r\t".utf8.contains($0) }.map { Character(.init($0)) }
            switch self {
            case .json: return first == "{" || first == "["
            case .svg, .page: return first == "<"
            case .png: return InputKind.of(path) == .picture("PNG")
            case .logits: return head.range(of: Data("\"low_res_logits\"".utf8)) != nil
            case .configuration, .record: return true
            }
        }

        fileprivate var name: String { words?.name ?? "a record" }
    }

    /// Where it goes.
    public let path: String
    /// What it is.
    public let form: Form

    /// An output; nil for none.
    public init?(_ path: String?, _ form: Form) {
        guard let path else { return nil }
        (self.path, self.form) = (path, form)
    }

    /// JSON, or a JSON object per line.
    public static func json(_ path: String?) -> Self? { Self(path, .json) }
    /// A PNG picture.
    public static func png(_ path: String?) -> Self? { Self(path, .png) }
    /// Logits in safetensors.
    public static func logits(_ path: String?) -> Self? { Self(path, .logits) }
    /// An SVG drawing.
    public static func svg(_ path: String?) -> Self? { Self(path, .svg) }
    /// An HTML page.
    public static func page(_ path: String?) -> Self? { Self(path, .page) }
    /// The command's own record.
    public static func record(_ path: String?) -> Self? { Self(path, .record) }

    /// Whether it is standard output, a device or a pipe, which is written to as it is.
    public var isStream: Bool { isOutputStream(path) }

    /// Fails where a file is there that such an output must not replace.
    ///
    /// - Throws: `FileError`, of the kind `unusable`
    package func requireReplaceable() throws {
        // A configuration that is there is told by its command.
        if form == .record || form == .configuration { return }
        guard FileManager.default.fileExists(atPath: path) else { return }
        if let owner = Self.owner(path) {
            throw FileError(
                path: path, message: "belongs to \(owner), and stays; give another name")
        }
        if form.mayReplace(path) { return }
        throw FileError(
            path: path,
            message:
                "is there and is not \(form.name) of such a command; it stays, give another name")
    }

    /// Names that files of models, runs, checkpoints and evaluations have.
    private static let owned: Set<String> = [
        "adapter_config.json", "added_tokens.json", "chat_template.json", "config.json",
        "config.yaml", "evaluation.json", "faults.jsonl", "generation_config.json", "manifest.json",
        "metrics.jsonl", "model.safetensors", "model.safetensors.index.json", "predictions.jsonl",
        "preprocessor_config.json", "processor_config.json", "quickstart.json", "run.json",
        "special_tokens_map.json", "state.json", "think2seg.json", "tokenizer.json",
        "tokenizer_config.json", "training.jsonl", "video_preprocessor_config.json", "vocab.json",
        "warnings.jsonl",
    ]

    /// What a file that is there is a part of; nil for files of their own.
    private static func owner(_ path: String) -> String? {
        let name = (FileIdentity(path).path as NSString).lastPathComponent
        let folder = FileIdentity(path).path.parentFolder
        switch InputKind.of(folder) {
        case .policy, .segmenter, .adapter:
            if owned.contains(name) || name.hasPrefix("evaluation-")
                || name.hasSuffix(".safetensors")
            {
                return "the model in \(folder)"
            }
        case .run where owned.contains(name): return "the run in \(folder)"
        case .checkpoint: return "the checkpoint in \(folder)"
        case .evaluation where owned.contains(name): return "the evaluation in \(folder)"
        default: break
        }
        let run = folder.parentFolder
        if runFolders.contains((folder as NSString).lastPathComponent),
            InputKind.of(run) == .run
        {
            return "the run in \(run)"
        }
        if !owned.contains(name) { return nil }
        // A model, run or evaluation that is not whole.
        let others = owned.filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)") }
        return others.count > 1
            ? "what is in \(folder) (\(others.sorted().joined(separator: ", ")))" : nil
    }

    /// Folders in a run's that hold its own files and no others.
    package static let runFolders: Set<String> = [
        "checkpoints", "rollouts", "trackers", "embeddings",
    ]
}

/// Whether a path is standard output, a device or a pipe, which is written to as it is.
public func isOutputStream(_ path: String) -> Bool {
    if path == "-" || path.hasPrefix("/dev/fd/") || path.hasPrefix("/proc/self/fd/") { return true }
    if ["/dev/stdout", "/dev/stderr"].contains(path) { return true }
    if path.isFolder { return false }
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
}
