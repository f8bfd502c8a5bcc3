import Foundation
import TextFiles
public import Torch

/// The tensors of a checkpoint in the hub's layout: one file, or several with an index; see
/// ``WeightFiles``.
///
/// Keys are the model's own: names that wrappers left in the file's are left out, and `rename` translates
/// the rest. Every tensor must be asked for: ``finish(ignoring:)`` fails on the ones that nobody wanted.
public final class StoredWeights: WeightSource {
    /// The folder or file.
    public let path: String
    /// What should be known of the files, one sentence each: other weights stand beside these.
    public let warnings: [String]
    private var located: [String: (file: WeightFile, entry: WeightFile.Entry)] = [:]
    private var taken: Set<String> = []
    private let statement: QuantizationStatement?

    /// Opens the weights of a folder, those that transformers takes, or a single file.
    ///
    /// - Parameters:
    ///   - path: the folder or file
    ///   - rename: translates a key of the file to the model's key; nil leaves the tensor out
    /// - Throws: `CheckpointError` if a file is missing or damaged, weights are quantised or have an
    ///   adapter among them, or two keys become one
    public init(path: String, rename: (String) -> String? = { $0 }) throws {
        self.path = path
        let opened = try OpenedWeights(path)
        statement = opened.statement
        var wrappers = WrappedKeys()
        for file in opened.files {
            for entry in file.entries {
                guard let key = rename(wrappers.stripped(entry.name)) else { continue }
                if let other = located[key] {
                    throw CheckpointError(
                        path: file.path,
                        problem: "tensor \(entry.name) is \(key), and so is \(other.entry.name) of "
                            + other.file.path,
                        advice: "keep one of the two")
                }
                located[key] = (file, entry)
            }
        }
        warnings = opened.warnings + [wrappers.warning(path)].compactMap(\.self)
    }

    /// The keys of all tensors, sorted.
    public var keys: [String] { located.keys.sorted() }

    /// The element types of all tensors that hold floating-point numbers.
    public var floatingPointTypes: Set<DType> {
        Set(located.values.compactMap(\.entry.type.dtype).filter(\.isFloatingPoint))
    }

    /// Whether the checkpoint has a key.
    public func contains(_ key: String) -> Bool { located[key] != nil }

    /// The shape of a key's tensor, if the checkpoint has it.
    public func shape(_ key: String) -> [Int]? { located[key]?.entry.shape }

