import Foundation
import NN
package import Torch

/// The tensors of an adapter's folder, by the model's own keys.
package final class StoredAdapter: AdapterWeights {
    /// The folder.
    package let folder: String
    /// Whether its names of modules are those of transformers before 4.50.
    package let hasOldNames: Bool
    private let file: WeightFile
    private var located: [String: WeightFile.Entry] = [:]
    private var tables: [String: WeightFile.Entry] = [:]

    /// Opens a folder's file.
    ///
    /// - Parameters:
    ///   - folder: a folder with an `adapter_config.json`
    ///   - keys: the translation of its keys
    /// - Throws: `CheckpointError` if there is none, it is damaged, or two keys are one
    package init(folder: String, keys: AdapterKeys) throws {
        self.folder = folder
        file = try WeightFile(path: AdapterFolder.weights(folder))
        var isOld = false
        for entry in file.entries {
            isOld = isOld || keys.isOld(entry.name)
            switch keys.meaning(of: entry.name) {
            case .original: continue
            case .base(let key): tables[key] = entry
            case .parameter(let key):
                if let other = located.updateValue(entry, forKey: key) {
                    guard file.seemsEqual(entry, to: file, other) else {
                        throw CheckpointError(
                            path: file.path,
                            problem: "tensors \(other.name) and \(entry.name) are one, and differ",
                            advice: "take the file from where the adapter is from")
                    }
                }
            }
        }
        hasOldNames = isOld
    }

    /// Fails unless the file has what an adapter needs, and nothing else.
    ///
    /// No number is read.
    ///
    /// - Parameters:
    ///   - needed: the model's own keys and shapes
    ///   - base: keys of the base's parameters, with shapes
    /// - Throws: `CheckpointError` that names tensors that are missing, left over, or of other shapes
    package func require(
        _ needed: [(key: String, shape: [Int])], base: [(key: String, shape: [Int])]
    ) throws {
        try requireShapes(needed, base)
        let missing = needed.filter { located[$0.key] == nil }
        if let first = missing.first {
            throw CheckpointError(
                path: file.path,
                problem: "tensor \(first.key) \(first.shape) is missing" + Self.more(missing.count),
                advice: "the file is incomplete, or belongs to another adapter_config.json or base")
        }
        let wanted = Set(needed.map(\.key))
        let known = Set(base.map(\.key))
        let left =
            located.filter { !wanted.contains($0.key) }.map(\.value.name)
            + tables.filter { !known.contains($0.key) }.map(\.value.name)
        if let first = left.min() {
            throw CheckpointError(
                path: file.path,
                problem: "tensor \(first) has no place in the model" + Self.more(left.count),
                advice: "the file belongs to another adapter_config.json, or to another base")
        }
    }

    private func requireShapes(
        _ needed: [(key: String, shape: [Int])], _ base: [(key: String, shape: [Int])]
    ) throws {
        let all = needed.map { ($0, located[$0.key]) } + base.map { ($0, tables[$0.key]) }
        for (place, entry) in all {
            guard let entry else { continue }
            guard entry.shape == place.shape else {
                throw CheckpointError(
                    path: file.path,
                    problem: "tensor \(entry.name) has shape \(entry.shape), and the base needs "
                        + "\(place.shape)",
                    advice: "give the base that the adapter was trained on, by --base or "
                        + "policy.init_from")
            }
            guard entry.type.isFloatingPoint else {
                throw CheckpointError(
                    path: file.path, problem: "tensor \(entry.name) holds \(entry.type)",
                    advice: "take an adapter of float32, bfloat16 or float16")
            }
        }
    }

    private static func more(_ count: Int) -> String {
        count > 1 ? ", and \(count - 1) more" : ""
    }

    /// The tensor of a key.
    package func tensor(
        _ key: String, shape: [Int], initial: () throws -> Tensor
    ) throws -> Tensor {
        guard let entry = located[key] else {
            throw CheckpointError(
                path: file.path, problem: "tensor \(key) \(shape) is missing",
                advice: "the file is incomplete, or belongs to another adapter_config.json or base")
        }
        // A copy: the file may be mapped, and the adapter is trained.
        return try file.tensor(entry).clone()
    }

    /// Fails unless tables of the base in the file are those of the base.
    ///
    /// - Parameter base: the base's parameter of a key
    /// - Throws: `CheckpointError` that names a table that differs
    package func requireTables(_ base: (String) -> Tensor?) throws {
        for (key, entry) in tables.sorted(by: { $0.key < $1.key }) {
            guard let own = base(key) else { continue }
            let stored = try file.tensor(entry).to(own.device).to(own.dtype)
            guard try stored.isEqual(to: own) else {
                throw CheckpointError(
                    path: file.path,
                    problem: "tensor \(entry.name), the table that the adapter was trained on, is "
                        + "not the base's",
                    advice: "give the base that the adapter was trained on")
            }
        }
    }
}

/// Keeps what a model asks an adapter for, and has no numbers.
package final class AdapterShapes: AdapterWeights {
    /// What was asked for.
    package private(set) var asked: [(key: String, shape: [Int])] = []

    /// Nothing was asked for yet.
    package init() {}

    /// A tensor of the shape that is one number, seen everywhere.
    package func tensor(
        _ key: String, shape: [Int], initial: () throws -> Tensor
    ) throws -> Tensor {
        asked.append((key, shape))
        return try Tensor.full(shape.map { _ in 1 }, 0).expanded(shape)
    }
}
