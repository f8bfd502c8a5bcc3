public import Torch

extension ParameterScope {
    /// What the model's adapter adds to a module that stands here; nil where it does not touch it.
    ///
    /// - Parameters:
    ///   - kind: what the module computes, but for ``AdaptableModule/Kind/embedding``
    ///   - weight: the module's weight, [O, …]
    ///   - hasBias: whether the module has a bias
    /// - Returns: the branch, with parameters of its own
    /// - Throws: an error that names a key which is missing or has another shape
    public func branch(
        _ kind: AdaptableModule.Kind, weight: Tensor, hasBias: Bool
    ) throws -> LowRankBranch? {
        guard let form = form(kind, weight: weight, hasBias: hasBias) else { return nil }
        let (outputs, inner) = (weight.size(0), Array(weight.shape.dropFirst()))
        let inputs = inner.reduce(1, *)
        let start = form.start
        let a = try adapterTensor(
            "lora_A.weight", shape: [form.rank] + inner,
            start == .gaussian
                ? .normal(deviation: 1 / Double(form.rank))
                : .uniform(bound: 1 / Double(inputs).squareRoot()))
        let b = try adapterTensor(
            "lora_B.weight", shape: [outputs, form.rank] + inner.dropFirst().map { _ in 1 },
            start == .nonzero
                ? .uniform(bound: 1 / Double(form.rank).squareRoot()) : .constant(0))
        let bias =
            try form.hasBias
            ? adapterTensor(
                "lora_B.bias", shape: [outputs],
                start == .nonzero
                    ? .uniform(bound: 1 / Double(form.rank).squareRoot()) : .constant(0)) : nil
        func plain(_ magnitude: Tensor?) -> LowRankBranch {
            let branch = LowRankBranch(
                module: prefix, form: form, a: a, b: b, bias: bias, magnitude: magnitude,
                dropout: builder.dropout)
            builder.branches[prefix] = branch
            return branch
        }
        guard form.isWeightDecomposed else { return plain(nil) }
        let shape = inner.count == 1 ? [outputs] : [1, outputs] + inner.dropFirst().map { _ in 1 }
        return plain(
            try builder.makeAdapter(
                (self / "lora_magnitude_vector").prefix, shape: shape
            ) {
                let sum = try plain(nil).merged(into: weight).reshaped(outputs, -1)
                return try withoutGradients { try (sum * sum).sum(1).sqrt().reshaped(shape) }
            })
    }

    /// What the model's adapter adds to a table that stands here; nil where it does not touch it.
    ///
    /// - Parameter weight: the table, [V, C]
    /// - Returns: the branch, with parameters of its own
    /// - Throws: an error that names a key which is missing or has another shape
    public func table(weight: Tensor) throws -> LowRankTable? {
        guard let form = form(.embedding, weight: weight, hasBias: false) else { return nil }
        let a = try adapterTensor(
            "lora_embedding_A", shape: [form.rank, weight.size(0)],
            form.start == .nonzero ? .normal(deviation: 1) : .constant(0))
        let b = try adapterTensor(
            "lora_embedding_B", shape: [weight.size(1), form.rank], .normal(deviation: 1))
        func plain(_ magnitude: Tensor?) -> LowRankTable {
            let table = LowRankTable(form: form, a: a, b: b, magnitude: magnitude)
            builder.tables[prefix] = table
            return table
        }
        guard form.isWeightDecomposed else { return plain(nil) }
        let magnitude = try builder.makeAdapter(
            (self / "lora_magnitude_vector").prefix, shape: [weight.size(1)]
        ) {
            let sum = try plain(nil).merged(into: weight)
            return try withoutGradients { try (sum * sum).sum(0).sqrt() }
        }
        return plain(magnitude)
    }

    private func form(
        _ kind: AdaptableModule.Kind, weight: Tensor, hasBias: Bool
    ) -> LowRankForm? {
        let module = AdaptableModule(
            name: prefix, kind: kind, shape: weight.shape, hasBias: hasBias)
        builder.modules.append(module)
        return builder.adapter?.plan.form(of: module)
    }

    private func adapterTensor(
        _ name: String, shape: [Int], _ initializer: Initializer
    ) throws -> Tensor {
        let key = (self / name).prefix
        return try builder.makeAdapter(key, shape: shape) {
            try RandomWeights(seed: builder.adapter?.seed ?? 0)
                .tensor(key, shape: shape, initializer: initializer)
        }
    }
}
