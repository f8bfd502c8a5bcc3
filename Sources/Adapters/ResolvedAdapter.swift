import Foundation
package import NN
import Torch

/// An adapter's configuration, applied to the modules of a model.
package struct ResolvedAdapter: AdapterPlan {
    /// What was applied.
    package let configuration: AdapterConfiguration
    /// What is done to each module, by the module's place in the model's own tree of keys.
    package let forms: [String: LowRankForm]
    /// What is most likely not meant, a sentence each.
    package let warnings: [String]
    private let copies: Set<String>

    /// Whether a head that shares the embedding follows the adapter's copy of it.
    package var tiesCopies: Bool { configuration.tiesCopies }

    /// Applies a configuration.
    ///
    /// - Parameters:
    ///   - configuration: what the adapter is
    ///   - modules: the model's modules that can be adapted, and whose names those of the configuration
    ///     are held to
    ///   - keys: the model's parameters, by its own keys
    ///   - name: the name that a module has in transformers' memory, by its place in the model's own tree
    ///   - origin: the file or key that errors name
    /// - Throws: `CheckpointError` if no module is meant, a pattern cannot be read, or a module cannot be
    ///   adapted
    package init(
        _ configuration: AdapterConfiguration, modules: [AdaptableModule], keys: [String],
        name: (String) -> String, origin: String
    ) throws {
        self.configuration = configuration
        var rule = try AdapterRule(configuration, origin: origin)
        let named = modules.map { (module: $0, name: name($0.name)) }
        var forms: [String: LowRankForm] = [:]
        for (module, name) in named where rule.takes(name, isHead: module.name == "lm_head") {
            if module.kind == .linear || configuration.targetsNamed(name) {
                forms[module.name] = rule.form(of: name)
            }
        }
        if forms.isEmpty {
            let some = named.prefix(3).map(\.name).joined(separator: ", ")
            throw CheckpointError(
                path: origin, problem: "target_modules fit no module of the policy",
                advice: "names look like \(some)")
        }
        try rule.requireAdaptable(keys.map { name(Self.module(of: $0)) }, named.map(\.name))
        self.forms = forms
        warnings = rule.unused.map { "\(origin): \($0) fits no module that has an adapter" }
        copies = Self.copies(
            configuration, keys: keys, forms: forms, name: name)
        let saved = configuration.modulesToSave.filter { entry in
            !keys.contains {
                ModuleNames.ends(name(Self.module(of: $0)), in: [entry])
                    || Self.isInside($0, entry, name)
            }
        }
        if let missing = saved.first {
            throw CheckpointError(
                path: origin,
                problem: "modules_to_save names \(missing), which the policy does not have",
                advice: "names look like \(named.last?.name ?? "")")
        }
    }

    package func form(of module: AdaptableModule) -> LowRankForm? { forms[module.name] }

    package func replaces(_ key: String) -> Bool { copies.contains(key) }

    /// The place of the module that a parameter belongs to.
    private static func module(of key: String) -> String {
        key.split(separator: ".").dropLast().joined(separator: ".")
    }

    /// Whether a parameter stands below a module that an entry names.
    private static func isInside(_ key: String, _ entry: String, _ name: (String) -> String) -> Bool
    {
        var parts = key.split(separator: ".").dropLast()
        while !parts.isEmpty {
            if ModuleNames.ends(name(parts.joined(separator: ".")), in: [entry]) { return true }
            parts.removeLast()
        }
        return false
    }

    /// The parameters that the adapter has copies of: of modules to save, and biases.
    private static func copies(
        _ configuration: AdapterConfiguration, keys: [String], forms: [String: LowRankForm],
        name: (String) -> String
    ) -> Set<String> {
        let saved = keys.filter { key in
            configuration.modulesToSave.contains { isInside(key, $0, name) }
        }
        let biases = keys.filter { key in
            guard key.hasSuffix(".bias") else { return false }
            switch configuration.bias {
            case "all": return true
            case "lora_only": return forms[module(of: key)] != nil
            default: return false
            }
        }
        return Set(saved + biases)
    }
}

extension AdapterConfiguration {
    /// Whether modules other than linear layers may be meant by a name: not by ``allLinear``.
    fileprivate func targetsNamed(_ name: String) -> Bool {
        if case .pattern(let text)? = targetModules { return text.lowercased() != Self.allLinear }
        return true
    }
}

/// PEFT's rules of one configuration.
private struct AdapterRule {
    private let configuration: AdapterConfiguration
    private let origin: String
    private let target: NSRegularExpression?
    private let exclusion: NSRegularExpression?
    private var ranks:
        [(pattern: NSRegularExpression, entry: AdapterConfiguration.Pattern, isUsed: Bool)]
    private var alphas:
        [(pattern: NSRegularExpression, entry: AdapterConfiguration.Pattern, isUsed: Bool)]

