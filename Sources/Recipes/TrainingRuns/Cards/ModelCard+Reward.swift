import Configuration
import Foundation
import Rewards
import Settings
import Yams

extension ModelCard {
    /// The terms of the reward; none of a run without.
    var reward: [String] {
        guard let node = facts("rewards") else { return [] }
        let rows = RewardTable(yaml: node)?.entries.map(Self.row) ?? Self.unknown(node)
        if rows.isEmpty { return [] }
        return ["### Reward", ""] + Markdown.table(["term", "weight", "parameters"], rows)
    }

    private static func row(_ entry: RewardSpecification) -> [String] {
        var parameters = entry.parameters.sorted { $0.key < $1.key }
            .map { "\($0.key): \($0.value.yaml)" }
        if let kind = entry.kind, kind != entry.name {
            parameters.insert("term: \(kind)", at: 0)
        }
        if let command = entry.command {
            // A program is named, and not where it lies.
            let words = command.words.map {
                $0.contains("/") ? ($0 as NSString).lastPathComponent : $0
            }
            parameters.insert("command: \(words.joined(separator: " "))", at: 0)
        }
        return [entry.name, entry.weight.yaml, parameters.joined(separator: ", ")]
            .map(Markdown.plain)
    }

    /// Names and weights of a table with terms that this program does not have.
    private static func unknown(_ node: Node) -> [[String]] {
        (node.mapping ?? [:]).compactMap { key, value in
            guard let name = key.string else { return nil }
            let weight = value.scalar?.string ?? value["weight"]?.scalar?.string ?? "1"
            return [Markdown.plain(name), Markdown.plain(weight), ""]
        }
    }
}
