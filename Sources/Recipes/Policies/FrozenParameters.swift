import Configuration
import NN
import Torch

extension [Parameter] {
    /// Makes all parameters trainable but those that a pattern names; where an adapter's are among them,
    /// only those of the adapter.
    ///
    /// - Parameter patterns: keys, `*` standing for anything
    /// - Returns: how many numbers stay as they are
    /// - Throws: ``ConfigurationError`` if a pattern names no parameter, or all are named
    @discardableResult
    package func setTrainable(freezing patterns: [String]) throws -> Int {
        let adapters = filter(\.isAdapter)
        guard adapters.isEmpty || adapters.count == count else {
            let base = filter { !$0.isAdapter }
            for parameter in base { try parameter.tensor.setRequiresGradient(false) }
            return try base.numberCount + adapters.setTrainable(freezing: patterns)
        }
        let unused = patterns.filter { pattern in
            !self.contains { keyFits($0.key, pattern) }
        }
        if !unused.isEmpty {
            let some = prefix(3).map(\.key).joined(separator: ", ")
            throw ConfigurationError(
                problems: unused.map { pattern in
                    let advice =
                        Nearest.pattern(to: pattern, among: map(\.key))
                        .map { "did you mean \($0)?" } ?? "keys look like \(some)"
                    return ConfigurationProblem(
                        location: "", key: "policy.freeze",
                        message: "\(pattern) names no parameter; \(advice)")
                })
        }
        if allSatisfy({ parameter in
            patterns.contains { keyFits(parameter.key, $0) }
        }) {
            throw ConfigurationError(problems: [
                ConfigurationProblem(
                    location: "", key: "policy.freeze",
                    message: "\(patterns.joined(separator: ", ")) leaves no parameter trainable")
            ])
        }
        var frozen = 0
        for parameter in self {
            let isFrozen = patterns.contains { keyFits(parameter.key, $0) }
            try parameter.tensor.setRequiresGradient(!isFrozen)
            if isFrozen { frozen += parameter.tensor.count }
        }
        return frozen
    }
}
