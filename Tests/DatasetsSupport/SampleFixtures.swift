package import Datasets
import Foundation
import Imaging
import Shards

/// A folder that goes with its owner.
package final class TemporaryFolder {
    package let path: String

    package init() throws {
        path = NSTemporaryDirectory() + "datasets-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    package func file(_ name: String) -> String { path + "/" + name }

    /// Every file below the folder, sorted.
    package var files: [String] {
        (FileManager.default.subpaths(atPath: path) ?? []).sorted()
    }
}

/// A sample whose picture, mask and texts depend on `number` and differ between numbers.
package func makeSample(
    _ number: Int, id: String? = nil, width: Int = 13, height: Int = 9, jpeg: Bool = false,
    empty: Bool = false, instances: Bool = false
) throws -> SegmentationSample {
    var generator = SeededGenerator(seed: UInt64(number))
    var image = RGBImage(width: width, height: height, fill: (0, 0, 0))
    for index in image.pixels.indices {
        image.pixels[index] = UInt8(generator.uniform(below: 256))
    }
    var mask = BinaryMask(width: width, height: height)
    if !empty {
        for x in 0...number % 5 { mask[x, number % height] = true }
    }
    let truth = InstanceTruth(
        className: "Öltank \(number)", isTarget: !empty, box: Box(x1: 0, y1: 0.5, x2: 3, y2: 4),
        mask: mask)
    let others = (0..<number % 3).map {
        InstanceTruth(
            className: "road \($0)", isTarget: false, box: Box(x1: 1, y1: 1, x2: 2, y2: 2),
            mask: BinaryMask(width: width, height: height))
    }
    return SegmentationSample(
        id: id ?? "sample-\(number)",
        image: try jpeg
            ? ImageCodec.encodeJPEG(image, quality: 90) : ImageCodec.encodePNG(image),
        format: jpeg ? .jpeg : .png, frame: image.frame,
        questions: (0...number % 4).map { "Wo läge Frage \($0) von \(number)? 🛰️" },
        answers: empty ? [] : (0...number % 3).map { "answer \($0)" }, mask: mask,
        instances: instances ? [truth] + others : nil)
}

/// Writes samples as a shard.
package func writeShard(_ samples: [SegmentationSample], to path: String) throws {
    let writer = try ShardWriter(path: path, dataset: "Tiny", split: "train")
    for sample in samples { try writer.append(sample) }
    try writer.finish()
}

/// The bytes of a file.
package func readBytes(_ path: String) throws -> [UInt8] {
    try ImageCodec.read(path: path)
}

/// Writes bytes as a file.
package func writeBytes(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
}