    /// The tensor of a key.
    public func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        let (file, entry) = try take(key, shape: shape)
        return try file.tensor(entry)
    }

    /// Takes a tensor without reading it: it counts as asked for.
    ///
    /// - Throws: `CheckpointError` if it is missing, or has another shape or no numbers that a model has
    public func require(_ key: String, shape: [Int]) throws { _ = try take(key, shape: shape) }

    private func take(
        _ key: String, shape: [Int]
    ) throws -> (file: WeightFile, entry: WeightFile.Entry) {
        guard let (file, entry) = located[key] else {
            if let statement { throw statement.error() }
            let similar = similarKey(key).map { "; the most like it is \($0)" } ?? ""
            throw CheckpointError(
                path: path, problem: "tensor \(key) \(shape) is missing\(similar)",
                advice: "the files are incomplete, or belong to a model of another kind")
        }
        guard entry.shape == shape else {
            throw CheckpointError(
                path: file.path,
                problem: "tensor \(entry.name) has shape \(entry.shape), the configuration "
                    + "needs \(shape)",
                advice: "the weights and config.json belong to different models")
        }
        guard entry.type.isFloatingPoint else {
            throw CheckpointError(
                path: file.path,
                problem: "tensor \(entry.name) holds \(entry.type), not numbers that a model is "
                    + "trained in",
                advice: QuantizationStatement.advice())
        }
        taken.insert(key)
        return (file, entry)
    }

    /// The file's key of a tensor that nobody asked for and whose name is most like a key.
    ///
    /// A key that differs from one that was asked for by numbers has a place of its own. Where other layers
    /// have the key, its name is misspelt in one part; else another program has another name for all of them.
    private func similarKey(_ key: String) -> String? {
        let parts = key.split(separator: ".")
        let places = Set((taken + [key]).map(Self.place))
        let isOdd = located.keys.contains { Self.place($0) == Self.place(key) }
        var best: (common: Int, name: String)?
        for (other, place) in located where !places.contains(Self.place(other)) {
            let others = place.entry.name.split(separator: ".")
            let end = zip(parts.reversed(), others.reversed()).prefix { $0 == $1 }.count
            let start = zip(parts, others).prefix { $0 == $1 }.count
            let isMisspelt = parts.count == others.count && start + end == parts.count - 1
            let isLike = isMisspelt && Self.areAlike(parts[start], others[start])
            let common = isLike ? parts.count : end
            if isOdd ? !isLike : common < 2 { continue }
            if let best, (best.common, place.entry.name) >= (common, best.name) { continue }
            best = (common, place.entry.name)
        }
        return best?.name
    }

    /// A key without the numbers of its layers.
    private static func place(_ key: String) -> String {
        key.split(separator: ".").map { $0.allSatisfy(\.isNumber) ? "#" : $0 }
            .joined(separator: ".")
    }

    /// Whether one of two parts of keys may be the other, misspelt: two thirds of the letters stand in both.
    private static func areAlike(_ one: Substring, _ other: Substring) -> Bool {
        let removed = one.difference(from: other.map { $0 }).removals.count
        return 3 * removed <= other.count && one.count.distance(to: other.count).magnitude <= 2
    }

    /// Fails if the checkpoint has tensors that the model did not ask for.
    ///
    /// - Parameter ignoring: tells keys that may be left over
    /// - Throws: `CheckpointError` with the first few keys
    public func finish(ignoring: (String) -> Bool = { _ in false }) throws {
        let left = keys.filter { !taken.contains($0) && !ignoring($0) }
        if left.isEmpty { return }
        let shown =
            left.prefix(5).map { located[$0]?.entry.name ?? $0 }.joined(separator: ", ")
            + (left.count > 5 ? ", …" : "")
        throw CheckpointError(
            path: path, problem: "\(left.count) tensors have no place in the model: \(shown)",
            advice: "the weights and config.json belong to different models")
    }
}

/// The opened files behind a path, none of which has quantised weights or an adapter's.
private struct OpenedWeights {
    let files: [WeightFile]
    let warnings: [String]
    /// What the configuration says against them.
    let statement: QuantizationStatement?

    init(_ path: String) throws {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw CheckpointError(
                path: path, problem: "no such file or folder\(NearestPath.question(path))",
                isMissing: true)
        }
        guard isFolder.boolValue else {
            files = [try WeightFile(path: path)]
            warnings = files.compactMap(\.warning)
            statement = nil
            try Self.requirePlain(files)
            return
        }
        statement = try ModelFolder.requirePlainWeights(path)
        let weights = try WeightFiles(folder: path)
        files = try weights.open()
        try Self.requirePlain(files)
        warnings = weights.warnings(files) + [statement?.contradiction].compactMap(\.self)
    }

    private static func requirePlain(_ files: [WeightFile]) throws {
        for file in files { try WrappedKeys.requireMerged(file.entries.map(\.name), file.path) }
        let entries = files.flatMap(\.entries)
        func path(_ entry: WeightFile.Entry) -> String {
            files.first { $0.entry(entry.name) != nil }?.path ?? ""
        }
        if let sign = QuantizedTensors.sign(entries) {
            throw CheckpointError(
                path: path(sign.tensor),
                problem: "the weights are quantised \(sign.description), and are not read: tensor "
                    + "\(sign.tensor.name) holds \(sign.tensor.type)",
                advice: sign.advice)
        }
        if let entry = entries.first(where: { $0.type.dtype == nil }) {
            throw CheckpointError(
                path: path(entry),
                problem: "tensor \(entry.name) holds \(entry.type), which no model here has",
                advice: "take a checkpoint with weights of 16 or 32 bits")
        }
    }
}
