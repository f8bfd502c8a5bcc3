import Adapters
import Foundation
import NN
import TextFiles
import Torch
import VisionLanguage

/// What of a policy with an adapter is trained, in lines for people.
package struct TrainedParts {
    /// The lines, each with its label of eleven characters; none of a policy without an adapter.
    package let lines: [String]

    /// Counts the modules and numbers of an adapter.
    ///
    /// - Parameter policy: the policy, whose trained parameters require gradients
    package init(_ policy: VisionLanguagePolicy) {
        let model = policy.model
        guard let summary = model.adapterSummary(where: \.tensor.requiresGradient) else {
            lines = []
            return
        }
        let all = model.parameters.filter { !$0.isAdapter }.numberCount
        let share = Double(summary.numberCount) / Double(max(1, all)) * 100
        let modules = summary.kinds.reduce(0) { $0 + $1.count }
        var lines = [
            "adapter    \(counted(summary.numberCount, "number")) in \(counted(modules, "module")), "
                + "\(String(format: "%.2f", share)) % of the base's \(all)"
        ]
        for kind in summary.kinds {
            let ranks = kind.ranks.map(String.init).joined(separator: ", ")
            lines.append("           \(kind.name): \(kind.count), r \(ranks)")
        }
        let whole = model.parameters.filter {
            $0.isAdapter && !$0.isLowRank && $0.tensor.requiresGradient
        }
        if !whole.isEmpty {
            lines.append(
                "           whole: " + whole.prefix(4).map(\.key).joined(separator: ", ")
                    + (whole.count > 4 ? " and \(whole.count - 4) more" : ""))
        }
        self.lines = lines
    }
}
