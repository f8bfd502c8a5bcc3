package import Foundation
package import NN
import Torch

/// An adapter's folder in PEFT's layout, in memory.
package struct AdapterFiles: Sendable {
    /// The contents of `adapter_config.json`.
    package let configuration: Data
    /// The tensors, by PEFT's keys.
    package let parameters: [Parameter]

    /// The files of an adapter.
    ///
    /// - Parameters:
    ///   - adapter: what it does
    ///   - tree: the base's modules and parameters
    ///   - keys: the translation of keys
    ///   - parameters: the adapter's, by the model's own keys
    ///   - tables: gives the base's parameter of a key, which stands beside an adapted table's branch
    ///   - base: what the base is called; nil keeps what the adapter said
    package init(
        _ adapter: ResolvedAdapter, _ tree: AdapterTree, _ keys: AdapterKeys,
        parameters: [Parameter], tables: (String) -> Parameter?, base: String?
    ) {
        var written = adapter.hasOldNames ? adapter.renamed(tree) : adapter.configuration
        written.targets = written.targets.map { $0.listed(tree) }
        written.base = base ?? written.base
        configuration = written.written()
        var all = parameters.map {
            Parameter(key: keys.written($0.key, adapter), tensor: $0.tensor, isAdapter: true)
        }
        for (key, other) in adapter.sharedCopies {
            guard let tensor = parameters.first(where: { $0.key == other })?.tensor else {
                continue
            }
            let written = keys.written(key, adapter)
            all.append(Parameter(key: written, tensor: tensor, isAdapter: true))
        }
        for place in [tree.embedding, tree.head]
        where adapter.forms[place] != nil && adapter.namesTables(tree) {
            guard let table = tables(place + ".weight") else { continue }
            let key = AdapterKeys.front + tree.memory(place) + ".base_layer.weight"
            all.append(Parameter(key: key, tensor: table.tensor, isAdapter: true))
        }
        self.parameters = all
    }

    /// Writes the two files.
    ///
    /// - Parameter folder: the folder, made if it does not exist
    /// - Throws: an error that names the file that cannot be written
    package func write(to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try SafetensorsFile.write(
            parameters.map { NamedTensor($0.key, $0.tensor) },
            to: folder + "/" + AdapterFolder.file)
        try configuration.write(
            to: URL(fileURLWithPath: folder + "/" + AdapterConfiguration.file), options: .atomic)
    }
}

extension AdapterConfiguration.Modules {
    /// As PEFT writes it: of all linear layers the shortest ends of names that nothing else has.
    fileprivate func listed(_ tree: AdapterTree) -> AdapterConfiguration.Modules {
        guard case .expression(let text) = self, text.lowercased() == "all-linear" else {
            return self
        }
        let names = tree.modules.filter { $0.kind == .linear && $0.name != tree.head }
            .map { tree.memory($0.name) }
        let others = NamedTree(tree, naming: tree.memory).all.subtracting(names)
        var ends: Set<String> = []
        for name in names {
            let parts = name.split(separator: ".")
            let suffixes = parts.indices.reversed().map { parts[$0...].joined(separator: ".") }
            if suffixes.contains(where: ends.contains) { continue }
            let end = suffixes.first { suffix in
                !others.contains { $0 == suffix || $0.hasSuffix("." + suffix) }
            }
            ends.insert(end ?? name)
        }
        return .names(ends.sorted())
    }
}

extension ResolvedAdapter {
    /// Whether PEFT writes the base's tables beside their branches: where targets name one.
    fileprivate func namesTables(_ tree: AdapterTree) -> Bool {
        switch configuration.targets {
        case .names(let names): names.contains("embed_tokens") || names.contains("lm_head")
        case .expression(let text):
            text != "all-linear" && (forms[tree.embedding] ?? forms[tree.head]) != nil
        case nil: false
        }
    }

    /// The same by the names of transformers since 4.50, module by module.
    fileprivate func renamed(_ tree: AdapterTree) -> AdapterConfiguration {
        var result = configuration
        result.targets = .names(modules.map { tree.memory($0.name) })
        result.excluded = nil
        (result.layers, result.layersPattern) = ([], [])
        result.rankPattern = []
        result.alphaPattern = []
        for module in modules {
            guard let form = forms[module.name] else { continue }
            let name = "^" + tree.memory(module.name).replacing(".", with: "\\.")
            let rank = Double(form.rank)
            let exact = form.scale * (configuration.isRankStabilized ? rank.squareRoot() : rank)
            // It was divided by the same number.
            let alpha = (exact * 1e9).rounded() / 1e9
            if form.rank != configuration.rank { result.rankPattern.append(.init(name, form.rank)) }
            if abs(alpha - configuration.alpha) > 2e-9 {
                result.alphaPattern.append(.init(name, alpha))
            }
        }
        return result
    }
}
