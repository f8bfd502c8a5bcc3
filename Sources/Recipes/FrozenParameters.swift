import NN
import Torch

extension [Parameter] {
    /// Makes all parameters trainable but those that a pattern names.
    ///
    /// - Parameter patterns: keys, `*` standing for anything
    /// - Returns: how many numbers stay as they are
    /// - Throws: ``ConfigurationError`` if a pattern names no parameter, or all are named
    @discardableResult
    func setTrainable(freezing patterns: [String]) throws -> Int {
        let unused = patterns.filter { pattern in
            !self.contains { keyFits($0.key, pattern) }
        }
        if !unused.isEmpty {
            let some = prefix(3).map(\.key).joined(separator: ", ")
            throw ConfigurationError(
                problems: unused.map {
                    ConfigurationProblem(
                        location: "", key: "policy.freeze",
                        message: "\($0) names no parameter; keys look like \(some)")
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

/// Whether a key fits a pattern in which `*` stands for any characters.
func keyFits(_ key: String, _ pattern: String) -> Bool {
    let (key, pattern) = (Array(key.utf8), Array(pattern.utf8))
    let star = UInt8(ascii: "*")
    var (k, p) = (0, 0)
    var retry: (key: Int, pattern: Int)?
    while k < key.count {
        if p < pattern.count, pattern[p] == star {
            retry = (k, p + 1)
            p += 1
        } else if p < pattern.count, pattern[p] == key[k] {
            (k, p) = (k + 1, p + 1)
        } else if let last = retry {
            retry = (last.key + 1, last.pattern)
            (k, p) = (last.key + 1, last.pattern)
        } else {
            return false
        }
    }
    return pattern[p...].allSatisfy { $0 == star }
}
