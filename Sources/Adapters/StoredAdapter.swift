import Foundation
import NN
package import Torch

/// The tensors of an adapter's folder, by the model's own keys.
package final class StoredAdapter: AdapterWeights {
    /// The folder.
    package let folder: String
    /// Whether its names of modules are those of transformers before 4.50.
    package let hasOldNames: Bool
    /// Places of the modules that it has branches of.
    package var places: Set<String> {
        Set(
            located.keys.compactMap { key in
                key.range(of: ".lora_").map { String(key[..<$0.lowerBound]) }
            })
    }
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
    ///   - shared: keys that may stand beside others of which they are copies
    /// - Throws: `CheckpointError` that names tensors that are missing, left over, or of other shapes
    package func require(
        _ needed: [(key: String, shape: [Int])], base: [(key: String, shape: [Int])],
        shared: [String: String] = [:]
    ) throws {
        try requireShared(shared)
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

    /// Takes copies of others for these, and fails if they are none.
    private func requireShared(_ shared: [String: String]) throws {
        for (key, other) in shared {
            guard let copy = located.removeValue(forKey: key) else { continue }
            let entry = located[other] ?? copy
            located[other] = entry
            guard file.seemsEqual(copy, to: file, entry) else {
                throw CheckpointError(
                    path: file.path,
                    problem: "tensors \(copy.name) and \(entry.name) differ, and "
                        + "ensure_weight_tying makes them one",
                    advice: "set ensure_weight_tying to false if they are two")
            }
        }
    }

    private func requireShapes(
        _ needed: [(key: String, shape: [Int])], _ base: [(key: String, shape: [Int])]
    ) throws {
        let all = needed.map { ($0, located[$0.key]) } + base.map { ($0, tables[$0.key]) }
        for (place, entry) in all {
            guard let entry else { continue }
            guard entry.shape == place.shape else {
                try requireRank(entry, place.shape)
                throw CheckpointError(
                    path: file.path,
                    problem: "tensor \(entry.name) has shape \(entry.shape), and the base needs "
                        + "\(place.shape)",
                    advice: "give the base that the adapter was trained on")
            }
            guard entry.type.isFloatingPoint else {
                throw CheckpointError(
                    path: file.path, problem: "tensor \(entry.name) holds \(entry.type)",
                    advice: "take an adapter of float32, bfloat16 or float16")
            }
        }
    }

    /// Fails if a tensor has the base's sizes, and another rank than the configuration says.
    private func requireRank(_ entry: WeightFile.Entry, _ shape: [Int]) throws {
        let isLow = entry.name.contains("lora_A") || entry.name.contains("lora_embedding_A")
        guard isLow, entry.shape.dropFirst() == shape.dropFirst(), let rank = entry.shape.first
        else { return }
        throw CheckpointError(
            path: file.path,
            problem: "tensor \(entry.name) has shape \(entry.shape), of rank \(rank), and "
                + "\(AdapterConfiguration.file) says rank \(shape[0])",
            advice:
                "of the keys of rank_pattern that fit a module the first one in the file counts, and "
                + "peft sorts them when it saves: put them into the order they were trained with")
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
