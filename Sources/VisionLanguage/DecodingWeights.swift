import NN
import Synchronization
import Torch

/// The language model in the form that decodes fastest.
struct DecodingModel {
    /// The layers.
    let text: TextDecoder
    /// Hidden states [.., C] to logits [.., V].
    let head: (Tensor) throws -> Tensor
}

/// Packed copies of a language model's weights, kept while the weights stay as they are.
///
/// Decoding multiplies a few rows by the same weights hundreds of times between two updates. The
/// copies are of the weights' versions, which every change in place counts up, so they are never
/// stale. Models over the same memory share one of these.
final class DecodingWeights: Sendable {
    private struct Kept {
        let versions: [Int]
        let rows: Int
        let text: TextDecoder
        let head: Tensor
    }

    private let kept = Mutex<Kept?>(nil)

    /// Gives the memory of the copies back.
    func forget() { kept.withLock { $0 = nil } }

    /// The copies for products of `rows` rows: those that are kept, or new ones.
    func packed(
        _ parameters: [Parameter], rows: Int, text: TextDecoder, head: Tensor
    ) throws -> (text: TextDecoder, head: Tensor) {
        try kept.withLock { kept in
            let versions = parameters.map(\.tensor.version)
            if let kept, kept.versions == versions, kept.rows == rows {
                return (kept.text, kept.head)
            }
            // Before the new ones are made, so that there are never two.
            kept = nil
            let new = Kept(
                versions: versions, rows: rows, text: try text.packed(rows: rows),
                head: try head.packed(rows: rows))
            kept = new
            return (new.text, new.head)
        }
    }
}

extension VisionLanguageModel {
    /// Whether training changes what is packed.
    var changesPacked: Bool {
        parameters.contains { $0.tensor.requiresGradient && !$0.isLowRank }
    }

    /// Bytes of what decoding multiplies with.
    private var decodingBytes: Int {
        let sizes = options.text
        return (sizes.layerWeights + sizes.vocabularySize * sizes.hiddenSize) * dtype.byteCount
    }

    /// The language model for decoding `rows` rows: with packed weights where oneDNN is used and the
    /// model is not tiny.
    func decodingModel(rows: Int) throws -> DecodingModel {
        let head = try headWeights()
        guard device == .cpu, TorchRuntime.usesOneDNN,
            decodingBytes >= leastPackedBytes
        else {
            return DecodingModel(text: text) { try logits(of: $0, head) }
        }
        // An adapter's changes are none of the matrices that are packed.
        let base = parameters.filter { !$0.isLowRank }
        let packed = try decodingWeights.packed(base, rows: rows, text: text, head: head.matrix)
        return DecodingModel(text: packed.text) {
            try head.layer($0.to(head.matrix.dtype), packing: packed.head).to(.float32)
        }
    }
}
