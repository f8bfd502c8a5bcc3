import Foundation
import Torch

/// What is looked at in an adapter's folder before its files are read.
package enum AdapterFolder {
    /// The file of an adapter's tensors.
    package static let file = "adapter_model.safetensors"
    private static let old = "adapter_model.bin"

    /// Whether a folder holds an adapter.
    package static func isOne(_ folder: String) -> Bool {
        FileManager.default.fileExists(atPath: folder + "/" + AdapterConfiguration.file)
    }

    /// Folders in a folder that hold an adapter, whole paths, sorted.
    package static func below(_ folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
            .map { folder + (folder.hasSuffix("/") ? "" : "/") + $0 }.filter(isOne)
    }

    /// Fails unless a folder holds an adapter; of several below it names them.
    ///
    /// - Parameter folder: the folder
    /// - Throws: `CheckpointError` that says what is there instead
    package static func requireOne(_ folder: String) throws {
        if isOne(folder) { return }
        let manager = FileManager.default
        var isFolder: ObjCBool = false
        guard manager.fileExists(atPath: folder, isDirectory: &isFolder) else {
            throw CheckpointError(
                path: folder, problem: "no such folder", advice: "give an adapter's folder",
                isMissing: true)
        }
        guard isFolder.boolValue else {
            throw CheckpointError(
                path: folder, problem: "is a file, not the folder of an adapter",
                advice: "give the folder with \(AdapterConfiguration.file)")
        }
        let below = below(folder)
        if let first = below.first {
            throw CheckpointError(
                path: folder,
                problem: "has no \(AdapterConfiguration.file), but adapters are below: "
                    + below.joined(separator: ", "),
                advice: "give one of them, such as \(first)", isMissing: true)
        }
        throw CheckpointError(
            path: folder, problem: "has no \(AdapterConfiguration.file)",
            advice: "give the folder of an adapter, as peft's save_pretrained writes it",
            isMissing: true)
    }

    /// The path of an adapter's tensors.
    static func weights(_ folder: String) throws -> String {
        let manager = FileManager.default
        for name in [file, old] where manager.fileExists(atPath: folder + "/" + name) {
            return folder + "/" + name
        }
        let shard = ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).sorted()
            .first { $0.hasPrefix("adapter_model") }
        throw CheckpointError(
            path: folder,
            problem: shard.map { "has \($0) instead of \(file), which is not read" }
                ?? "has no \(file)",
            advice: "save the adapter with peft's save_pretrained, which writes one file",
            isMissing: true)
    }
}
