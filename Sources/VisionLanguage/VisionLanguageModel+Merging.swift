import Foundation
import NN
import Tokenizers
package import Torch

/// What merging an adapter makes of one parameter of the base.
private struct MergedParameter {
    /// The model's own key.
    let key: String
    let shape: [Int]
    /// The base's tensor.
    let base: Tensor
    /// Makes the tensor in a floating-point type.
    let make: @Sendable (DType) throws -> Tensor
}

extension VisionLanguageModel {
    /// Writes the model with its adapter merged into its weights, as ``save(directory:shardBytes:dtype:)``
    /// does.
    ///
    /// Each weight is computed in float32 and rounded once, when it is written: no second copy of the model
    /// is made. A head that was the embedding gets a matrix of its own where the two then differ.
    ///
    /// - Parameters:
    ///   - directory: the folder, made if it does not exist
    ///   - shardBytes: how large one file of weights may become
    ///   - dtype: the element type in the files; the model's if nil
    /// - Throws: an error that names the file if one cannot be written, or what cannot be merged
    package func saveMerged(
        directory: String, shardBytes: Int = 5_000_000_000, dtype: DType? = nil
    ) throws {
        try mergedFiles(dtype: dtype).write(to: directory, shardBytes: shardBytes)
    }

    /// The files that ``saveMerged(directory:shardBytes:dtype:)`` writes, whose weights are made when they
    /// are written.
    ///
    /// - Parameter dtype: the element type in the files; the model's if nil
    /// - Returns: the files
    /// - Throws: `CheckpointError` that names what cannot be merged
    package func mergedFiles(dtype: DType? = nil) throws -> VisionLanguageFiles {
        let type = dtype ?? self.dtype
        let isMerged = adapter != nil
        let tensors = try mergedParameters().map { parameter in
            DeferredTensor(
                keyMap.written(parameter.key), dtype: type, shape: parameter.shape,
                make: { try withoutGradients { try parameter.make(type).detached() } },
                // The base's own memory, which an adapter leaves as it is.
                written: { if isMerged { parameter.base.releaseMappedPages() } })
        }
        return VisionLanguageFiles(
            companions: try mergedCompanions().map { file in
                guard file.name == "config.json" else { return file }
                return CompanionFile(
                    name: file.name,
                    data: try StatedElementType.restated(file.data, as: type, file: file.name))
            }, tensors: tensors)
    }

    /// A model of the merged weights, each rounded once; what the adapter does not touch is this one's
    /// memory.
    ///
    /// - Returns: a model without adapter, none of whose parameters requires gradients
    /// - Throws: `CheckpointError` that names what cannot be merged
    package func merged() throws -> VisionLanguageModel {
        guard adapter != nil else { return self }
        let parameters = try withoutGradients {
            try mergedParameters().map {
                Parameter(key: $0.key, tensor: try $0.make(dtype).detached())
            }
        }
        let model = try rebuilt(
            ParameterBuilder(sharing: parameters), head: isUntied ? .own : options.text.head,
            companions: mergedCompanions())
        for parameter in model.parameters { try parameter.tensor.setRequiresGradient(false) }
        return model
    }

    /// Whether merging makes embedding and head differ that were one.
    private var isUntied: Bool {
        guard options.text.head != .own else { return false }
        let (words, head) = (options.keys.embedding, options.keys.headWeight)
        if headBranch != nil || tables[String(words.dropLast(".weight".count))] != nil {
            return true
        }
        let copies = Set(parameters.filter(\.isAdapter).map(\.key))
        return copies.contains(head) || copies.contains(words) && adapter?.tiesCopies != true
    }

    /// The files beside the weights, whose configuration says whether the head is the embedding.
    private func mergedCompanions() throws -> [CompanionFile] {
        let files = try writtenCompanions()
        guard isUntied else { return files }
        let key = "tie_word_embeddings"
        return try files.map { file in
            guard file.name == "config.json" else { return file }
            let text = try JSONText(file.data, file: file.name)
            let added = text.value(key) == nil ? [(key: key, value: "false")] : []
            return CompanionFile(
                name: file.name,
                data: text.edited(adding: added) { path, _ in
                    path.last == key && path.count <= 2 ? .replace("false") : .keep
                })
        }
    }

    private func mergedParameters() throws -> [MergedParameter] {
        try requireMergeable()
        let (isUntied, head) = (isUntied, options.keys.headWeight)
        // A head that is made here comes last.
        var result = parameters.filter { !$0.isLowRank && !(isUntied && $0.key == head) }
            .map { merged($0.key, $0.tensor) }
        guard isUntied else { return result }
        // The matrix that the head multiplies by, which is none of the embedding's parameters now.
        result.append(merged(head, self.head))
        return result
    }

    /// What becomes of a parameter, by the branch of its module.
    private func merged(_ key: String, _ tensor: Tensor) -> MergedParameter {
        let parts = key.split(separator: ".")
        let place = parts.dropLast().joined(separator: ".")
        func changed(_ make: @escaping @Sendable (DType) throws -> Tensor) -> MergedParameter {
            MergedParameter(key: key, shape: tensor.shape, base: tensor, make: make)
        }
        if parts.last == "weight", let branch = branches[place] {
            return changed { try branch.merged(into: tensor, as: $0) }
        }
        if parts.last == "weight", let table = tables[place] {
            return changed { try table.merged(into: tensor, as: $0) }
        }
        if parts.last == "bias", let branch = branches[place], let low = branch.bias {
            return changed { try (tensor.detached().to(.float32) + low * branch.form.scale).to($0) }
        }
        return MergedParameter(key: key, shape: tensor.shape, base: tensor) {
            try tensor.detached().to($0)
        }
    }

    /// Fails where a branch has a bias, and its module none to add it to.
    private func requireMergeable() throws {
        for module in modules {
            guard branches[module.name]?.bias != nil, !module.hasBias else { continue }
            throw PolicyInputError(
                "\(module.name) has no bias that the adapter's lora_bias could be added to",
                advice: "keep the adapter as one, without merging it")
        }
    }
}
