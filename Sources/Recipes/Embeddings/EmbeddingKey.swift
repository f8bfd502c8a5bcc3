import Files
import Foundation
import Imaging
import PromptedMasks
import Torch

/// What a picture's features depend on, as one SHA-256: equal keys mean equal features, to the bit.
struct EmbeddingKey: Hashable, Sendable {
    /// 64 hexadecimal digits.
    let digits: String
}

/// Makes the keys of what a segmenter computes.
struct EmbeddingKeys: Sendable {
    /// Changes with what a key covers, and with the layout of the files.
    static let format = "think2seg embedding 1"

    /// All that does not depend on the picture or the calling thread, a line each.
    private let origin: String
    private let isOnCPU: Bool

    /// The keys of a segmenter.
    ///
    /// - Parameters:
    ///   - segmenter: its processor, element type and kind of device are in the key
    ///   - checkpoint: what tells the files of its weights from others: ``InputFingerprint``
    init(_ segmenter: any FrozenSegmenter, checkpoint: String) {
        let processor = segmenter.processor
        isOnCPU = segmenter.device == .cpu
        origin = [
            Self.format, "libtorch \(TorchRuntime.version)", "checkpoint \(checkpoint)",
            "dtype \(segmenter.dtype)", "device \(isOnCPU ? "cpu" : "cuda")",
            "size \(processor.imageSize)", "resizing \(processor.resizing)",
            "mean \(processor.mean)", "deviation \(processor.deviation)",
            "products \(isOnCPU && TorchRuntime.usesOneDNN ? "onednn" : "libtorch")",
        ].joined(separator: "\n")
    }

    /// The key of a picture's features, computed by the calling thread.
    ///
    /// On the CPU the number of threads of an operation is in it: results depend on it in the last bits.
    func key(_ image: RGBImage) -> EmbeddingKey {
        let threads = isOnCPU ? TorchRuntime.threadCount : 0
        var hash = SHA256()
        hash.update(
            Data("\(origin)\nthreads \(threads)\npicture \(image.width) \(image.height)\n".utf8))
        image.pixels.withUnsafeBytes { hash.update($0) }
        return EmbeddingKey(digits: hash.digits())
    }
}
