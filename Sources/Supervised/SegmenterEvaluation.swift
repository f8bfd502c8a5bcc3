public import Datasets
import Foundation
import Imaging
public import Segmentation

/// How a segmenter is asked about known objects.
public struct SegmenterProbe: Hashable, Sendable {
    /// The name in tables.
    public var name: String
    /// What prompts consist of.
    public var kind: PromptKind
    /// How far boxes are from the truth; nil for true boxes.
    public var noise: BoxNoise?

    /// A probe from its parts.
    public init(name: String, kind: PromptKind, noise: BoxNoise? = nil) {
        self.name = name
        self.kind = kind
        self.noise = noise
    }

    /// Every kind of prompt with true boxes, then boxes and points, and boxes alone, with edges that are
    /// off by some pixels.
    public static var all: [SegmenterProbe] {
        PromptKind.allCases.map { SegmenterProbe(name: $0.rawValue, kind: $0) }
            + [PromptKind.boxTwoPoints, .box].flatMap { kind in
                [2, 4, 8].map {
                    SegmenterProbe(
                        name: "\(kind.rawValue), edges off by \($0) px", kind: kind,
                        noise: .pixels(Double($0)))
                }
            }
    }
}

/// How well a segmenter answered one ``SegmenterProbe``.
public struct SegmenterScore: Hashable, Sendable, Codable {
    /// The probe's name.
    public var probe: String
    /// Objects asked about.
    public var objects: Int
    /// The mean IoU of the masks with the truth, in the picture's own pixels, without ignored ones.
    public var meanIoU: Double
    /// The standard error of that mean, objects taken as independent.
    public var standardError: Double
    /// The share of objects with an IoU of 0.5 or more.
    public var found: Double
    /// The mean absolute difference between the predicted IoU and the actual one.
    public var predictionError: Double
    /// The mean IoU of the objects of each class.
    public var classes: [String: Double]

    enum CodingKeys: String, CodingKey {
        case probe, objects, found, classes
        case meanIoU = "mean_iou"
        case standardError = "standard_error"
        case predictionError = "prediction_error"
    }

    init(probe: String, overlaps: [Double], predicted: [Double], classNames: [String]) {
        let count = Double(max(1, overlaps.count))
        let mean = overlaps.reduce(0, +) / count
        let squares = overlaps.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        self.probe = probe
        objects = overlaps.count
        meanIoU = mean
        standardError = (squares / max(1, count - 1) / count).squareRoot()
        found = Double(overlaps.filter { $0 >= 0.5 }.count) / count
        predictionError =
            zip(overlaps, predicted).reduce(0) { $0 + abs($1.0 - $1.1) } / count
        classes = Dictionary(
            grouping: zip(classNames, overlaps), by: \.0
        ).mapValues { group in group.reduce(0) { $0 + $1.1 } / Double(group.count) }
    }
}

/// Asks a segmenter about objects whose pixels are known.
public struct SegmenterEvaluation: Sendable {
    /// What is asked.
    public var probes: [SegmenterProbe]
    /// Decides about points and noise; every probe of an object has its own.
    public var seed: UInt64

    /// An evaluation from its parts.
    public init(probes: [SegmenterProbe] = SegmenterProbe.all, seed: UInt64) {
        self.probes = probes
        self.seed = seed
    }

    /// Asks about every object of the first samples of a data set.
    ///
    /// - Parameters:
    ///   - segmenter: what is asked
    ///   - source: where the samples are
    ///   - limit: how many samples; all if nil
    ///   - progress: is told how many samples are done, and of how many
    /// - Returns: a score per probe, in order
    /// - Throws: ``SegmenterSampleError`` for a sample whose objects are not known, or what the segmenter
    ///   throws
    public func run(
        _ segmenter: any Segmenter, on source: any SampleSource, limit: Int? = nil,
        progress: (Int, Int) -> Void = { _, _ in }
    ) throws -> [SegmenterScore] {
        let total = min(source.count, limit ?? source.count)
        var overlaps = [[Double]](repeating: [], count: probes.count)
        var predicted = overlaps
        var classNames: [String] = []
        for index in 0..<total {
            let sample = try source.sample(at: index)
            guard let instances = sample.instances else {
                throw SegmenterSampleError(name: sample.id)
            }
            let image = try segmenter.encode(sample.picture())
            let objects = instances.compactMap { instance in
                PromptTarget(mask: instance.mask, ignored: sample.ignored)
                    .map { (instance.className, $0) }
            }
            let targets = objects.map(\.1)
            classNames += objects.map(\.0)
            for (place, probe) in probes.enumerated() where !targets.isEmpty {
                let answers = try image.masks(
                    for: prompts(probe, about: targets, of: sample.id), in: sample.frame,
                    output: sample.frame)
                for (target, answer) in zip(targets, answers) {
                    overlaps[place].append(
                        answer.mask.subtracting(sample.ignored).intersectionOverUnion(target.mask))
                    predicted[place].append(Double(answer.predictedIoU))
                }
            }
            progress(index + 1, total)
        }
        return probes.indices.map {
            SegmenterScore(
                probe: probes[$0].name, overlaps: overlaps[$0], predicted: predicted[$0],
                classNames: classNames)
        }
    }

    private func prompts(
        _ probe: SegmenterProbe, about targets: [PromptTarget], of id: String
    ) -> [SegmentationPrompt] {
        targets.enumerated().map { number, target in
            var hash = StableHash()
            hash.combine("probe " + probe.name)
            hash.combine(seed)
            hash.combine(id)
            hash.combine(number)
            var random = SeededGenerator(seed: hash.value)
            return target.prompt(probe.kind, noise: probe.noise, using: &random)
        }
    }
}
