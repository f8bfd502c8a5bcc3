import Datasets
import Imaging
import TextFiles

/// What is odd about many files of an import, counted, to be said once with the first example.
///
/// An import reads one sample after the other: no lock is needed.
final class ImportSurvey {
    /// Things of a kind, and the first of them.
    private struct Tally {
        var count = 0
        var first: (id: String?, file: String, words: String)?

        mutating func add(id: String? = nil, file: String, words: String = "") {
            count += 1
            if first == nil { first = (id, file, words) }
        }
    }

    private var levels = LabelLevels()
    private var lastLevels: [LabelLevel: Int] = [:]
    private var turnedImages = Tally()
    private var turnedLabels = Tally()
    private var brightBackgrounds = Tally()
    private var onlyAlpha = Tally()
    private var fullTargets = Tally()
    private var nothingKnown = Tally()
    private var resized = Tally()
    private var largestResize = 0
    private var newlyResized: [(file: String, words: String, pixels: Int)] = []
    private var paths: Set<String> = []
    private var samples = 0
    private let choices: ImportChoices

    /// A survey of an import that was told something about its files.
    init(_ choices: ImportChoices) { self.choices = choices }

    /// Notes the orientation that an image states.
    func addImage(_ path: String, _ stated: ImageOrientation) {
        guard stated != .upright, paths.insert(path).inserted else { return }
        turnedImages.add(file: path, words: stated.ignoredWarning)
    }

    /// Notes the values of a label and the orientation that it states.
    func addLabel(_ path: String, _ samples: LabelSamples, _ stated: ImageOrientation) {
        lastLevels = samples.levels()
        let isNew = levels.add(lastLevels, ignored: choices.labels.ignoreValues, path: path)
        if isNew, let colors = samples.palette, isBright(colors) {
            brightBackgrounds.add(file: path)
        }
        if isNew, samples.hasAlpha, lastLevels.count == 1 {
            onlyAlpha.add(file: path, words: LabelLevels.text(lastLevels))
        }
        guard stated != .upright, paths.insert(path).inserted else { return }
        turnedLabels.add(file: path, words: stated.ignoredWarning)
    }

    /// Whether a palette shows index 0, which is background, brighter than the commonest other index.
    private func isBright(_ palette: [UInt8]) -> Bool {
        func brightness(_ level: LabelLevel) -> Int {
            let place = Int(level.red) * 3
            return place + 2 < palette.count
                ? palette[place...place + 2].reduce(0) { $0 + Int($1) } : 0
        }
        let others = lastLevels.filter { $0.key != LabelLevel(0) }
        guard lastLevels[LabelLevel(0)] != nil,
            let target = others.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key
        else { return false }
        return brightness(LabelLevel(0)) > brightness(target)
    }

    /// Notes what a sample's target covers; `file` is where its mask comes from.
    func addSample(_ sample: SegmentationSample, file: String) {
        samples += 1
        let known = sample.frame.area - (sample.ignored?.count ?? 0)
        if known == 0 {
            nothingKnown.add(id: sample.id, file: file)
        } else if sample.mask.count == known {
            let values = levels.labels == 0 ? "" : LabelLevels.text(lastLevels)
            fullTargets.add(id: sample.id, file: file, words: values)
        }
    }

    /// Notes that a mask is resized for the sample that is being read.
    func addResized(file: String, from mask: ImageFrame, to image: ImageFrame) {
        newlyResized.append(
            (
                file, "the mask is \(mask.text), and was resized to the image's \(image.text)",
                max(abs(mask.width - image.width), abs(mask.height - image.height))
            ))
    }

    /// The warnings about masks that were resized since the last call.
    ///
    /// - Parameter id: the sample that they are of; nil if it was left out, and so are they
    /// - Returns: one for each mask
    func takeResized(_ id: String?) -> [ImportProblem] {
        defer { newlyResized = [] }
        guard let id else { return [] }
        return newlyResized.map { file, words, pixels in
            resized.add(id: id, file: file)
            largestResize = max(largestResize, pixels)
            return ImportProblem(severity: .warning, id: id, file: file, message: words)
        }
    }

    /// How many masks were resized until now.
    var resizedCount: Int { resized.count }

    private var resizedMasks: ImportProblem? {
        guard choices.resizesMasks else { return nil }
        return resized.first.map { first in
            ImportProblem(
                severity: .warning, id: first.id, file: first.file,
                message:
                    "\(resized.count) of \(counted(samples, "mask was", "masks were")) resized to their images, "
                    + "'\(first.id ?? "")' first, by \(largestResize) "
                    + "\(largestResize == 1 ? "pixel" : "pixels") of a side at most")
        }
    }

    /// What there is to say.
    var problems: [ImportProblem] {
        [orientations(turnedImages, "images"), orientations(turnedLabels, "labels")]
            .compactMap(\.self) + levels.problems(choices.labels)
            + [brightBackground, alphaLabel, fullTarget, unknown, resizedMasks].compactMap(\.self)
    }

    private var alphaLabel: ImportProblem? {
        onlyAlpha.first.map { first in
            ImportProblem(
                severity: .warning, id: nil, file: first.file,
                message: "\(onlyAlpha.count) of \(levels.labels) labels, this one first, have one "
                    + "value, \(first.words), and an alpha channel, which does not count: if it is the "
                    + "mask, save it as a gray picture")
        }
    }

    private var brightBackground: ImportProblem? {
        guard choices.labels.expectsTwoValues, let first = brightBackgrounds.first else {
            return nil
        }
        return ImportProblem(
            severity: .warning, id: nil, file: first.file,
            message:
                "the palette of \(brightBackgrounds.count) of \(counted(levels.labels, "label")) shows "
                + "index 0, which was taken as background, brighter than the target, here first; "
                + "--label-values 0 if it is the target")
    }

    private func orientations(_ tally: Tally, _ kind: String) -> ImportProblem? {
        guard choices.exif == .ignore, let first = tally.first else { return nil }
        return ImportProblem(
            severity: .warning, id: nil, file: first.file,
            message: first.words
                + (tally.count > 1 ? "; \(tally.count) \(kind) state an orientation" : ""))
    }

    private var fullTarget: ImportProblem? {
        guard let first = fullTargets.first else { return nil }
        let values =
            first.words.isEmpty
            ? ""
            : "; the values of its label: \(first.words). If the background has one of them, say "
                + "which are target with --label-values"
        return ImportProblem(
            severity: .warning, id: first.id, file: first.file,
            message:
                "the target covers every pixel\(choices.labels.ignoreValues == nil ? "" : " that counts")"
                + " of \(fullTargets.count) of \(counted(samples, "sample")), '\(first.id ?? "")' first"
                + values)
    }

    private var unknown: ImportProblem? {
        nothingKnown.first.map { first in
            ImportProblem(
                severity: .warning, id: first.id, file: first.file,
                message:
                    "every pixel of \(nothingKnown.count) of \(counted(samples, "sample")) is ignored, "
                    + "'\(first.id ?? "")' first: they count as samples without a target")
        }
    }
}
