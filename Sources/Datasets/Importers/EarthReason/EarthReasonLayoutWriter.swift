public import Datasets
import Foundation
import Imaging
import Shards

/// Writes samples as files in EarthReason's layout, for tools that read that.
///
/// ``EarthReasonImporter`` reads the files back. Instance truth has no place in the layout. Ignored
/// pixels are 128 in the label, for `--ignore-values 128`; an image that is turned keeps the
/// orientation in its bytes, for `--exif apply`.
public struct EarthReasonLayoutWriter: Sendable {
    /// The folder of the split.
    public let folder: String

    /// Makes the folders `ROOT/SPLIT/{images,labels,QAs}`.
    ///
    /// - Throws: `ShardError` of the kind `cannotWrite`.
    public init(root: String, split: String) throws {
        folder = root + "/" + split
        for name in [
            EarthReasonLayout.images, EarthReasonLayout.labels, EarthReasonLayout.questions,
        ] {
            try makeFolder(folder + "/" + name)
        }
    }

    /// Writes the three files of a sample; files of the same names are replaced.
    ///
    /// - Throws: `ShardError` if the id cannot be a file's name in this layout, an error of
    ///   `Imaging` if a file cannot be written.
    public func write(_ sample: SegmentationSample) throws {
        guard isPlainName(sample.id), !sample.id.hasPrefix(".") else {
            throw ShardError(
                .invalidSample, path: folder, id: sample.id,
                "an id in this layout is a file's name without its ending: not empty, without "
                    + "slashes, and not hidden by a dot before it")
        }
        let suffix =
            switch sample.format {
            case .png: ".png"
            case .jpeg: ".jpg"
            }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let texts = Texts(questions: sample.questions, answer: sample.answers)
        try ImageCodec.write(sample.image, path: path(EarthReasonLayout.images, sample.id, suffix))
        try ImageCodec.write(
            label(sample), path: path(EarthReasonLayout.labels, sample.id, ".png"))
        try ImageCodec.write(
            Array(encoder.encode(texts)),
            path: path(EarthReasonLayout.questions, sample.id, ".json"))
    }

    private func label(_ sample: SegmentationSample) throws -> [UInt8] {
        guard let ignored = sample.ignored else { return try ImageCodec.encodePNG(sample.mask) }
        let (inside, unknown) = (sample.mask.bytes(), ignored.bytes(value: 128))
        return try ImageCodec.encodePNG(
            GrayImage(
                width: sample.frame.width, height: sample.frame.height,
                pixels: zip(inside, unknown).map { $0 | $1 }))
    }

    private func path(_ kind: String, _ id: String, _ suffix: String) -> String {
        folder + "/" + kind + "/" + id + suffix
    }
}

private struct Texts: Encodable {
    var questions: [String]
    var answer: [String]
}
