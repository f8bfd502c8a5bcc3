import Foundation

/// Something that happened in a run, as trackers are told of it.
package struct TrackerRecord: Sendable, Hashable {
    /// What kinds there are.
    package enum Kind: String, Codable, Sendable {
        case metrics, evaluation, completions, picture, warning, resumed, end
    }

    /// What tells a record from others of the run; one that is made again has the same.
    package struct Key: Codable, Hashable, Sendable {
        let kind: Kind
        let step: Int
        /// Which of those of a step.
        let index: Int

        enum CodingKeys: String, CodingKey {
            case kind = "type"
            case step, index
        }

        /// Whether it says how far the run is, or that it has ended there.
        var tellsOfSteps: Bool { [.metrics, .resumed, .end].contains(kind) }
    }

    /// What tells it from others.
    package let key: Key
    /// The optimizer step that it is of.
    package var step: Int { key.step }
    /// Whether it holds the numbers of an evaluation.
    package var isEvaluation: Bool { key.kind == .evaluation }
    /// The rest: names and JSON.
    private let members: [(name: String, json: String)]

    private init(
        _ kind: Kind, step: Int, index: Int = 0, _ members: [(name: String, json: String)]
    ) {
        key = Key(kind: kind, step: step, index: index)
        self.members = members
    }

    /// The numbers of a line of `metrics.jsonl`; nil if it is no such line.
    package init?(metricsLine line: String) {
        struct Step: Decodable { let step: Int }
        guard let step = (try? JSONDecoder().decode(Step.self, from: Data(line.utf8)))?.step,
            let begin = line.firstIndex(of: ":"), line.hasPrefix("{\"step\""), line.hasSuffix("}")
        else { return nil }
        let rest = line[begin...].dropFirst().drop { $0 == " " || $0.isNumber || $0 == "," }
        let isEvaluation = rest.hasPrefix("\"eval_")
        self.init(
            isEvaluation ? .evaluation : .metrics, step: step, [("metrics", "{" + rest)])
    }

    /// The completions of a step, which are in `rollouts/step-N.jsonl`.
    package static func completions(step: Int) -> Self {
        Self(.completions, step: step, [("file", jsonText("rollouts/step-\(step).jsonl"))])
    }

    /// A picture of a step: which of the step's, its file below the run's folder, and question and answers as
    /// Markdown.
    static func picture(step: Int, index: Int, file: String, text: String) -> Self {
        Self(
            .picture, step: step, index: index,
            [("index", "\(index)"), ("file", jsonText(file)), ("text", jsonText(text))])
    }

    /// A warning that a run gave: which of the step's, what it is about in a word, what was seen, and what to
    /// look at.
    package static func warning(
        step: Int, index: Int, name: String, message: String, hint: String
    ) -> Self {
        Self(
            .warning, step: step, index: index,
            [("name", jsonText(name)), ("message", jsonText(message)), ("hint", jsonText(hint))])
    }

    /// The run was cut back to a step, and goes on after it.
    static func resumed(after step: Int, n: Int) -> Self {
        Self(.resumed, step: step, index: n, [])
    }

    /// How a run ended: its last step, a word, and what stopped it, if something did.
    package static func end(step: Int, ending: String, message: String?) -> Self {
        Self(
            .end, step: step,
            [("ending", jsonText(ending))] + (message.map { [("message", jsonText($0))] } ?? []))
    }

    /// The record as that of the number `n`: a run that goes on may end once more after the same step.
    func numbered(_ n: Int) -> Self {
        key.kind == .end ? Self(.end, step: step, index: n, members) : self
    }

    /// The record as a line without its line feed, with its number and seconds since 1970.
    func line(n: Int, time: Double) -> String {
        let place = key.index != 0 && key.kind != .picture ? [("index", "\(key.index)")] : []
        let head = [
            ("n", "\(n)"), ("type", jsonText(key.kind.rawValue)), ("step", "\(key.step)"),
            ("time", "\((time * 1e6).rounded() / 1e6)"),
        ]
        return jsonObject(head + place + members)
    }

    package static func == (a: Self, b: Self) -> Bool {
        a.key == b.key && a.line(n: 0, time: 0) == b.line(n: 0, time: 0)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

/// A record in the journal.
struct TrackerLine: Hashable, Sendable {
    let n: Int
    let key: TrackerRecord.Key
    /// A file below the run's folder, if it has one.
    let file: String?
    /// The line itself, without its line feed.
    let text: String

    /// Reads a line; nil if it is none.
    init?(_ bytes: some Sequence<UInt8>) {
        let data = Data(bytes)
        guard let head = try? JSONDecoder().decode(Head.self, from: data) else { return nil }
        (n, file) = (head.n, head.file)
        key = TrackerRecord.Key(kind: head.type, step: head.step, index: head.index ?? 0)
        text = String(decoding: data, as: UTF8.self)
    }

    private struct Head: Decodable {
        let n: Int
        let type: TrackerRecord.Kind
        let step: Int
        let index: Int?
        let file: String?
    }
}

/// Members as an object of JSON, in their order.
func jsonObject(_ members: [(name: String, json: String)]) -> String {
    "{\(members.map { "\(jsonText($0.name)): \($0.json)" }.joined(separator: ", "))}"
}

/// A text as JSON has it.
func jsonText(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
}
