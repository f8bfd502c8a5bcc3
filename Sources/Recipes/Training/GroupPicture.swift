import EventFiles
import Imaging
import Pictures
import RLTrainer
import Rewards

/// A question with its answers, as TensorBoard shows it: the picture with the first answer drawn over
/// it, and the words of all answers.
///
/// The answer's mask is tinted, its boxes and points stand over it; the truth is outlined in light green,
/// ignored pixels are hatched.
struct GroupPicture<Prompt: PolicyPrompt> {
    /// The longest side of what is drawn, in pixels.
    static var longestSide: Int { 512 }

    private let group: RolloutGroup<Prompt>

    /// The picture of a group.
    init(_ group: RolloutGroup<Prompt>) {
        self.group = group
    }

    /// The picture with the first answer and the truth.
    var drawn: RGBImage {
        let (example, reward) = (group.example, group.rewards[0])
        let longest = max(example.image.width, example.image.height)
        let scale = min(1, Double(Self.longestSide) / Double(longest))
        let frame = ImageFrame(
            width: max(1, Int((Double(example.image.width) * scale).rounded())),
            height: max(1, Int((Double(example.image.height) * scale).rounded())))
        let picture =
            frame == example.image.frame
            ? example.image : example.image.resized(to: frame, filter: .lanczos)
        var drawn = overlayPicture(
            picture, mask: reward.mask?.resized(to: frame), prompts: reward.prompts,
            frame: group.prompt.frame)
        if let ignored = example.ignored { drawn.drawIgnored(ignored.resized(to: frame)) }
        drawn.drawContour(
            example.truth.resized(to: frame), color: truthColor,
            thickness: OverlayStyle(for: frame).lineWidth)
        return drawn
    }

    /// The picture with a caption, as a JPEG file.
    ///
    /// - Throws: `ImageError` of the encoder
    func logged(step: Int) throws -> LoggedPicture {
        let reward = group.rewards[0]
        let says =
            reward.failure != nil
            ? "not readable" : reward.prompts.isEmpty ? "names nothing" : "IoU \(short(reward.iou))"
        let truth = group.example.truth.isEmpty ? ", no target" : ""
        let caption = "step \(step): \(says)\(truth), \(total(reward))"
        let strip = ImageStrip([ImageStrip.Panel(drawn, caption: caption)]).rendered()
        return LoggedPicture(
            width: strip.width, height: strip.height,
            file: try ImageCodec.encodeJPEG(strip, quality: 90))
    }

    /// Question and answers with their rewards as Markdown; nothing in them is read as such.
    var markdown: String {
        let answers = group.completions.indices.map { index in
            let reward = group.rewards[index]
            let terms =
                (reward.fault == nil ? reward.terms : [])
                .map { "\($0.term.rawValue) \(short($0.value))" }
                + ["advantage \(short(group.advantages[index]))"]
            let problems =
                [reward.failure.map { "cannot be read: \($0)" }, reward.fault.map { "\($0)" }]
                .compactMap(\.self).flatMap { ["", literal($0)] }
            return
                ([
                    "**\(index + 1). \(total(reward))** (\(terms.joined(separator: ", ")))"
                ]
                + ["", literal(group.completions[index].text)] + problems)
                .joined(separator: "\n")
        }
        let question = literal("\(group.example.question)\n\n(sample \(group.example.id))")
        return ([question] + answers).joined(separator: "\n\n")
    }

    /// A block of code: each line as it is, four places to the right.
    private func literal(_ text: String) -> String {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        return lines.map { "    " + $0 }.joined(separator: "\n")
    }

    private func total(_ reward: RewardBreakdown) -> String {
        reward.reward.map { "reward \(short($0))" } ?? "no reward"
    }

    /// A number in a few digits; a dash where there is none.
    private func short(_ value: Double?) -> String {
        value.map { String(($0 * 1000).rounded() / 1000) } ?? "—"
    }
}
