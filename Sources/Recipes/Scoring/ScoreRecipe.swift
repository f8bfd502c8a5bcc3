import Datasets
import Embeddings
import Files
import Imaging
import Pictures
import Policies
import PromptedMasks
public import Rewards
public import Segmentation
import Segmenters
public import Settings
import Shards
public import Torch
import TrainingRuns

/// Scores completions of any system with the reward of training: the `score` command.
public struct ScoreRecipe {
    /// The file of completions; `-` is standard input.
    public var completions: String
    /// The shards with the samples that the completions are about.
    public var data: [String]
    /// The folder of a SAM2.1 checkpoint, or an official `.pt` file.
    public var segmenter: String
    /// S: the side of the square that pictures and truths are stretched to, and the frame of the
    /// coordinates in the completions.
    public var imageSize = 840
    /// The name of the grammar.
    public var variant = "box_2points"
    /// Which answers are read.
    public var parser = AnswerAcceptance.strict
    /// The terms with their weights and parameters.
    public var rewards = RunConfiguration().rewards
    /// The most tokens that completions may have had, for terms whose parameters default to it.
    public var maxCompletionLength: Int?
    /// Where the segmenter runs.
    public var device = Device.cpu
    /// The element type that it computes in.
    public var dtype = DType.float32
    /// How many completions about one picture are scored together; with ``groupBytes``, bounds
    /// the memory.
    public var groupCount = 32
    /// Above so many bytes, completions are scored together no more.
    public var groupBytes = 1 << 15

    /// Completions with the defaults.
    public init(completions: String, data: [String], segmenter: String) {
        self.completions = completions
        self.data = data
        self.segmenter = segmenter
    }

    /// Writes a line per completion, in their order.
    ///
    /// - Parameters:
    ///   - output: the file; nil or `-` is standard output
    ///   - onWarning: is told what should be known of the segmenter's files
    ///   - onProgress: gets how many lines were written so far, and how many there will be, if
    ///     that is known
    /// - Returns: what was scored
    /// - Throws: ``CompletionFileError`` and the errors of the shards, the segmenter and the
    ///   output, ``ScoringFault`` if a term fails; a file then stays as it was
    public func run(
        to output: String?, onWarning: (String) -> Void = { _ in },
        onProgress: (_ done: Int, _ total: Int?) -> Void = { _, _ in }
    ) throws -> Summary {
        let grammar = try promptVariant(variant).grammar
        var source = try CompletionSource(path: completions, data: data)
        source.countingTerm = countingTerm
        try requireWritable(
            [.json(output)], inputs: source.inputs + [.segmenter(segmenter)])
        let scorer = try Scorer(
            parser: AnswerParser(grammar: grammar, acceptance: parser), rewards: rewards.entries,
            maxCompletionLength: maxCompletionLength)
        let count = try source.check()
        // Completions about one picture may stand apart from each other.
        let loaded = try SegmenterRegistry.standard.load(
            path: segmenter, dtype: dtype, device: device)
        loaded.warnings.forEach(onWarning)
        let sam = CachedSegmenter(
            loaded, EmbeddingCacheSettings(), checkpoint: segmenter, eviction: .leastRecentlyUsed)
        let lines = try LineOutput(path: output)
        var run = ScoringRun(
            scorer: scorer, segmenter: sam, dataset: source.dataset, side: imageSize, lines: lines)
        var group: [CompletionRecord] = []
        var place = 0
        var bytes = 0
        func flush() throws {
            if group.isEmpty { return }
            try run.score(group, place: place)
            group.removeAll(keepingCapacity: true)
            bytes = 0
            onProgress(run.summary.count, count)
        }
        try source.forEach { record, next in
            if next != place || group.count >= groupCount || bytes > groupBytes { try flush() }
            place = next
            bytes += record.completion.utf8.count
            group.append(record)
        }
        try flush()
        try lines.finish()
        return run.summary
    }
}

/// A completion that has no reward, although nothing is wrong with its answer.
public struct ScoringFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The sample that it is about.
    public let sampleID: String
    /// Which of all completions it is, from 1.
    public let number: Int
    /// Why it has none.
    public let fault: RewardFault

    /// Where, and why.
    public var description: String { "sample \(sampleID), completion \(number): \(fault)" }
}

extension ScoreRecipe {
    /// The first term that needs to know how many tokens a completion has; nil without one.
    private var countingTerm: String? {
        rewards.entries.first { entry in
            entry.kind.flatMap { RewardRegistry.standard.kind($0)?.needsTokenCount } == true
        }?.name
    }
}

/// Scores groups one after the other.
private struct ScoringRun {
    let scorer: Scorer
    let segmenter: any Segmenter
    let dataset: ShardedDataset?
    let side: Int
    let lines: LineOutput
    private(set) var summary: ScoreRecipe.Summary
    private var current: Picture?

    /// A sample in the policy's frame, encoded when that is needed.
    private final class Picture {
        let place: Int
        let id: String
        let question: String
        let square: SquareSample
        private var encoded: (any SegmenterImage)?

        init(place: Int, sample: SegmentationSample, side: Int) throws {
            self.place = place
            id = sample.id
            // A file of completions does not say which of several questions was asked.
            question = sample.questions.count == 1 ? sample.questions[0] : ""
            square = try squareSample(sample, side: side)
        }

        func encoded(by segmenter: any Segmenter) throws -> any SegmenterImage {
            if let encoded { return encoded }
            let image = try segmenter.encode(square.image)
            encoded = image
            return image
        }
    }

    init(
        scorer: Scorer, segmenter: any Segmenter, dataset: ShardedDataset?, side: Int,
        lines: LineOutput
    ) {
        self.scorer = scorer
        self.segmenter = segmenter
        self.dataset = dataset
        self.side = side
        self.lines = lines
        summary = ScoreRecipe.Summary(terms: scorer.weights.entries.map(\.term))
    }

    mutating func score(_ group: [CompletionRecord], place: Int) throws {
        let picture = try picture(at: place)
        let results = try scorer.score(
            completions: group.map { ScoredCompletion($0.completion, tokenCount: $0.tokenCount) },
            about: RewardSubject(id: picture.id, question: picture.question),
            policyFrame: .square(side), truth: picture.square.truth,
            ignored: picture.square.ignored
        ) { try picture.encoded(by: segmenter) }
        for (record, result) in zip(group, results) {
            if let fault = result.fault {
                throw ScoringFault(sampleID: picture.id, number: summary.count + 1, fault: fault)
            }
            try lines.write(Self.line(record, result).bytes)
            summary.add(result)
        }
        try lines.flush()
    }

    private mutating func picture(at place: Int) throws -> Picture {
        if let current, current.place == place { return current }
        guard let dataset else { preconditionFailure("completions are scored on samples") }
        let picture = try Picture(
            place: place, sample: dataset.sample(at: place), side: side)
        current = picture
        return picture
    }

    private static func line(_ record: CompletionRecord, _ result: RewardBreakdown) -> JSONLine {
        JSONLine { line in
            line.member("id", record.id)
            line.member("parse_ok", result.failure == nil)
            line.member("error", result.failure?.description)
            line.member("prompts", result.prompts, leavingOut: false)
            line.member(
                "rewards", result.terms.map { (name: $0.term.rawValue, value: $0.value) })
            line.member("total", result.reward)
            line.member("iou", result.iou)
        }
    }
}
