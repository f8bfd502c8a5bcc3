package import NN
import Torch

/// A configuration applied to the modules of a base: which of them an adapter changes, and how.
package struct ResolvedAdapter: AdapterPlan {
    /// What it was made of.
    package let configuration: AdapterConfiguration
    /// The modules that are changed, in the base's order.
    package let modules: [AdaptableModule]
    /// What should be known, one sentence each.
    package let warnings: [String]
    /// The base's parameters of which the adapter has copies, the head's among them where it is the
    /// embedding.
    package let copies: Set<String>
    /// Keys that PEFT writes of copies which are another's: the head's of the embedding's.
    package let sharedCopies: [String: String]
    /// What is done to each module, by its place.
    package let forms: [String: LowRankForm]
    /// Whether the names that fitted are those of transformers before 4.50.
    let hasOldNames: Bool

    package func form(of module: AdaptableModule) -> LowRankForm? { forms[module.name] }
    package func replaces(_ key: String) -> Bool { copies.contains(key) }
    package var tiesCopies: Bool { configuration.tiesCopies }

    /// Applies a configuration.
    ///
    /// - Parameters:
    ///   - configuration: what was checked
    ///   - tree: the base's modules and parameters
    ///   - stored: places of the modules that the adapter has tensors of, where it was read
    ///   - prefersOldNames: whether the adapter's tensors have the names of transformers before 4.50,
    ///     which names of modules then mean
    /// - Throws: `CheckpointError` that names what fits nothing, or something that cannot be adapted
    package init(
        _ configuration: AdapterConfiguration, _ tree: AdapterTree, stored: Set<String> = [],
        prefersOldNames: Bool = false
    ) throws {
        try configuration.validate()
        let matcher = try ModuleMatcher(configuration)
        let current = NamedTree(tree, naming: tree.memory)
        let old = NamedTree(tree, naming: { $0 })
        // What some programs of that time had around the language model.
        let wrapped = NamedTree(
            tree, naming: { tree.isVision($0) ? $0 : "language_model." + $0 })
        let order = (prefersOldNames ? [old, current] : [current, old]) + [wrapped]
        let hits = order.map { names in tree.modules.filter { names.isAdapted($0, matcher) } }
        let place =
            hits.firstIndex { Set($0.map(\.name)) == stored && !stored.isEmpty }
            ?? hits.firstIndex { !$0.isEmpty } ?? 0
        let (names, found) = (order[place], hits[place])
        try names.requireAdaptable(matcher, configuration)
        if found.isEmpty { throw names.noHit(matcher, configuration) }
        hasOldNames = place == 2 || (place == 0) == prefersOldNames
        self.configuration = configuration
        modules = found
        var forms: [String: LowRankForm] = [:]
        for module in found {
            forms[module.name] = try Self.form(
                module, matcher.numbers(names.name(module.name)), configuration)
        }
        self.forms = forms
        var saved = names.saved(matcher)
        let (words, head) = (tree.embedding + ".weight", tree.head + ".weight")
        let isShared =
            configuration.tiesCopies && tree.headIsTied
            && (saved.contains(words) || saved.contains(head))
        if isShared {
            saved.remove(head)
            saved.insert(words)
        }
        sharedCopies = isShared ? [head: words] : [:]
        copies = saved.union(Self.biases(tree, forms, configuration.biases))
        try Self.requireUntied(configuration, forms, tree)
        var warnings = configuration.warnings
        for key in matcher.unused(found.map { names.name($0.name) }) {
            warnings.append("\(configuration.source): \(key) fits no module that is adapted")
        }
        for key in configuration.savedModules
        where !names.all.contains(where: { $0.hasSuffix(key) }) {
            warnings.append("\(configuration.source): modules_to_save \(key) fits no module")
        }
        self.warnings = warnings
    }

    private static func form(
        _ module: AdaptableModule, _ numbers: (rank: Int, alpha: Double, keys: [String]),
        _ configuration: AdapterConfiguration
    ) throws -> LowRankForm {
        let rank = Double(numbers.rank)
        let start: LowRankForm.Start =
            switch configuration.start {
            case .gaussian: .gaussian
            case .nonzero: .nonzero
            default: .uniform
            }
        if module.kind == .embedding, configuration.hasBias {
            throw configuration.invalid(
                "lora_bias", "is set, and \(module.name) is an embedding, whose branch has none",
                "leave it out of target_modules")
        }
        return LowRankForm(
            rank: numbers.rank,
            scale: numbers.alpha / (configuration.isRankStabilized ? rank.squareRoot() : rank),
            isWeightDecomposed: configuration.isWeightDecomposed, hasBias: configuration.hasBias,
            dropout: configuration.dropout, start: start)
    }

    /// The biases of the base that the adapter has copies of.
    private static func biases(
        _ tree: AdapterTree, _ forms: [String: LowRankForm],
        _ biases: AdapterConfiguration.Biases
    ) -> Set<String> {
        Set(
            tree.keys.filter { key in
                guard key.hasSuffix(".bias") else { return false }
                switch biases {
                case .none: return false
                case .all: return true
                case .adapted: return forms[String(key.dropLast(5))] != nil
                }
            })
    }

    /// Fails if a branch of the embedding should be the head's too.
    private static func requireUntied(
        _ configuration: AdapterConfiguration, _ forms: [String: LowRankForm], _ tree: AdapterTree
    ) throws {
        let adapted = [tree.embedding, tree.head].filter { forms[$0] != nil }
        guard configuration.tiesCopies, tree.headIsTied, let first = adapted.first else { return }
        throw configuration.invalid(
            "ensure_weight_tying",
            "is set, and \(first) is adapted: one branch of both embedding and head is not supported",
            "leave it out, or take the embedding as one of modules_to_save")
    }
}

