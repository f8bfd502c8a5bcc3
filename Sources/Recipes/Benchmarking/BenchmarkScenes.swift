import Datasets
import Foundation
import Imaging
import Scenes
import Segmentation
import Shards
import Supervised

/// Drawn scenes that benchmarks work on where no data are given.
enum BenchmarkScenes {
    /// A scene as a photograph would be stored: a JPEG of quality 90, and nothing known of its objects but
    /// the mask.
    static func sample(side: Int, index: Int) throws -> SegmentationSample {
        let synthesizer = try synthesizer(side: side)
        let scene = synthesizer.scene(seed: 0, index: index)
        return SegmentationSample(
            id: "scene-\(index)", image: try ImageCodec.encodeJPEG(scene.image, quality: 90),
            format: .jpeg, frame: scene.image.frame,
            questions: synthesizer.questions(for: scene, asking: scene.askedClass), answers: [],
            mask: scene.mask(of: scene.askedClass))
    }

    /// Writes scenes into a shard.
    static func write(count: Int, side: Int, to path: String) throws {
        let writer = try ShardWriter(path: path, dataset: "benchmark", split: "train")
        for index in 0..<count { try writer.append(sample(side: side, index: index)) }
        try writer.finish()
    }

    /// A picture with its objects: those of the class that the scene asks for are the targets.
    struct Picture {
        var image: RGBImage
        var truth: BinaryMask
        var targets: [AnswerTarget]
        var others: [AnswerTarget]
    }

    /// A scene with objects, at most as many as it has.
    static func picture(side: Int, index: Int) throws -> Picture {
        let scene = try synthesizer(side: side).scene(seed: 0, index: index)
        func objects(_ isTarget: Bool) -> [AnswerTarget] {
            scene.instances.filter { ($0.sceneClass == scene.askedClass) == isTarget }
                .compactMap { AnswerTarget(mask: $0.mask) }
        }
        return Picture(
            image: scene.image, truth: scene.mask(of: scene.askedClass), targets: objects(true),
            others: objects(false))
    }

    private static func synthesizer(side: Int) throws -> SceneSynthesizer {
        var configuration = SceneConfiguration()
        configuration.side = side
        configuration.noTargetShare = 0
        return try SceneSynthesizer(configuration: configuration)
    }

    /// Runs `body` with an empty folder that is gone afterwards.
    static func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let files = FileManager.default
        let folder =
            files.temporaryDirectory.path + "/think2seg-benchmark-" + UUID().uuidString
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(atPath: folder) }
        return try body(folder)
    }
}
