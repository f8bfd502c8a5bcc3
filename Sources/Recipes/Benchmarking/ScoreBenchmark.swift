import Files
import Imaging
import Pictures
import PromptedMasks
import Rewards
import Scoring
public import Segmentation
import Segmenters
import Settings
import Shards
import Supervised
import Threads
public import Torch

/// How fast completions are read and scored, with the segmenter and without: the `benchmark score`
/// command.
public struct ScoreBenchmark {
    /// The folder of a SAM2.1 checkpoint, or an official `.pt` file; nil: without one.
    public var segmenter: String?
    /// A file of completions, as `score` takes it; nil: answers about drawn scenes.
    public var completions: String?
    /// The shards that the file is about.
    public var data: [String] = []
    /// How many answers are written about drawn scenes.
    public var count = 256
    /// G: how many of them are about one scene.
    public var groupSize = 8
    /// The side of the policy's frame.
    public var imageSize = 840
    /// Which answers are read.
    public var parser = AnswerAcceptance.strict
    /// The segmenter's element type.
    public var dtype = DType.float32
    /// Where the segmenter runs.
    public var device = Device.cpu
    /// Threads of an operation; 0: as the sizes of its products say.
    public var threads = 0
    /// Runs of each phase.
    public var repeats = 5

    /// The defaults.
    public init() {}

    /// Completions about one picture.
    private struct Group {
        var texts: [String]
        var image: RGBImage
        var truth: BinaryMask
    }

    /// Scores, and reports: `parse`, all completions read; `score_without_segmenter`, parsed and scored
    /// with masks that cost nothing; `score`, with the segmenter, each picture encoded once.
    ///
    /// - Returns: the report
    /// - Throws: the errors of the files, `TorchError`
    public func run() throws -> BenchmarkReport {
        try ThreadPlan(Workload(segmenter: segmenter, device: device), threads: threads).apply()
        let groups = try groups()
        let total = groups.reduce(0) { $0 + $1.texts.count }
        let scorer = try Scorer(
            parser: AnswerParser(acceptance: parser), rewards: RunConfiguration().rewards.entries)
        var report = BenchmarkReport("score", threads: TorchRuntime.threadCount)
        func measure(_ name: String, _ body: (Group) throws -> Void) throws {
            var phase = BenchmarkPhase()
            for _ in 0..<repeats { try phase.measure { try groups.forEach(body) } }
            report.add(name, phase)
            report.add("\(name)_per_s", phase.median.map { Double(total) / $0 })
        }
        var parsed = 0
        try measure("parse") { group in
            for text in group.texts where (try? scorer.parser.parse(text).get()) != nil {
                parsed += 1
            }
        }
        let frame = ImageFrame.square(imageSize)
        let nothing = NoMasks()
        try measure("score_without_segmenter") { group in
            _ = try scorer.score(
                completions: group.texts, image: nothing, policyFrame: frame, truth: group.truth)
        }
        if let segmenter {
            let sam = try SegmenterRegistry.standard.load(
                path: segmenter, dtype: dtype, device: device)
            try measure("score") { group in
                _ = try scorer.score(
                    completions: group.texts, policyFrame: frame, truth: group.truth
                ) { try sam.encode(group.image) }
            }
        }
        report.add("completions", total)
        report.add("parsed", parsed / max(1, repeats))
        report.add("pictures", groups.count)
        report.add("image_size", imageSize)
        report.add("repeat", repeats)
        return report
    }

    private func groups() throws -> [Group] {
        guard let completions else { return try drawnGroups() }
        let source = try CompletionSource(path: completions, data: data)
        guard let dataset = source.dataset else {
            throw MissingInputError(path: "--data", what: "shard that the completions are about")
        }
        var groups: [(place: Int, texts: [String])] = []
        try source.forEach { record, place in
            if groups.last?.place != place { groups.append((place, [])) }
            groups[groups.count - 1].texts.append(record.completion)
        }
        return try groups.map { place, texts in
            let square = try squareSample(dataset.sample(at: place), side: imageSize)
            return Group(texts: texts, image: square.image, truth: square.truth)
        }
    }

    /// Right and wrong answers about drawn scenes, some that cannot be read.
    private func drawnGroups() throws -> [Group] {
        let writer = AnswerWriter(grammar: PromptVariant.box2Points.grammar)
        return try stride(from: 0, to: count, by: groupSize).map { start in
            let picture = try BenchmarkScenes.picture(side: imageSize, index: start / groupSize)
            let texts = (start..<min(start + groupSize, count)).map { index -> String in
                let place = index - start
                let objects = place % 2 == 0 ? picture.targets : picture.others
                let named = Array(objects.prefix(1 + place % 4))
                let text = writer.completion(
                    thought: AnswerWriter.thought(count: named.count), targets: named)
                return place % 8 == 7 ? String(text.dropLast(20)) : text
            }
            return Group(texts: texts, image: picture.image, truth: picture.truth)
        }
    }
}

/// A picture in which nothing is found.
private final class NoMasks: SegmenterImage {
    func masks(
        for prompts: [SegmentationPrompt], in frame: ImageFrame, output: ImageFrame
    ) -> [ObjectMask] {
        let mask = BinaryMask(width: output.width, height: output.height)
        return prompts.map { _ in ObjectMask(mask: mask, predictedIoU: 0, objectScore: 0) }
    }
}
