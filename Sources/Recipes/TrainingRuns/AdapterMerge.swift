import Adapters
import Files
import Foundation
import NN
import Policies
import PolicyFamilies
import Torch
import VisionLanguage

/// An adapter on its way out of a run: into its base's weights, or as it is.
struct AdapterMerge {
    private let source: PolicySource
    private let dtype: DType?

    /// - Parameters:
    ///   - source: base and adapter
    ///   - dtype: the element type in the files; nil: merged weights have the base's, adapters float32
    init(_ source: PolicySource, dtype: DType?) {
        self.source = source
        self.dtype = dtype
    }

    /// Writes the base with the adapter in its weights: each is the float32 sum, rounded once.
    ///
    /// - Parameters:
    ///   - folder: an existing folder
    ///   - onNote: is told what merging changed
    /// - Throws: an error that names the file
    func write(into folder: String, onNote: (String) -> Void) throws {
        // Copies and biases of the adapter would be rounded to the base's type first.
        let model = try model(dtype: dtype == .float32 ? .float32 : nil)
        try model.saveMerged(directory: folder, dtype: dtype)
        let modules = model.adapterSummary?.kinds.reduce(0) { $0 + $1.count } ?? 0
        onNote(
            "merged     \(modules) modules, each summed in float32 and rounded once to "
                + "\(dtype ?? model.dtype)")
        // What the adapter's folder says of how it is asked counts, not what the base's says.
        try copy(into: folder, where: Self.tellsOfAsking)
    }

    /// Writes the adapter in PEFT's layout, with the files that tell how it is asked.
    ///
    /// - Parameter folder: an existing folder
    /// - Throws: an error that names the file
    func writeAdapter(into folder: String) throws {
        try copy(into: folder) {
            Self.tellsOfAsking($0) || $0.hasPrefix("adapter_") && dtype == nil
        }
        guard let dtype else { return }
        let written = try withoutGradients {
            try model(dtype: nil).adapterFolder(base: source.base) {
                try $0.tensor.detached().to(dtype)
            }
        }
        try written?.replacingCompanions { $0.filter { $0.name.hasPrefix("adapter_") } }
            .write(to: folder)
    }

    private func model(dtype: DType?) throws -> VisionLanguageModel {
        try VisionLanguageModel.load(
            directory: source.base, adapter: source.adapter, dtype: dtype, device: .cpu)
    }

    /// Whether a file beside an adapter says how it is asked.
    private static func tellsOfAsking(_ name: String) -> Bool {
        CompanionFile.isPart(name) && !CompanionFile.isOfBase(name)
    }

    /// Copies files of the adapter's folder, over others of their names.
    private func copy(into folder: String, where isWanted: (String) -> Bool) throws {
        let files = FileManager.default
        for name in try files.contentsOfDirectory(atPath: source.asked) where isWanted(name) {
            let target = "\(folder)/\(name)"
            if files.fileExists(atPath: target) { try files.removeItem(atPath: target) }
            try files.copyItem(atPath: "\(source.asked)/\(name)", toPath: target)
        }
    }
}
