import Configuration
import Files
import Foundation
import Policies
import Runs

/// The card of an exported policy: its `README.md`, with the hub's front matter.
///
/// The same checkpoint gives the same bytes, and no place on a disk is in it.
struct ModelCard {
    /// The command that trained the policy.
    let command: String
    /// The optimizer step; nil where the checkpoint does not tell it.
    let step: Int?
    /// What it was configured with.
    let facts: TrainingFacts
    /// The element type of the weights, as `config.json` states it.
    let elementType: String?
    /// Whether the chat template in the folder says the system prompt where a conversation has none.
    let saysSystem: Bool
    /// What held-out samples told of this step; nil if it was not evaluated.
    let heldOut: HeldOutReport?
    /// What the folder's own record says of its training; nil without one.
    var record: PolicyRecord?
    /// What the folder's adapter is, in words; nil for a whole policy.
    var adapter: String?
    /// How many samples it was trained on; nil where the shards are gone.
    var samples: Int?

    private var base: ModelOrigin? {
        facts.text("policy.path").flatMap { $0.isEmpty ? nil : ModelOrigin(path: $0) }
    }

    /// The card's text.
    var text: String {
        let parts = [
            frontMatter, heading, training, reward, heldOut?.lines ?? notEvaluated, usage,
        ]
        return parts.filter { !$0.isEmpty }.map { $0.joined(separator: "\n") }
            .joined(separator: "\n\n") + "\n"
    }

    // MARK: - The hub's front

    private var frontMatter: [String] {
        let base = base
        let data = facts.texts("data.train").compactMap { ModelOrigin(path: $0).hubName }
        var lines = ["---"]
        if let name = base?.hubName { lines.append("base_model: \(name.yaml)") }
        if !data.isEmpty {
            lines.append("datasets:")
            lines += Set(data).sorted().map { "- \($0.yaml)" }
        }
        lines.append("library_name: \(adapter == nil ? "transformers" : "peft")")
        lines += (base?.license ?? []).map { "\($0.key): \($0.value.yaml)" }
        lines += ["pipeline_tag: image-text-to-text", "tags:"]
        lines += [command == "train" ? "grpo" : command, "image-segmentation", "think2seg"].map {
            "- \($0)"
        }
        return lines + ["---"]
    }

    // MARK: - How it came about

    private var heading: [String] {
        let run = facts.text("output_dir").map { ($0.withoutSlashes as NSString).lastPathComponent }
        let name = [run ?? "Policy", step.map { "step \($0)" }].compactMap(\.self)
        return [
            "# \(Markdown.plain(name.joined(separator: ", ")))", "",
            "A vision-language model that finds what a question about a picture asks for. It writes down "
                + "its thoughts, and an answer in JSON that tells a segmenter, SAM2.1, where the target is.",
        ]
    }

    private var training: [String] {
        let rows: [(String, String?)] = [
            ("trained by", "think2seg\(record.map { " " + $0.product } ?? ""), `\(command)`"),
            ("base", base.map { Markdown.plain($0.name) } ?? "random weights"),
            ("adapter", adapter.map(Markdown.plain)),
            ("data", list(facts.fileNames("data.train"))),
            ("samples", samples.map(String.init)),
            ("step", stepWords),
            ("each step", workWords),
            ("loss", command == "train" ? facts.text("grpo.loss_type") : nil),
            ("weight of the KL divergence", facts.text("grpo.beta")),
            ("learning rate", facts.text("training.learning_rate")),
            ("not trained", list(facts.texts("policy.freeze"))),
            (
                "segmenter of the reward",
                facts.text("segmenter.path").map { Markdown.plain(ModelOrigin(path: $0).name) }
            ),
            ("seed", facts.text("seed")),
            ("weights", elementType),
        ]
        return ["## How it was trained", ""]
            + Markdown.table(
                ["", ""], rows.compactMap { name, value in value.map { [name, $0] } })
    }

    private var stepWords: String? {
        guard let step else { return nil }
        guard let total = facts.text("training.max_steps") else { return "\(step)" }
        return "\(step) of \(total)"
    }

    private var workWords: String? {
        if let questions = facts.text("grpo.num_prompts_per_step"),
            let answers = facts.text("grpo.num_generations")
        {
            return "\(questions) questions, \(answers) answers each"
        }
        return facts.text("training.images_per_step").map { "\($0) pictures" }
    }

    private func list(_ texts: [String]) -> String? {
        texts.isEmpty ? nil : texts.map(Markdown.plain).joined(separator: ", ")
    }

    private var notEvaluated: [String] {
        [
            "## Held-out figures", "",
            "The policy of this step was not evaluated on held-out samples.",
        ]
    }
}
