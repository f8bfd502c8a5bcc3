import Datasets
import Evaluating
import Evaluation
import Foundation
import Reports
import TextFiles

extension RunReport {
    /// Answers from training, for runs that were not evaluated.
    func addExamples(to page: inout HTMLPage, _ record: RunRecord) {
        guard let (step, rollouts) = record.newestRollouts() else { return }
        var hash = StableHash()
        hash.combine("examples")
        hash.combine(seed)
        var generator = SeededGenerator(seed: hash.value)
        let chosen = generator.permutation(count: rollouts.count).prefix(galleryCount).sorted()
        let cards = chosen.map { index in
            let rollout = rollouts[index]
            let terms = rollout.rewards.sorted { $0.key < $1.key }
                .map { name, value in
                    "\(Glossary.name(name)) " + (value.map { String(format: "%.2f", $0) } ?? "—")
                }
            return GalleryCard(
                question: rollout.question,
                score: [
                    .element(
                        "b",
                        rollout.reward.map { "reward \(String(format: "%.2f", $0))" }
                            ?? "no reward"),
                    .text(" · " + (terms + [rollout.id]).joined(separator: " · ")),
                ], shots: [], statements: [("answer:", rollout.completion)])
        }
        page.addSection(
            "Answers of step \(step)", id: "answers",
            lead:
                "\(cards.count) of \(counted(rollouts.count, "answer")) in training, chosen at random.",
            [GalleryCard.grid(cards)])
    }

    /// What it cost and what ran.
    func addFacts(to page: inout HTMLPage, _ record: RunRecord) {
        let cost = costTable(record)
        if !cost.isEmpty {
            page.addSection("What it cost", id: "cost", lead: costLead(record), cost)
        }
        var rows = record.facts.map { [HTML.text($0.name), HTML.element("code", $0.value)] }
        rows.append([.text("optimizer steps"), .text("\(record.steps.count)")])
        if let peak = record.steps.compactMap({ $0.values["perf/peak_rss_mb"] })
            .filter(\.isFinite).max(), peak > 0
        {
            rows.append([.text("most memory"), .text(String(format: "%.0f MiB", peak))])
        }
        for comparison in comparisons {
            for (name, result) in [("before", comparison.before), ("after", comparison.after)] {
                let setup = result.setup
                let data = setup.data.isEmpty ? "" : " of " + setup.data.joined(separator: ", ")
                rows.append([
                    .text("evaluation \(name): \(comparison.name)"),
                    .text(
                        "\(counted(result.summary.samples, "sample"))\(data), questions: "
                            + "\(setup.questions.rawValue), \(setup.imageSize) px, "
                            + "\(setup.parser) parser, \(String(format: "%.0f", result.seconds)) s"),
                ])
            }
        }
        var content = [htmlTable(["", ""], rows: rows, words: [1])]
        if let configuration = record.configuration {
            content.append(
                .element(
                    "details", [:],
                    [
                        .element("summary", "The whole configuration (config.yaml)"),
                        .element("pre", configuration),
                    ]))
        }
        page.addSection("What ran", id: "run", content)
    }

    private func costLead(_ record: RunRecord) -> String {
        let total = record.steps.compactMap { $0.values["step_time"] }.reduce(0, +)
        let rate = record.mean("step_time") ?? 0
        return "Training took \(durationText(total)): \(counted(record.steps.count, "step")) of "
            + "\(String(format: "%.2f", rate)) s on average."
    }

    private func costTable(_ record: RunRecord) -> [HTML] {
        guard let step = record.mean("step_time"), step > 0 else { return [] }
        let stages = [
            ("gen", "answering (generation)"), ("reward", "segmenting and scoring"),
            ("ref", "reference policy"), ("old_log_prob", "probabilities before the update"),
            ("update_actor", "update: forward and backward"), ("optimizer", "optimizer"),
            ("data_wait", "waiting for data"),
        ]
        var shares = stages.compactMap { key, name in
            record.mean("timing_s/\(key)").map { (name: name, seconds: $0) }
        }.filter { $0.seconds > step * 0.0005 }
        let rest = step - shares.reduce(0) { $0 + $1.seconds }
        if rest > step * 0.005 { shares.append((name: "everything else", seconds: rest)) }
        let rows = shares.map { share -> [HTML] in
            let percent = 100 * share.seconds / step
            return [
                .text(share.name), .text(String(format: "%.3f s", share.seconds)),
                .text(String(format: "%.0f %%", percent)),
                .element(
                    "span",
                    [
                        "class": "bar",
                        "style": String(format: "width: %.1fpx", max(1, percent * 1.2)),
                    ], ""),
            ]
        }
        return [htmlTable(["stage", "per step", "share", ""], rows: rows)]
    }
}

/// A text of bounded length; what is cut off is said.
func shortened(_ text: String, limit: Int) -> String {
    text.count <= limit ? text : text.prefix(limit) + "… (\(text.count - limit) more characters)"
}

/// Seconds as people read them.
func durationText(_ seconds: Double) -> String {
    if seconds < 90 { return String(format: "%.0f s", seconds) }
    if seconds < 5400 { return String(format: "%.1f minutes", seconds / 60) }
    return String(format: "%.1f hours", seconds / 3600)
}