/// The modules of a base by the names that some version of transformers has in memory.
struct NamedTree {
    let tree: AdapterTree
    let naming: (String) -> String
    /// The names of all modules.
    let all: Set<String>

    init(_ tree: AdapterTree, naming: @escaping (String) -> String) {
        self.tree = tree
        self.naming = naming
        var names = Set(tree.empty)
        for key in tree.allKeys.map(naming) + tree.modules.map({ naming($0.name) + ".weight" }) {
            var rest = key[...]
            while let dot = rest.lastIndex(of: ".") {
                rest = rest[..<dot]
                names.insert(String(rest))
            }
        }
        all = names
    }

    func name(_ place: String) -> String { naming(place) }

    func isAdapted(_ module: AdaptableModule, _ matcher: ModuleMatcher) -> Bool {
        matcher.decision(
            naming(module.name), isLinear: module.kind == .linear && module.name != tree.head)
            == .adapted
    }

    /// The keys of parameters of modules that are saved.
    func saved(_ matcher: ModuleMatcher) -> Set<String> {
        let modules = all.filter(matcher.isSaved)
        return Set(
            tree.allKeys.filter { key in
                let name = naming(key)
                return name.indices.contains { place in
                    name[place] == "." && modules.contains(String(name[..<place]))
                }
            })
    }

    /// Fails if a name that is meant is of something that has no matrix.
    func requireAdaptable(_ matcher: ModuleMatcher, _ configuration: AdapterConfiguration) throws {
        let adaptable = Set(tree.modules.map { naming($0.name) })
        let wrong = all.subtracting(adaptable)
            .filter { matcher.decision($0, isLinear: false) == .adapted }.sorted()
        guard let first = wrong.first else { return }
        throw configuration.invalid(
            "target_modules",
            "means \(first) too, which is neither a linear layer nor an embedding nor a convolution"
                + (wrong.count > 1 ? " (and \(wrong.count - 1) more)" : ""),
            "name layers more exactly, such as q_proj, or leave it out by exclude_modules")
    }

    /// The error of a configuration that means no module.
    func noHit(
        _ matcher: ModuleMatcher, _ configuration: AdapterConfiguration
    ) -> CheckpointError {
        let isExcluded = all.contains { matcher.decision($0, isLinear: true) == .excluded }
        let names = Set(
            tree.modules.compactMap { naming($0.name).split(separator: ".").last.map(String.init) }
        ).filter { !$0.allSatisfy(\.isNumber) }.sorted().joined(separator: ", ")
        return configuration.invalid(
            "target_modules",
            "fits no module of the base"
                + (isExcluded ? " that exclude_modules and modules_to_save leave" : ""),
            "its layers are called \(names); an expression must fit the whole name, such as "
                + (tree.modules.first { $0.kind == .linear && $0.name != tree.head }
                    .map { naming($0.name) } ?? ""))
    }
}

/// An adapter's modules in figures, for people.
package struct AdapterSummary: Sendable, Equatable {
    /// Modules that differ by numbers of layers only.
    package struct Kind: Sendable, Equatable {
        /// Their place, with `*` for numbers.
        package let name: String
        /// How many there are.
        package let count: Int
        /// Their ranks, ascending, each once.
        package let ranks: [Int]
    }

    /// Kinds of modules, in the base's order.
    package let kinds: [Kind]
    /// How many parameters of the base the adapter has copies of.
    package let copyCount: Int
    /// Numbers in the adapter.
    package let numberCount: Int

    /// Figures of an adapter.
    ///
    /// - Parameters:
    ///   - adapter: what it does
    ///   - numberCount: numbers in its parameters
    ///   - isCounted: whether a module counts
    package init(
        _ adapter: ResolvedAdapter, numberCount: Int,
        where isCounted: (AdaptableModule) -> Bool = { _ in true }
    ) {
        var order: [String] = []
        var ranks: [String: [Int]] = [:]
        for module in adapter.modules where isCounted(module) {
            let name = module.name.split(separator: ".")
                .map { $0.allSatisfy(\.isNumber) && !module.name.hasSuffix(".\($0)") ? "*" : $0 }
                .joined(separator: ".")
            if ranks[name] == nil { order.append(name) }
            ranks[name, default: []].append(adapter.forms[module.name]?.rank ?? 0)
        }
        kinds = order.map {
            Kind(name: $0, count: ranks[$0]?.count ?? 0, ranks: Set(ranks[$0] ?? []).sorted())
        }
        copyCount = adapter.copies.count
        self.numberCount = numberCount
    }
}
