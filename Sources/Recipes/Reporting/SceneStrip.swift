public import Datasets
public import Evaluating
import Evaluation
import Foundation
public import Imaging
import Pictures
import Segmentation

/// Held-out samples before and after training as one picture: a column per sample, the question
/// above, the answer before training in the first row and the one after it in the second.
public struct SceneStrip: Sendable {
    /// The answers before training.
    public var before: [EvaluatedAnswer]
    /// The answers after it, to the same questions in the same order.
    public var after: [EvaluatedAnswer]
    /// The samples that they are about.
    public var samples: any SampleSource
    /// The side of a sample's picture in the strip, in pixels.
    public var side = 224
    /// The size of the letters: each dot of the font is a square of this many pixels.
    public var scale = 1

    private static let gap = 6
    private static let maskColor = RGBColor(230, 24, 156)

    /// A strip of answers.
    public init(
        before: [EvaluatedAnswer], after: [EvaluatedAnswer], samples: any SampleSource
    ) {
        self.before = before
        self.after = after
        self.samples = samples
    }

    /// The strip of the answers at some places.
    ///
    /// Boxes and points are what the policy wrote, the tinted pixels the segmenter's mask, the green
    /// line the truth; ignored pixels are hatched.
    ///
    /// - Parameter places: which answers, in the order of the columns; at least one
    /// - Returns: the picture
    /// - Throws: `EvaluationError` for an answer about another question or an unknown sample, and
    ///   the errors of the samples
    public func picture(of places: [Int]) throws -> RGBImage {
        precondition(!places.isEmpty, "a strip of no samples")
        let questions = places.map { wrapped(after[$0].question) }
        let lineHeight = 10 * scale
        let top = lineHeight * (questions.map(\.count).max() ?? 1) + Self.gap
        let left = 6 * 7 * scale + Self.gap
        let rowHeight = side + lineHeight + Self.gap
        var strip = RGBImage(
            frame: ImageFrame(
                width: left + places.count * (side + Self.gap) - Self.gap,
                height: top + 2 * rowHeight - Self.gap), color: .white)
        for (row, name) in ["before", "after"].enumerated() {
            strip.drawText(
                name, x: 0, y: top + row * rowHeight + side / 2, color: .black, scale: scale)
        }
        for (column, place) in places.enumerated() {
            let sample = try sample(of: place)
            let x = left + column * (side + Self.gap)
            for (line, text) in questions[column].enumerated() {
                strip.drawText(text, x: x, y: line * lineHeight, color: .black, scale: scale)
            }
            for (row, answer) in [before[place], after[place]].enumerated() {
                let y = top + row * rowHeight
                strip.paste(try drawn(answer, sample), x: x, y: y)
                strip.drawText(
                    score(answer.outcome), x: x, y: y + side + 2, color: .black, scale: scale)
            }
        }
        return strip
    }

    private func sample(of place: Int) throws -> SegmentationSample {
        let (old, new) = (before[place], after[place])
        guard old.outcome.id == new.outcome.id, old.question == new.question,
            let index = (0..<samples.count).first(where: { samples.id(at: $0) == new.outcome.id })
        else {
            throw EvaluationError(
                place: "sample '\(new.outcome.id)'",
                message: "it is not among the samples, or was not asked the same before: give "
                    + "two evaluations of the same samples")
        }
        return try samples.sample(at: index)
    }

    private func score(_ outcome: SampleOutcome) -> String {
        String(format: "IoU %.2f", outcome.iou)
            + (!outcome.isReadable
                ? ", unreadable" : outcome.predictsNothing ? ", names nothing" : "")
    }

    /// Places drawn from all answers, whatever came out, in their order.
    ///
    /// - Parameters:
    ///   - count: how many, at most
    ///   - seed: decides which; with ``RunReport/seed`` the same ones as the gallery's random ones
    /// - Returns: places for ``picture(of:)``
    public func randomPlaces(_ count: Int, seed: UInt64) -> [Int] {
        GallerySelection(
            before: before.map(\.outcome.iou), after: after.map(\.outcome.iou), count: count,
            seed: seed
        ).random
    }

    /// Draws a strip into a file.
    ///
    /// - Parameters:
    ///   - places: which answers, in the order of the columns; at least one
    ///   - path: the PNG file
    /// - Throws: what ``picture(of:)`` throws, and the error of the file
    public func write(_ places: [Int], to path: String) throws {
        try ImageCodec.write(ImageCodec.encodePNG(picture(of: places)), path: path)
    }

    private func drawn(_ answer: EvaluatedAnswer, _ sample: SegmentationSample) throws -> RGBImage {
        let frame = ImageFrame.square(side)
        let picture = try sample.picture()
            .resized(to: frame, filter: .lanczos)
        let mask = answer.mask?.mask?.resized(to: frame)
        let truth = sample.mask.resized(to: frame)
        let style = OverlayStyle(lineWidth: max(1, side / 112), pointRadius: max(2, side / 75))
        var result = picture
        if let mask { result.tint(mask, color: Self.maskColor, opacity: 0.45) }
        if let ignored = sample.ignored { result.drawIgnored(ignored.resized(to: frame)) }
        result.drawContour(truth, color: truthColor, thickness: style.lineWidth)
        for prompt in answer.prompts {
            if let box = prompt.box {
                result.draw(
                    answer.policyFrame.convert(box, to: frame), color: pageBoxColor, style: style)
            }
            for point in prompt.positivePoints {
                result.draw(
                    answer.policyFrame.convert(point, to: frame), isPositive: true, style: style)
            }
            for point in prompt.negativePoints {
                result.draw(
                    answer.policyFrame.convert(point, to: frame), isPositive: false, style: style)
            }
        }
        return result
    }

    /// A question in lines that fit above a picture.
    private func wrapped(_ text: String) -> [String] {
        let room = max(8, side / (6 * scale))
        var lines: [String] = []
        for word in text.split(separator: " ") {
            let word = String(word.prefix(room))
            if let last = lines.last, last.count + 1 + word.count <= room {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(word)
            }
        }
        return lines
    }
}
