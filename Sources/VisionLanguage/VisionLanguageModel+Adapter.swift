package import Adapters
import Foundation
package import NN
import Synchronization
import Tokenizers
package import Torch

/// What merging an adapter changed.
package struct MergeReport: Sendable {
    /// How many weights the adapter is part of now.
    package let moduleCount: Int
    /// The element type of the files.
    package let dtype: DType
    /// The largest amount by which rounding moved a number of a merged weight.
    package let largestRounding: Double
}

extension VisionLanguageModel {
    /// What the adapter is; nil without one.
    package var adapterConfiguration: AdapterConfiguration? {
        (adapter as? ResolvedAdapter)?.configuration
    }

    /// The adapter as a folder in PEFT's layout, with the files that tell how the policy is asked.
    ///
    /// - Parameters:
    ///   - base: what is said of the base, `base_model_name_or_path`
    ///   - tensor: gives the tensor to write for a parameter of the adapter
    /// - Returns: the files, in memory; they change with the tensors that `tensor` gave
    /// - Throws: what `tensor` throws
    package func adapterFiles(
        base: String, _ tensor: (Parameter) throws -> Tensor
    ) throws -> VisionLanguageFiles {
        guard let resolved = adapter as? ResolvedAdapter else {
            preconditionFailure("a model without an adapter that was read")
        }
        var configuration = resolved.configuration
        configuration.baseModelName = base
        let keys = keyMap
        var written = try parameters.filter(\.isAdapter).map { parameter in
            let module = parameter.key.split(separator: ".").dropLast().joined(separator: ".")
            return Parameter(
                key: storedKey(
                    parameter.key, name: keys.moduleName,
                    isAdapted: resolved.forms[module] != nil && !parameter.isLowRank),
                tensor: try tensor(parameter))
        }
        written += try tables(resolved)
        var files = VisionLanguageFiles(
            companions: companions.filter { !CompanionFile.isOfBase($0.name) } + [
                CompanionFile(
                    name: AdapterConfiguration.file, data: try configuration.written())
            ], parameters: written)
        files.adapterFile = AdapterConfiguration.weightsFile
        return files
    }

    /// The tables that PEFT stores beside their adapters: embedding and head.
    private func tables(_ resolved: ResolvedAdapter) throws -> [Parameter] {
        let keys = keyMap
        return try [
            (options.keys.embedding, text.embedding.weight), (options.keys.headWeight, head),
        ].compactMap { key, tensor in
            let module = key.split(separator: ".").dropLast().joined(separator: ".")
            guard resolved.forms[module] != nil else { return nil }
            return Parameter(
                key: storedKey(key, name: keys.moduleName, isAdapted: true),
                tensor: try tensor.detached())
        }
    }

    /// Writes the base with the adapter in its weights, as a folder in the hub's layout.
    ///
    /// Each weight is the sum in float32, rounded once to the element type of the files. A head that shares
    /// the embedding is written apart where the adapter changes one of them alone.
    ///
    /// - Parameters:
    ///   - directory: the folder, made if it does not exist
    ///   - dtype: the element type of the files; the model's if nil
    /// - Returns: what it changed
    /// - Throws: an error that names the file if one cannot be written
    package func saveMerged(directory: String, dtype: DType? = nil) throws -> MergeReport {
        let target = dtype ?? self.dtype
        let rounding = RoundingRecord()
        var tensors = try parameters.filter { !$0.isLowRank }.map { parameter in
            let merge = try merge(of: parameter.key)
            return NamedTensor(
                keyMap.written(parameter.key), parameter.tensor, as: target
            ) { tensor in
                try withoutGradients {
                    guard let merge else { return try tensor.to(target) }
                    return try rounding.rounded(merge(tensor), to: target)
                }
            }
        }
        let unties = options.text.head == .tied && separatesHead
        if unties {
            let merge = try merge(of: options.keys.headWeight)
            tensors.append(
                NamedTensor(keyMap.written(options.keys.headWeight), head, as: target) { tensor in
                    try withoutGradients {
                        guard let merge else { return try tensor.to(target) }
                        return try rounding.rounded(merge(tensor), to: target)
                    }
                })
        }
        try mergedFiles(dtype: target, unties: unties).write(
            to: directory, tensors: tensors)
        return MergeReport(
            moduleCount: branches.count + tables.count, dtype: target,
            largestRounding: rounding.largest)
    }

    /// Whether the adapter makes head and embedding differ.
    private var separatesHead: Bool {
        let embedding = options.keys.embedding
        let copied = parameters.contains { $0.key == embedding && $0.isAdapter }
        return headBranch != nil || !tables.isEmpty || copied && adapter?.tiesCopies != true
    }

    /// What makes the merged values of a parameter; nil where the adapter leaves it alone.
    private func merge(of key: String) throws -> (@Sendable (Tensor) throws -> Tensor)? {
        let parts = key.split(separator: ".").map(String.init)
        let module = parts.dropLast().joined(separator: ".")
        switch parts.last {
        case "weight":
            if let branch = branches[module] { return { try branch.merged(into: $0) } }
            if let table = tables[module] { return { try table.merged(into: $0) } }
        case "bias":
            guard let branch = branches[module], let bias = branch.bias else { return nil }
            return { try $0.to(.float32) + bias.detached() * branch.form.scale }
        default: break
        }
        return nil
    }

    /// The files beside merged weights.
    private func mergedFiles(dtype: DType, unties: Bool) throws -> VisionLanguageFiles {
        for (module, branch) in branches where branch.bias != nil {
            guard parameters.contains(where: { $0.key == "\(module).bias" }) else {
                throw CheckpointError(
                    path: "the adapter",
                    problem: "has a bias (lora_bias) of \(module), which has none in the base",
                    advice: "use it unmerged: --adapter")
            }
        }
        let files = try self.files { try $0.tensor.detached() }
        return try files.replacingCompanions { companions in
            try companions.map { file in
                guard file.name == "config.json" else { return file }
                var data = try StatedElementType.restated(file.data, as: dtype, file: file.name)
                if unties { data = try Self.untied(data, file: file.name) }
                return CompanionFile(name: file.name, data: data)
            }
        }
    }

    /// A `config.json` that does not tie the head to the embedding.
    private static func untied(_ config: Data, file: String) throws -> Data {
        let key = "tie_word_embeddings"
        let text = try JSONText(config, file: file)
        let added = text.value(key) == nil ? [(key: key, value: "false")] : []
        return text.edited(adding: added) { path, _ in
            path.last == key ? .replace("false") : .keep
        }
    }
}

/// By how much rounding moved the numbers of what was written.
private final class RoundingRecord: Sendable {
    private let state = Mutex(0.0)

    var largest: Double { state.withLock { $0 } }

    func rounded(_ exact: Tensor, to dtype: DType) throws -> Tensor {
        let result = try exact.to(dtype)
        let error = try (result.to(.float32) - exact).abs().max().item()
        state.withLock { $0 = max($0, error) }
        return result
    }
}