    init(_ configuration: AdapterConfiguration, origin: String) throws {
        self.configuration = configuration
        self.origin = origin
        func compiled<Value>(_ key: String, _ pattern: String, _ make: (String) throws -> Value)
            throws -> Value
        {
            do { return try make(pattern) } catch {
                throw CheckpointError(
                    path: origin, problem: "\(key): \(pattern) is no regular expression",
                    advice: "write one as Python's re takes it")
            }
        }
        func whole(_ key: String, _ modules: AdapterConfiguration.Modules?) throws
            -> NSRegularExpression?
        {
            guard case .pattern(let text)? = modules,
                text.lowercased() != AdapterConfiguration.allLinear
            else { return nil }
            return try compiled(key, text, ModuleNames.whole)
        }
        target = try whole("target_modules", configuration.targetModules)
        exclusion = try whole("exclude_modules", configuration.excludeModules)
        ranks = try configuration.rankPattern.map {
            (try compiled("rank_pattern", $0.name, ModuleNames.ending), $0, false)
        }
        alphas = try configuration.alphaPattern.map {
            (try compiled("alpha_pattern", $0.name, ModuleNames.ending), $0, false)
        }
    }

    /// Whether a module of a name is to have an adapter.
    func takes(_ name: String, isHead: Bool = false) -> Bool {
        if isSaved(name) || isExcluded(name) { return false }
        switch configuration.targetModules {
        case nil: return false
        case .pattern(let text):
            if text.lowercased() == AdapterConfiguration.allLinear { return !isHead }
            return target.map { ModuleNames.fits(name, $0) } ?? false
        case .list(let entries):
            let all = entries.contains { $0.lowercased() == AdapterConfiguration.allLinear }
            guard all && !isHead || ModuleNames.ends(name, in: entries) else { return false }
            guard let layers = configuration.layersToTransform else { return true }
            let number = ModuleNames.layer(of: name, after: configuration.layersPattern)
            return number.map(layers.contains) ?? false
        }
    }

    private func isSaved(_ name: String) -> Bool {
        configuration.modulesToSave.contains { entry in
            ModuleNames.ends(name, in: [entry]) || name.contains(".\(entry).")
                || name.hasPrefix("\(entry).")
        }
    }

    private func isExcluded(_ name: String) -> Bool {
        switch configuration.excludeModules {
        case nil: false
        case .pattern: exclusion.map { ModuleNames.fits(name, $0) } ?? false
        case .list(let entries): ModuleNames.ends(name, in: entries)
        }
    }

    /// What is done to a module that is taken.
    mutating func form(of name: String) -> LowRankForm {
        func first(
            _ patterns:
                inout [(
                    pattern: NSRegularExpression, entry: AdapterConfiguration.Pattern, isUsed: Bool
                )]
        ) -> Double? {
            guard let place = patterns.firstIndex(where: { ModuleNames.endsAs(name, $0.pattern) })
            else { return nil }
            patterns[place].isUsed = true
            return patterns[place].entry.value
        }
        let rank = first(&ranks).map { Int($0) } ?? configuration.rank
        let alpha = first(&alphas) ?? configuration.alpha
        let divisor = configuration.usesRSLoRA ? Double(rank).squareRoot() : Double(rank)
        return LowRankForm(
            rank: rank, scale: alpha / divisor, isWeightDecomposed: configuration.usesDoRA,
            hasBias: configuration.hasLoRABias, dropout: configuration.dropout,
            start: configuration.start)
    }

    /// Keys of patterns that no module was found by.
    var unused: [String] {
        ranks.filter { !$0.isUsed }.map { "rank_pattern \($0.entry.name)" }
            + alphas.filter { !$0.isUsed }.map { "alpha_pattern \($0.entry.name)" }
    }

    /// Fails if a name that is meant is one of a module that cannot have an adapter.
    func requireAdaptable(_ names: [String], _ adaptable: [String]) throws {
        let known = Set(adaptable)
        guard let wrong = names.first(where: { !known.contains($0) && isNamed($0) }) else { return }
        throw CheckpointError(
            path: origin,
            problem: "target_modules fit \(wrong), which is no linear layer, table or patch "
                + "embedding",
            advice: "name those alone")
    }

    private func isNamed(_ name: String) -> Bool {
        if case .pattern(let text)? = configuration.targetModules,
            text.lowercased() == AdapterConfiguration.allLinear
        {
            return false
        }
        if case .list(let entries)? = configuration.targetModules,
            !ModuleNames.ends(name, in: entries)
        {
            return false
        }
        return takes(name)
    }
}

extension AdapterConfiguration {
    fileprivate var start: LowRankForm.Start {
        switch initialization {
        case "gaussian": .gaussian
        case "false": .nonzero
        default: .uniform
        }
    }
}
