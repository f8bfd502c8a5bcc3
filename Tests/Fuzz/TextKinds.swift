import Configuration
import Embeddings
import Foundation
import Imaging
import Policies
import Rewards
import Segmentation
import Settings

/// Configurations of training runs, as YAML.
enum ConfigurationKind: Kind {
    static let name = "configurations"
    static let suffix = "yaml"

    static func mutator(_ folder: String) throws -> Mutator {
        var complete = RunConfiguration()
        complete.policy.path = "policy"
        complete.segmenter.path = "segmenter"
        complete.data.train = ["a.h5", "b: #.h5", "~/$a/b$$c.h5"]
        complete.policy.freeze = ["visual.*"]
        let names = RunConfiguration.keys.flatMap { $0.name.split(separator: ".") }
        let tokens =
            "{ } [ ] , : - # & * ! | > ' \" % @ ` \\ &a *a <<: ? --- ... 0 -1 1e308 1e-400 nan .inf null ~ "
            + "true 0x10 0o7 1_000 99999999999999999999 !!binary !!str !!float \u{FEFF} \u{85} "
            + "~/x ~root/x $HOME ${HOME}/x $$ $$x a$b ${ /$"
        return Mutator(
            seeds: inEncodings(
                try files("Configs", ".yaml") + [
                    Array(complete.resolved().utf8), Array(complete.resolved(comments: true).utf8),
                    aliases,
                ]),
            tokens: words(tokens) + names.map { Array($0.utf8) } + [
                [0x0A], Array("\n  ".utf8), [0x09],
            ])
    }

    /// Lists of lists of lists, each written once: a billion texts, if they were written out.
    private static var aliases: [UInt8] {
        let levels = (1...9).map { level in
            "a\(level): &a\(level) ["
                + [String](repeating: level == 1 ? "x" : "*a\(level - 1)", count: 10)
                .joined(separator: ", ") + "]\n"
        }
        return Array((levels.joined() + "data: {train: *a9}\npolicy: {freeze: *a9}\n").utf8)
    }

    static func read(_ path: String) throws -> String? {
        let configuration = try RunConfiguration.load(file: path)
        _ = configuration.warnings
        let copy = "\(path).copy"
        try Data(configuration.resolved().utf8).write(to: URL(fileURLWithPath: copy))
        defer { try? FileManager.default.removeItem(atPath: copy) }
        do {
            let again = try RunConfiguration.load(file: copy)
            return again == configuration ? nil : "the resolved copy reads back as another"
        } catch {
            return "the resolved copy does not read back: \(error)"
        }
    }

    static func isDocumented(_ error: any Error) -> Bool { error is ConfigurationError }

    /// What is missing in a file is at no place of it: its key is told.
    static func tellsPlace(_ error: any Error, _ path: String) -> Bool {
        guard let problems = (error as? ConfigurationError)?.problems else { return false }
        return !problems.isEmpty
            && problems.allSatisfy {
                ($0.location.contains(path) || $0.location.isEmpty && !$0.key.isEmpty)
                    && !$0.message.isEmpty
            }
    }
}

/// Answers of a policy.
enum CompletionKind: Kind {
    static let name = "completions"
    static let suffix = "txt"

    static func mutator(_ folder: String) throws -> Mutator {
        let fixture = "\(checkout)/Tests/Fixtures/segmentation/answers.json"
        let cases = try JSONSerialization.jsonObject(
            with: Data(contentsOf: URL(fileURLWithPath: fixture)))
        let answers = (cases as? [[Any]] ?? []).compactMap { $0.dropFirst().first as? String }
        let tokens =
            "{ } [ ] ( ) , : \" ' ` \\ / ... 0 -1 1e400 NaN Infinity -0 007 1_0 null true \u{FEFF} "
            + "<think> </think> <answer> </answer> ```json ``` bbox_2d positive_points negative_points "
            + "\\u0000 \\ud800 // /* */ # 9999999999999999999999"
        return Mutator(
            seeds: answers.map { Array($0.utf8) }
                + PromptVariant.all.map {
                    Array("<think> a </think> <answer>```json\($0.example)```</answer>".utf8)
                },
            tokens: words(tokens) + [[0x0A], [0x20]])
    }

    static func read(_ path: String) throws -> String? {
        let text = String(
            decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
        let frame = ImageFrame(width: 20, height: 16)
        var truth = BinaryMask(width: 20, height: 16)
        for x in 3..<9 { truth[x, 5] = true }
        var isRefused = true
        for variant in PromptVariant.all {
            for acceptance in AnswerAcceptance.allCases {
                let parser = AnswerParser(grammar: variant.grammar, acceptance: acceptance)
                switch parser.parse(text) {
                case .success: isRefused = false
                case .failure(let failure):
                    if failure.description.isEmpty { return "a failure without words" }
                }
                let scorer = try Scorer(parser: parser)
                for truth in [truth, BinaryMask(width: 20, height: 16)] {
                    let reward = try scorer.score(
                        completions: [text, text], image: BoxSegmenter(), policyFrame: frame,
                        truth: truth)[1]
                    guard (0...1).contains(reward.iou), reward.total.isFinite else {
                        return "a reward of \(reward.total), an IoU of \(reward.iou)"
                    }
                }
            }
        }
        if isRefused { throw Unreadable(path: path) }
        return nil
    }

    /// No grammar reads the answer: a result, not an error of the parser.
    private struct Unreadable: Error { let path: String }

    static func isDocumented(_ error: any Error) -> Bool { error is Unreadable }
}

/// Fills the boxes that it is asked about, as far as they are in the picture.
private final class BoxSegmenter: SegmenterImage {
    struct NotANumber: Error {}

    func masks(
        for prompts: [SegmentationPrompt], in frame: ImageFrame, output: ImageFrame
    ) throws -> [ObjectMask] {
        try prompts.map { prompt in
            let points = prompt.positivePoints + prompt.negativePoints
            let corners = prompt.box.map { [$0.x1, $0.y1, $0.x2, $0.y2] } ?? []
            if (corners + points.flatMap { [$0.x, $0.y] }).contains(where: \.isNaN) {
                throw NotANumber()
            }
            var mask = BinaryMask(width: output.width, height: output.height)
            if let box = prompt.box {
                for y in 0..<output.height where (box.y1...max(box.y1, box.y2)).contains(Double(y))
                {
                    for x in 0..<output.width
                    where (box.x1...max(box.x1, box.x2)).contains(Double(x)) {
                        mask[x, y] = true
                    }
                }
            }
            return ObjectMask(mask: mask, predictedIoU: 1, objectScore: 1)
        }
    }
}
