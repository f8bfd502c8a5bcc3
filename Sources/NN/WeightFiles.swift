// Reference: transformers, modeling_utils.py (_get_resolved_checkpoint_files)
import Foundation
import TextFiles
import Torch

/// The files of a folder that hold a model's weights: those that transformers takes.
///
/// `config.json` may name a file; else it is `model.safetensors`, else the shards of
/// `model.safetensors.index.json`, else `pytorch_model.bin`, else the shards of its index. Weights in other
/// forms are refused by name.
public struct WeightFiles: Sendable {
    /// The folder.
    public let folder: String
    /// The names of the files that are read: one, or the shards of an index, sorted.
    public let names: [String]
    /// The name of the index that they are in; nil for a single file.
    public let index: String?
    /// Which shard has a tensor, by the index.
    let shards: [String: String]

    private static let single = "model.safetensors"
    private static let table = "model.safetensors.index.json"
    /// What is looked for, in this order.
    static let usual = [single, table, "pytorch_model.bin", "pytorch_model.bin.index.json"]
    private static let explicitKey = "transformers_weights"

    /// All files that decide about the weights, by name.
    public var all: [String] { names + (index.map { [$0] } ?? []) }

    /// Finds the files of a folder; opens none of those with weights.
    ///
    /// - Parameter folder: a folder in the hub's layout
    /// - Throws: `CheckpointError` if there are none that can be read, or an index names one that is not
    ///   there
    public init(folder: String) throws {
        let present = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        if let shard = present.sorted().first(where: ForeignWeights.isDistributed) {
            throw ForeignWeights.distributed(folder, shard)
        }
        let found = try Self.explicitName(folder) ?? Self.usual.first { Self.isFile(folder, $0) }
        guard let found else { throw ForeignWeights.error(folder, names: present.sorted()) }
        self.folder = folder
        guard found.hasSuffix(".index.json") else {
            (names, index, shards) = ([found], nil, [:])
            try requireFinished()
            return
        }
        shards = try Self.weightMap(folder + "/" + found)
        names = Set(shards.values).sorted()
        index = found
        try requireShards(folder + "/" + found)
    }

    /// Whether a folder has weights under one of the usual names.
    package static func areIn(_ folder: String) -> Bool { usual.contains { isFile(folder, $0) } }

    /// Fails if a shard is not in the folder.
    private func requireShards(_ path: String) throws {
        for name in names where name.contains("/") {
            throw CheckpointError(path: path, problem: "names a file outside: \(name)")
        }
        let missing = names.filter { !Self.isFile(folder, $0) }
        guard let first = missing.first else {
            try requireFinished()
            return
        }
        let more = missing.count > 1 ? ", and \(missing.count - 1) more" : ""
        let kind = FileKind(folder + "/" + first)
        if let fault = kind.fault, kind != .nothing {
            throw CheckpointError(
                path: path, problem: "names \(first), which \(fault)\(more)",
                advice: UnfinishedWeights.advice(kind, folder), isMissing: true)
        }
        let present = NeighbouringFolders.contents(folder)
        let unfinished = UnfinishedWeights.unfinished(folder, names: present)
        throw CheckpointError(
            path: path, problem: "names \(first), which is not in the folder\(more)",
            advice: unfinished.map {
                "\($0) is an unfinished download; \(UnfinishedWeights.finish(folder))"
            } ?? "copy or download the missing files", isMissing: true)
    }

    /// Fails if a download of a file goes on, or was broken off.
    private func requireFinished() throws {
        for name in names where UnfinishedWeights.isHalf(folder, name) {
            throw CheckpointError(
                path: folder, problem: "\(name) is an unfinished download: \(name).aria2 is there",
                advice: UnfinishedWeights.finish(folder))
        }
    }

    /// The file that `config.json` names.
    private static func explicitName(_ folder: String) throws -> String? {
        let path = folder + "/config.json"
        guard let data = FileKind.contents(path),
            let object = try? JSONSerialization.jsonObject(file: data) as? [String: Any],
            let value = object[explicitKey], !(value is NSNull)
        else { return nil }
        let name = value as? String ?? ""
        guard name.hasSuffix(".safetensors") || name.hasSuffix(".safetensors.index.json"),
            !name.contains("/")
        else {
            throw CheckpointError(
                path: path,
                problem: "\(explicitKey) is \(value), which is no .safetensors file of the folder",
                advice: "name one, or remove the key")
        }
        guard isFile(folder, name) else {
            throw CheckpointError(
                path: path, problem: "\(explicitKey) names \(name), which is not in the folder",
                advice: "copy or download the file, or remove the key", isMissing: true)
        }
        return name
    }

