import Foundation
import NN
import TextFiles
import Torch
import VisionLanguage

/// What of a policy is trained, in lines for people.
package struct TrainedParts {
    /// The lines, each with its label of eleven characters; none of a policy without an adapter.
    package let lines: [String]

    /// Counts the modules and numbers of an adapter.
    ///
    /// - Parameter policy: the policy, whose trained parameters require gradients
    package init(_ policy: VisionLanguagePolicy) {
        let model = policy.model
        let adapters = model.parameters.filter(\.isAdapter)
        guard !adapters.isEmpty else {
            lines = []
            return
        }
        let trained = adapters.filter(\.tensor.requiresGradient)
        let all = model.parameters.filter { !$0.isAdapter }.numberCount
        let modules = Self.modules(trained)
        let whole = trained.filter { !$0.isLowRank }
        let share = Double(trained.numberCount) / Double(max(1, all)) * 100
        var lines = [
            "adapter    \(counted(trained.numberCount, "number")) in \(counted(modules.count, "module")), "
                + "\(String(format: "%.2f", share)) % of the base's \(all)"
        ]
        let kinds = Dictionary(grouping: modules) { Self.kind($0.key) }
        for (kind, members) in kinds.sorted(by: { $0.key < $1.key }) {
            let ranks = Set(members.map(\.value)).sorted().map(String.init)
            lines.append(
                "           \(kind): \(members.count), r \(ranks.joined(separator: ", "))")
        }
        if !whole.isEmpty {
            lines.append(
                "           whole: "
                    + whole.prefix(4).map(\.key).joined(separator: ", ")
                    + (whole.count > 4 ? " and \(whole.count - 4) more" : ""))
        }
        self.lines = lines
    }

    /// The adapted modules by name, with their ranks.
    private static func modules(_ parameters: [Parameter]) -> [String: Int] {
        var result: [String: Int] = [:]
        for parameter in parameters {
            for part in [".lora_A.weight", ".lora_embedding_A"] where parameter.key.hasSuffix(part)
            {
                result[String(parameter.key.dropLast(part.count))] = parameter.tensor.size(0)
            }
        }
        return result
    }

    /// A module's name without the numbers of layers: what stands in each layer.
    private static func kind(_ module: String) -> String {
        module.split(separator: ".").map { $0.allSatisfy(\.isNumber) ? "*" : $0 }
            .joined(separator: ".")
    }
}
