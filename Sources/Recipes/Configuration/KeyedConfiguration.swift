import Files
import Foundation
import TextFiles

/// A file or folder that a configuration names.
public struct ConfigurationInput: Sendable, Hashable {
    /// The key that names it.
    public let key: String
    /// Where it should be.
    public let path: String
    /// Its place in the key's list, from 0; nil if the key takes one path.
    package var entry: Int?
    /// What it should be.
    var wanted = InputKind.Wanted.any

    /// Whether it is there.
    public var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// Those of a key, without empty paths.
    package static func of(_ key: String, _ paths: [String]) -> [Self] {
        of(key, paths, wanted: .any)
    }

    /// Folders of policies.
    package static func policy(_ key: String, _ paths: [String]) -> [Self] {
        of(key, paths, wanted: .policy)
    }

    /// Segmenters.
    package static func segmenter(_ key: String, _ paths: [String]) -> [Self] {
        of(key, paths, wanted: .segmenter)
    }

    /// Shards.
    package static func shards(_ key: String, _ paths: [String]) -> [Self] {
        of(key, paths, wanted: .shard)
    }

    private static func of(
        _ key: String, _ paths: [String], wanted: InputKind.Wanted
    ) -> [Self] {
        paths.enumerated().filter { !$0.element.isEmpty }.map {
            Self(key: key, path: $0.element, entry: $0.offset, wanted: wanted)
        }
    }

    /// What to do where it is not there: `; did you mean data/train.h5?`; may be empty.
    public var advice: String {
        let carried = ProjectFolders.advice(path)
        if !carried.isEmpty { return carried }
        let place: HubName.Place =
            switch wanted {
            case .shard: .shards
            case .any where key.hasSuffix("answers") || key.contains("template"): .file("file")
            default: .model
            }
        return HubName(path, as: place).map { "; \($0.advice)" }
            ?? NearestPath.to(path).map { "; did you mean \($0)?" } ?? separated
    }

    /// What to say of a text that names several files.
    private var separated: String {
        let parts = path.split(separator: ",").map { $0.drop { $0 == " " } }
        guard wanted == .shard, parts.count > 1, !path.contains("\n") else { return "" }
        return "; it is one text: several files are a list, [\(parts.joined(separator: ", "))]"
    }

    /// The input at another place of its key's list.
    package func at(entry place: Int) -> Self {
        var input = self
        input.entry = place
        return input
    }

    /// What is wrong with what is there; nil if nothing is, as far as its first bytes tell.
    package var mismatch: String? { InputKind.mismatch(path, wanted: wanted) }
}

/// The configuration of a command: a table of keys, its defaults, and what its values mean together.
public protocol KeyedConfiguration: Sendable {
    /// The command that it is for.
    static var command: String { get }
    /// Every key, in the order of the resolved file.
    static var keys: [ConfigurationKey<Self>] { get }
    /// The defaults.
    init()
    /// Reads a configuration file and overrides.
    ///
    /// - Parameters:
    ///   - file: the YAML file; nil for the defaults
    ///   - overrides: `key=value` each, the later one wins
    ///   - requiresInputs: whether files that are named and not there are problems, and a device that is not
    ///   - onNote: is told what people should know of values that nobody set
    /// - Returns: the configuration, complete and checked
    /// - Throws: ``ConfigurationError`` with every problem that there is
    static func load(
        file: String?, overrides: [String], requiresInputs: Bool, onNote: (String) -> Void
    ) throws -> Self
    /// Where models compute.
    var device: String { get }
    /// The files and folders that it names.
    var inputs: [ConfigurationInput] { get }
    /// What keeps programs that it names from being started here and now, a line each, with the keys.
    var programProblems: [String] { get }
    /// What is allowed, but most likely not meant; a sentence each, with the keys.
    var warnings: [String] { get }
}

extension KeyedConfiguration {
    /// The configuration with every key, as a file that reads back equal.
    public func resolved(comments: Bool = false) -> String {
        resolvedYAML(self, keys: Self.keys, comments: comments)
    }

    /// The command that shows every key; `config show` shows those of `train` where nothing else is said.
    package static var listing: String {
        "think2seg config show" + (command == "train" ? "" : " --of \(command)")
    }
}

extension ConfigurationReader {
    /// Reports files that are named and not there.
    package mutating func requireInputs(_ inputs: [ConfigurationInput]) {
        for input in inputs {
            if !input.exists {
                report(missing: input)
            } else if let mismatch = input.mismatch {
                report(input.key, entry: input.entry, mismatch)
            }
        }
    }

    /// Reports files that a list names twice, however they are written.
    package mutating func requireDistinct(_ paths: [String], _ key: String) {
        var seen: Set<String> = []
        for (place, path) in paths.enumerated() {
            let file = URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
            if !seen.insert(file).inserted {
                report(key, entry: place, "names \(path) twice; keep one")
            }
        }
    }
}