    private static func isFile(_ folder: String, _ name: String) -> Bool {
        let kind = FileKind(folder + "/" + name)
        // What is no file at all is an error when it is opened.
        return kind == .regular || kind == .special
    }

    private static func weightMap(_ path: String) throws -> [String: String] {
        struct Index: Decodable {
            let weightMap: [String: String]
            enum CodingKeys: String, CodingKey { case weightMap = "weight_map" }
        }
        do {
            let data = try Data(contentsOf: URL(fileURLWithPath: path))
            return try JSONDecoder().decode(Index.self, file: data).weightMap
        } catch DecodingError.dataCorrupted(let context) where context.underlyingError is TextFault
        {
            throw CheckpointError(
                path: path, problem: context.debugDescription,
                advice: "or copy it or download it again")
        } catch DecodingError.dataCorrupted(let context) where context.underlyingError is JSONFault
        {
            throw CheckpointError(
                path: path, problem: "not an index of weights: \(context.debugDescription)",
                advice: "take the index, which is small, from where the weights are from")
        } catch {
            throw CheckpointError(
                path: path, problem: "not an index of weights: no table weight_map in JSON",
                advice: "take the index, which is small, from where the weights are from")
        }
    }

    /// Opens the files.
    ///
    /// - Throws: `CheckpointError` if one is damaged, or lacks a tensor that the index says it has
    func open() throws -> [WeightFile] {
        let files = try names.map { try WeightFile(path: folder + "/" + $0) }
        let present = Set(files.flatMap { $0.entries.map(\.name) })
        if let index, let missing = shards.keys.sorted().first(where: { !present.contains($0) }) {
            throw CheckpointError(
                path: folder + "/" + index,
                problem: "tensor \(missing) is not in \(shards[missing] ?? "any file")",
                advice: "index and files are of different saves; take them all from one")
        }
        return files
    }

    // MARK: - Other weights beside these

    /// What stands beside the weights and says otherwise, one sentence each.
    ///
    /// Of large tensors some places count.
    func warnings(_ opened: [WeightFile]) -> [String] {
        let own = opened.compactMap(\.warning)
        if let single = names.first, index == nil, Self.usual.contains(single) {
            return own + [indexWarning(opened, beside: single)].compactMap(\.self)
        }
        return own + [explicitWarning].compactMap(\.self)
    }

    /// That `config.json` names other weights than older versions of transformers take.
    private var explicitWarning: String? {
        guard !Self.usual.contains(index ?? names[0]), Self.isFile(folder, Self.single) else {
            return nil
        }
        return "\(folder): config.json names \(index ?? names[0]) by \(Self.explicitKey), which is "
            + "read; \(Self.single) beside it is what versions of transformers before 5 take"
    }

    /// Why the index beside a single file is of other weights; nil if there is none, or it is not.
    private func indexWarning(_ opened: [WeightFile], beside single: String) -> String? {
        let table = single + ".index.json"
        guard Self.isFile(folder, table),
            let reason = disagreement(opened, single: single, table: table)
        else { return nil }
        return "\(folder): \(single) is read, as transformers does, and not \(table) beside it, "
            + "\(reason); remove the one that is old"
    }

    private func disagreement(
        _ opened: [WeightFile], single: String, table: String
    ) -> String? {
        guard let map = try? Self.weightMap(folder + "/" + table) else {
            return "which is no index"
        }
        let names = Set(map.values).subtracting([single]).sorted()
        if names.isEmpty { return nil }
        if let missing = names.first(where: { !Self.isFile(folder, $0) }) {
            return "whose file \(missing) is not there"
        }
        guard let file = opened.first else { return nil }
        do {
            let others = try names.map { try WeightFile(path: folder + "/" + $0) }
            for other in others {
                for entry in other.entries {
                    guard let mine = file.entry(entry.name) else {
                        return "whose files have a tensor more, \(entry.name)"
                    }
                    if !file.seemsEqual(mine, to: other, entry) {
                        return "whose files have other numbers, first in \(entry.name)"
                    }
                }
            }
            let known = Set(others.flatMap { $0.entries.map(\.name) })
            return file.entries.first { !known.contains($0.name) }.map {
                "whose files have no \($0.name)"
            }
        } catch {
            return "whose files cannot be read: \(error)"
        }
    }
}
