import Configuration
import Foundation
import Yams

/// What to write in a configuration's rewards for what people write there.
enum RewardForms {
    /// `; write {mask_iou: 1}` for a list or text of names; what a table looks like for all else.
    static func table(insteadOf node: Node) -> String {
        let entries = node.sequence.map(Array.init) ?? [node]
        var parts: [String] = []
        for entry in entries {
            if let pairs = entry.mapping {
                parts += pairs.map { "\(line($0.key)): \(line($0.value))" }
            } else if let name = entry.scalar?.string, isName(name) {
                parts.append("\(name): 1")
            } else {
                parts = []
                break
            }
        }
        return parts.isEmpty
            ? ", as in {mask_iou: 1}" : "; write {\(parts.joined(separator: ", "))}"
    }

    /// What a term looks like that is a program, where a list or a text stands for it; `isKind` tells of
    /// a name that there is a term of, which needs no program.
    static func term(_ name: String, insteadOf value: Node, isKind: Bool) -> String {
        if isKind { return "; write \(name): 1" }
        let form = "; a program of your own is written "
        if let words = value.sequence {
            let list = words.map(line).joined(separator: ", ")
            return form + "\(name): {command: [\(list)]}"
        }
        guard let text = value.scalar?.string, !text.isEmpty else {
            return form + "\(name): {command: [python3, \(name).py]}"
        }
        let words = text.split(separator: " ").map { String($0) }
        let command = words.count == 1 && text.hasSuffix(".py") ? ["python3"] + words : words
        return form + "\(name): {command: [\(command.map(\.yaml).joined(separator: ", "))]}"
    }

    /// The terms here that other trainers' reward functions are nearest to.
    static func elsewhere(_ name: String) -> String? {
        let names = [
            "format": "think_answer_format or sam_json_format",
            "format_reward": "think_answer_format or sam_json_format",
            "think_format_reward": "think_answer_format", "accuracy": "mask_iou",
            "accuracy_reward": "mask_iou", "iou": "mask_iou", "iou_reward": "mask_iou",
            "miou": "mask_iou", "giou": "mask_iou", "dice": "mask_dice",
            "length": "overlong_penalty", "soft_overlong": "overlong_penalty",
        ]
        return names[name.lowercased().replacing("-", with: "_")]
    }

    /// The key of a term's table that is meant to be `command`.
    static func commandKey(in table: Node.Mapping) -> Node? {
        let others: Set = [
            "cmd", "program", "script", "exec", "executable", "path", "run", "shell",
        ]
        let known = ["command", "weight", "timeout", "masks", "term"]
        return table.first { pair in
            let word = pair.key.scalar?.string ?? ""
            if known.contains(word) { return false }
            return pair.value.sequence != nil || others.contains(word.lowercased())
                || Nearest.name(to: word, among: known) == "command"
        }?.key
    }

    private static func isName(_ text: String) -> Bool {
        text.range(of: "^[A-Za-z0-9_.-]+$", options: .regularExpression) != nil
    }

    /// A node in one line.
    private static func line(_ node: Node) -> String {
        if let text = node.scalar?.string { return Double(text) == nil ? text.yaml : text }
        if let list = node.sequence { return "[\(list.map(line).joined(separator: ", "))]" }
        let pairs = node.mapping?.map { "\(line($0.key)): \(line($0.value))" } ?? []
        return "{\(pairs.joined(separator: ", "))}"
    }
}
