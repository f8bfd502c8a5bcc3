import Configuration
import Datasets
import Embeddings
import Evaluating
import Files
import Foundation
import Imaging
import Pictures
import Reporting
import Runs
import Segmentation
import Segmenters
import Settings
import Shards
import SharedSettings
import TrainingRuns

/// Draws completions of a run over the pictures that they are about: boxes and points as the policy wrote
/// them, the mask that the run's segmenter makes of them, and the truth.
package struct RolloutPictures {
    private let configuration: RunConfiguration
    private let samples: ShardedDataset
    private let places: [String: Int]
    /// Why there are no masks; nil if there are.
    package let withoutMasks: String?
    private let segmenter: (any Segmenter)?

    /// What is needed to draw the completions of a run.
    ///
    /// - Parameters:
    ///   - run: the run's folder
    ///   - data: the run's shards, if they are not where they were
    ///   - drawsMasks: whether the segmenter is loaded
    /// - Throws: ``MissingInputError`` where the folder does not tell how its pictures were shown, and the
    ///   errors of the shards
    package init(run: String, data: [String] = [], drawsMasks: Bool = true) throws {
        guard let configuration = RunDirectory.configuration(of: run) else {
            throw MissingInputError(
                path: run + "/config.yaml",
                what: "configuration of `train`, which says what the pictures are")
        }
        self.configuration = configuration
        samples = try ShardedDataset(paths: data.isEmpty ? configuration.data.train : data)
        let samples = samples
        places = Dictionary(
            (0..<samples.count).map { (samples.id(at: $0), $0) },
            uniquingKeysWith: { first, _ in first })
        let path = configuration.segmenter.path
        if !drawsMasks {
            (segmenter, withoutMasks) = (nil, nil)
        } else if FileManager.default.fileExists(atPath: path) {
            segmenter = try SegmenterRegistry.standard.load(
                path: path, dtype: configuration.segmenter.dtype.dtype)
            withoutMasks = nil
        } else {
            segmenter = nil
            withoutMasks = "\(path): no such segmenter; the pictures have no masks"
        }
    }

    /// The name of a completion's file: step, line of the step's file, sample, place among the answers.
    ///
    /// Step and line tell it from all others: a step may ask about a sample in two passes.
    package static func name(_ chosen: ChosenRollout) -> String {
        let id = chosen.rollout.id.map { character in
            character.isASCII
                && (character.isLetter || character.isNumber || "._-".contains(character))
                ? character : "_"
        }
        return
            "step-\(chosen.step)-\(chosen.lineNumber)-\(String(id.prefix(80)))-\(chosen.number).png"
    }

    /// Writes a PNG file for each completion; each appears whole or not at all.
    ///
    /// - Parameters:
    ///   - chosen: the completions
    ///   - folder: an existing folder
    ///   - onFile: is told of each file
    /// - Throws: ``EvaluationError`` where the shards do not have a sample, and the errors of shards, models
    ///   and files
    package func draw(
        _ chosen: [ChosenRollout], to folder: String, onFile: (String) -> Void
    ) throws {
        var shown: (id: String, sample: SquareSample, image: (any SegmenterImage)?)?
        for one in chosen {
            let id = one.rollout.id
            if shown?.id != id {
                let sample = try square(id)
                shown = (id, sample, try segmenter?.encode(sample.image))
            }
            guard let shown else { continue }
            let picture = try drawn(one, shown.sample, shown.image)
            let path = "\(folder)/\(Self.name(one))"
            try ImageCodec.write(ImageCodec.encodePNG(picture), path: path)
            onFile(path)
        }
    }

    /// Fails where the shards do not have the sample of a completion.
    package func requireSamples(_ chosen: [ChosenRollout]) throws {
        for one in chosen { _ = try place(one.rollout.id) }
    }

    private func place(_ id: String) throws -> Int {
        guard let place = places[id] else {
            throw EvaluationError(
                place: "sample '\(id)'",
                message:
                    "the shards have none of this name: give those that the run was trained on "
                    + "(--data)")
        }
        return place
    }

    private func square(_ id: String) throws -> SquareSample {
        try squareSample(
            try samples.sample(at: try place(id)), side: configuration.data.imageSize)
    }

    /// A multiple of a picture's frame, in which boxes and points can be told apart.
    private static func shownFrame(_ frame: ImageFrame) -> ImageFrame {
        let times = max(1, (448 + frame.width - 1) / frame.width)
        return ImageFrame(width: frame.width * times, height: frame.height * times)
    }

    private func drawn(
        _ chosen: ChosenRollout, _ sample: SquareSample, _ image: (any SegmenterImage)?
    ) throws -> RGBImage {
        let rollout = chosen.rollout
        let prompts = (rollout.prompts ?? []).map(\.prompt)
        let sides = rollout.policyFrame ?? []
        let frame =
            sides.count == 2 && sides.allSatisfy { $0 > 0 }
            ? ImageFrame(width: sides[0], height: sides[1]) : sample.image.frame
        let isRead = rollout.parseError == nil
        let mask =
            isRead ? try image?.mask(for: prompts, in: frame, output: sample.image.frame) : nil
        let shown = Self.shownFrame(sample.image.frame)
        var picture = overlayPicture(
            shown == sample.image.frame
                ? sample.image : sample.image.resized(to: shown, filter: .lanczos),
            mask: mask?.resized(to: shown), prompts: prompts, frame: frame, colors: .ofPages)
        if let ignored = sample.ignored { picture.drawIgnored(ignored.resized(to: shown)) }
        picture.drawContour(
            sample.truth.resized(to: shown), color: truthColor,
            thickness: OverlayStyle(for: shown).lineWidth)
        return captioned(picture, chosen, isRead: isRead, isEmpty: prompts.isEmpty)
    }

    /// The picture with what was asked and what the answer earned above it.
    private func captioned(
        _ picture: RGBImage, _ chosen: ChosenRollout, isRead: Bool, isEmpty: Bool
    ) -> RGBImage {
        let rollout = chosen.rollout
        let reward = rollout.reward.map { "reward \(StepWords.number($0, 3))" } ?? "no reward"
        let says =
            !isRead
            ? "cannot be read"
            : isEmpty
                ? "names nothing"
                : rollout.maskIoU.map { "mask IoU \(StepWords.number($0, 3))" } ?? ""
        let caption = [says, reward].filter { !$0.isEmpty }.joined(separator: ", ")
        let place =
            "step \(chosen.step), sample \(rollout.id), answer \(chosen.number) of \(chosen.count)"
        // A font of 5 x 8 dots, 6 from one letter to the next.
        let question = TerminalFrame(width: max(20, picture.width / 6), isUnicode: false)
        let lines =
            [place]
            + question.wrapped(question.harmless(rollout.question), indent: 0, limit: 3)
            + [caption]
        return lines.reversed().reduce(picture) { picture, line in
            ImageStrip([ImageStrip.Panel(picture, caption: line)]).rendered()
        }
    }
}
