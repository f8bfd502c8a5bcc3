import Datasets
import Foundation
import Imaging
import Shards

/// A kind of shards: they differ in what is damaged, and are read the same.
protocol ShardReadingKind: Kind {}

extension ShardReadingKind {
    static var suffix: String { "h5" }

    static func read(_ path: String) throws -> String? {
        let reader = try ShardReader(path: path)
        _ = reader.summary
        for problem in reader.verify() where problem.message.isEmpty {
            return "a problem without words: \(problem)"
        }
        for index in 0..<reader.count {
            do {
                let sample = try reader.sample(at: index)
                if sample.mask.frame != sample.frame { return "a mask of another size" }
            } catch let error as ShardError {
                if !error.description.contains(path) { return "an error without a path: \(error)" }
            }
        }
        return nil
    }

    static func isDocumented(_ error: any Error) -> Bool { error is ShardError }
}

/// Shards that h5py compressed, and put checksums into.
enum CompressedShardKind: ShardReadingKind {
    static let name = "compressed-shards"

    static func mutator(_ folder: String) throws -> Mutator {
        Mutator(seeds: try rewritten(["gzip", "filters"]))
    }
}

/// Shards that h5py gave attributes, other objects and other types.
enum AnnotatedShardKind: ShardReadingKind {
    static let name = "annotated-shards"

    static func mutator(_ folder: String) throws -> Mutator {
        Mutator(seeds: try rewritten(["attributes", "types", "plain"]))
    }
}

/// Fixtures by their names, which are read as they are.
private func rewritten(_ names: [String]) throws -> [[UInt8]] {
    try names.map { name in
        let path = "\(checkout)/Tests/Fixtures/shards/read/\(name).h5"
        if let problem = try ShardReader(path: path).verify().first {
            throw HarmedFixture(description: "\(path): \(problem)")
        }
        return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}

/// A whole input that is not read as one.
private struct HarmedFixture: Error, CustomStringConvertible {
    let description: String
}

/// Shards, as `ShardWriter` makes them.
enum ShardKind: ShardReadingKind {
    static let name = "shards"

    static func mutator(_ folder: String) throws -> Mutator {
        var seeds: [[UInt8]] = []
        // The last is of version 2 of the format.
        for (number, withInstances) in [false, true, true, true].enumerated() {
            let path = "\(folder)/\(number).h5"
            let writer = try ShardWriter(path: path, dataset: "fuzz", split: "train")
            for index in 0...number {
                var sample = try sample(index, withInstances: withInstances)
                if number == 3, index == 1 {
                    var ignored = BinaryMask(width: sample.frame.width, height: sample.frame.height)
                    ignored[0, 1] = true
                    sample.ignored = ignored
                }
                if number == 3, index == 2 { turn(&sample, by: .turnedLeft) }
                try writer.append(sample)
            }
            if number == 3 { writer.notes.ignoreValues = "255" }
            try writer.finish()
            seeds.append([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
        }
        return Mutator(seeds: seeds)
    }

    private static func turn(_ sample: inout SegmentationSample, by orientation: ImageOrientation) {
        sample.orientation = orientation
        sample.frame = orientation.symmetry(sample.frame)
        sample.mask = orientation.symmetry(sample.mask)
        sample.instances = sample.instances.map { _ in [] }
    }

    private static func sample(_ index: Int, withInstances: Bool) throws -> SegmentationSample {
        let frame = ImageFrame(width: 6 + index, height: 5)
        let image = RGBImage(frame: frame, color: .object(index))
        var mask = BinaryMask(width: frame.width, height: frame.height)
        if index != 1 { mask[2, 3] = true }
        let isJPEG = index == 2
        let instance = InstanceTruth(
            className: "plane", isTarget: true, box: Box(x1: 2, y1: 3, x2: 3, y2: 4), mask: mask)
        return SegmentationSample(
            id: "sample-\(index)",
            image: try isJPEG
                ? ImageCodec.encodeJPEG(image, quality: 80) : ImageCodec.encodePNG(image),
            format: isJPEG ? .jpeg : .png, frame: frame,
            questions: ["where?", "Où est l'avion?"], answers: index == 0 ? [] : ["there"],
            mask: mask, instances: withInstances ? [instance] : nil)
    }
}
