// Reference: peft 0.21.2, tuners/tuners_utils.py (check_target_module_exists), utils/other.py
// (get_pattern_key, _set_trainable)
import Torch

/// Which modules a configuration means, by the names that they have in transformers' memory.
struct ModuleMatcher {
    private let targets: Names
    private let excluded: Names?
    private let layers: [Int]
    private let layersPatterns: [PythonPattern]
    private let saved: [PythonPattern]
    private let savedEnds: [String]
    private let ranks: [(key: String, pattern: PythonPattern, value: Int)]
    private let alphas: [(key: String, pattern: PythonPattern, value: Double)]
    private let configuration: AdapterConfiguration

    /// Names, compiled.
    private enum Names {
        case list(Set<String>)
        case expression(PythonPattern)
        case allLinear

        func contains(_ name: String) -> Bool {
            switch self {
            case .list(let names):
                names.contains(name) || Names.ends(of: name).contains { names.contains($0) }
            case .expression(let pattern): pattern.fits(name)
            case .allLinear: false
            }
        }

        /// What stands behind each dot.
        private static func ends(of name: String) -> [String] {
            name.indices.filter { name[$0] == "." }.map { String(name[name.index(after: $0)...]) }
        }
    }

    /// What is done with a module.
    enum Decision { case adapted, left, excluded }

    /// Compiles a configuration's names.
    ///
    /// - Parameter configuration: what was checked
    /// - Throws: `CheckpointError` about an expression that is none
    init(_ configuration: AdapterConfiguration) throws {
        self.configuration = configuration
        func compiled(_ key: String, _ text: String, wholly: Bool = false) throws -> PythonPattern {
            guard let pattern = PythonPattern(text, wholly: wholly) else {
                throw configuration.invalid(
                    key, "has \(text), which is no regular expression",
                    "write it as Python's re takes it")
            }
            return pattern
        }
        func names(_ key: String, _ modules: AdapterConfiguration.Modules) throws -> Names {
            switch modules {
            case .names(let names): .list(Set(names))
            case .expression(let text): .expression(try compiled(key, text, wholly: true))
            }
        }
        if case .expression(let text) = configuration.targets, text.lowercased() == "all-linear" {
            targets = .allLinear
        } else {
            targets = try names("target_modules", configuration.targets ?? .names([]))
        }
        excluded = try configuration.excluded.flatMap { modules in
            if modules == .names([]) || modules == .expression("") { return nil }
            return try names("exclude_modules", modules)
        }
        layers = configuration.layers
        layersPatterns = try configuration.layersPattern.map {
            try compiled("layers_pattern", "(?:^|.*?\\.)\($0)\\.(\\d+)\\.")
        }
        saved = try configuration.savedModules.map {
            try compiled("modules_to_save", "(^|.*\\.)\($0)($|\\..*)")
        }
        savedEnds = configuration.savedModules
        func fitting(_ key: String, _ pattern: String) throws -> PythonPattern {
            try compiled(key, "(.*\\.)?(\(pattern))$")
        }
        ranks = try configuration.rankPattern.map {
            ($0.key, try fitting("rank_pattern", $0.key), $0.value)
        }
        alphas = try configuration.alphaPattern.map {
            ($0.key, try fitting("alpha_pattern", $0.key), $0.value)
        }
    }

    /// Whether a module is adapted.
    ///
    /// - Parameters:
    ///   - name: its name
    ///   - isLinear: whether it is a linear layer, and not the head
    /// - Returns: the decision
    func decision(_ name: String, isLinear: Bool) -> Decision {
        if excluded?.contains(name) == true { return .excluded }
        if saved.contains(where: { $0.fits(name) }) { return .excluded }
        switch targets {
        case .allLinear: return isLinear ? .adapted : .left
        case .expression: return targets.contains(name) ? .adapted : .left
        case .list(let names):
            if names.contains(name) { return .adapted }
            guard targets.contains(name) else { return .left }
            return layers.isEmpty || layer(of: name).map(layers.contains) == true ? .adapted : .left
        }
    }

    /// The number of the layer that a module is in.
    private func layer(of name: String) -> Int? {
        let patterns = layersPatterns.isEmpty ? [Self.anyLayer].compactMap(\.self) : layersPatterns
        return patterns.lazy.compactMap { $0.group(1, of: name) }.first.flatMap { Int($0) }
    }

    private static let anyLayer = PythonPattern(".*?\\.[^.]*\\.(\\d+)\\.", wholly: false)

    /// Whether a module is kept as a copy.
    func isSaved(_ name: String) -> Bool { savedEnds.contains { name.hasSuffix($0) } }

    /// Which of the names of modules to save a module fits.
    func savedName(_ name: String) -> String? { savedEnds.first { name.hasSuffix($0) } }

    /// The rank and alpha of a module, with the keys of the patterns that gave them.
    func numbers(_ name: String) -> (rank: Int, alpha: Double, keys: [String]) {
        let rank = ranks.first { $0.pattern.fits(name) }
        let alpha = alphas.first { $0.pattern.fits(name) }
        return (
            rank?.value ?? configuration.rank, alpha?.value ?? configuration.alpha,
            [rank.map { "rank_pattern " + $0.key }, alpha.map { "alpha_pattern " + $0.key }]
                .compactMap(\.self)
        )
    }

    /// Keys of patterns that fit none of some modules.
    func unused(_ names: [String]) -> [String] {
        ranks.filter { rank in !names.contains { rank.pattern.fits($0) } }
            .map { "rank_pattern \($0.key)" }
            + alphas.filter { alpha in !names.contains { alpha.pattern.fits($0) } }
            .map { "alpha_pattern \($0.key)" }
    }
}
