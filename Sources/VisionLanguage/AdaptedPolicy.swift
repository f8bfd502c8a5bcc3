package import Adapters
import Foundation
package import NN
package import Torch

/// What an adapter is for one family of bases, before the base's weights are read.
struct AdaptedPolicy {
    /// What it does.
    let plan: ResolvedAdapter
    private let stored: StoredAdapter?
    private let seed: UInt64
    /// A model of base and adapter without memory.
    private let outline: VisionLanguageModel

    /// Finds out what an adapter changes, and whether its file has it.
    ///
    /// - Parameters:
    ///   - choice: the adapter
    ///   - family: the base's family, with its sizes
    ///   - keys: the translation of the base's keys
    ///   - head: where the base's head comes from
    ///   - dtype: the base's element type
    /// - Throws: `CheckpointError` that names a setting, or a tensor that is missing, left over or of
    ///   another shape
    init(
        _ choice: AdapterChoice, _ family: any PolicyFamily, keys: any CheckpointKeyMap,
        head: HeadKind, dtype: DType
    ) throws {
        let base = try VisionLanguageModel(
            family, builder: ParameterBuilder(withoutWeights: dtype) { _, _ in }, head: head)
        let tree = base.adapterTree
        switch choice {
        case .fresh(let configuration, let seed):
            try configuration.requireFresh()
            plan = try ResolvedAdapter(configuration, tree)
            stored = nil
            self.seed = seed
        case .stored(let folder):
            try AdapterFolder.requireOne(folder)
            let file = try StoredAdapter(folder: folder, keys: base.adapterKeys)
            plan = try ResolvedAdapter(
                AdapterConfiguration.load(folder: folder), tree,
                stored: file.places,
                prefersOldNames: file.hasOldNames)
            stored = file
            seed = 0
        }
        let shapes = AdapterShapes()
        outline = try VisionLanguageModel(
            family,
            builder: ParameterBuilder(
                withoutWeights: dtype, adapter: AdapterSource(plan: plan, weights: shapes)
            ) { _, _ in }, head: head)
        var known = base.parameters.map { ($0.key, $0.tensor.shape) }
        if head != .own { known.append((base.options.keys.headWeight, base.head.shape)) }
        try stored?.require(shapes.asked, base: known, shared: plan.sharedCopies)
    }

    /// What a model is built with.
    var source: AdapterSource {
        AdapterSource(plan: plan, weights: stored ?? FreshAdapter(), seed: seed)
    }

    /// The same without memory.
    var absent: AdapterSource { AdapterSource(plan: plan, weights: AdapterShapes(), seed: seed) }

    /// Fails if the file has tables of the base that are not this base's.
    func requireTables(_ model: VisionLanguageModel) throws {
        try stored?.requireTables { model.baseParameter($0)?.tensor }
    }
}

extension VisionLanguageModel {
    /// The base's modules and parameters, as an adapter's configuration names them.
    var adapterTree: AdapterTree {
        let keys = (parameters.filter { !$0.isAdapter } + replaced).map(\.key)
        return AdapterTree(
            modules: modules, keys: keys, head: options.keys.head,
            headIsTied: options.text.head != .own,
            embedding: String(options.keys.embedding.dropLast(".weight".count)),
            empty: keyMap.emptyModules(keys.map(keyMap.memory)), memory: keyMap.memory)
    }

    /// The translation of an adapter's keys.
    var adapterKeys: AdapterKeys {
        let map = family.keyMap()
        return AdapterKeys(
            canonical: { key in
                var copy = map
                return copy.canonical(key)
            }, memory: map.memory)
    }

    /// The base's parameter of a key; of a head that is the embedding, the embedding.
    func baseParameter(_ key: String) -> Parameter? {
        let own = (parameters.filter { !$0.isAdapter } + replaced).first { $0.key == key }
        guard own == nil, key == options.keys.headWeight, options.text.head != .own else {
            return own
        }
        return baseParameter(options.keys.embedding)
    }

    /// What the adapter's configuration says; nil where there is none.
    package var adapterConfiguration: AdapterConfiguration? {
        (adapter as? ResolvedAdapter)?.configuration
    }

    /// The adapter in figures; nil where there is none.
    package var adapterSummary: AdapterSummary? { adapterSummary { _ in true } }

    /// Those parameters of the adapter in figures that count; nil where there is none.
    package func adapterSummary(where isCounted: (Parameter) -> Bool) -> AdapterSummary? {
        let counted = parameters.filter { $0.isAdapter && isCounted($0) }
        return (adapter as? ResolvedAdapter).map {
            AdapterSummary($0, numberCount: counted.numberCount) { module in
                counted.contains { $0.key.hasPrefix(module.name + ".lora_") }
            }
        }
    }

    /// The adapter as a folder in PEFT's layout.
    ///
    /// - Parameters:
    ///   - baseName: what the base is called; nil keeps what the adapter said
    ///   - tensor: gives the tensor to write for a parameter of the adapter
    /// - Returns: the files, whose tensors change with those that are given; nil where there is no adapter
    /// - Throws: what `tensor` throws
    package func adapterFiles(
        baseName: String?,
        _ tensor: (Parameter) throws -> Tensor = { try $0.tensor.detached() }
    ) throws -> AdapterFiles? {
        guard let plan = adapter as? ResolvedAdapter else { return nil }
        return try withoutGradients {
            AdapterFiles(
                plan, adapterTree, adapterKeys,
                parameters: try parameters.filter(\.isAdapter).map {
                    Parameter(key: $0.key, tensor: try tensor($0), isAdapter: true)
                },
                tables: baseParameter, base: baseName)
        }
    }

    /// The adapter's folder with the files that tell how the policy is asked, in memory.
    ///
    /// - Parameters:
    ///   - base: what the base is called
    ///   - tensor: gives the tensor to write for a parameter of the adapter
    /// - Returns: the files; nil where there is no adapter
    /// - Throws: what `tensor` throws
    package func adapterFolder(
        base: String, _ tensor: (Parameter) throws -> Tensor
    ) throws -> VisionLanguageFiles? {
        guard let files = try adapterFiles(baseName: base, tensor) else { return nil }
        return VisionLanguageFiles(
            companions: companions.filter { !CompanionFile.isOfBase($0.name) } + [
                CompanionFile(name: AdapterConfiguration.file, data: files.configuration)
            ],
            tensors: files.parameters.map { DeferredTensor(NamedTensor($0.key, $0.tensor)) },
            adapterFile: AdapterFolder.file)
    }
}
