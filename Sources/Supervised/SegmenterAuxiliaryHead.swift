import Datasets
import Imaging
public import NN
public import Torch

// Legend: B pictures, C channels, K kinds, s the side of the picture embedding's grid.

/// Reads from each cell of a picture's embedding what stands there and where its middle is.
///
/// It serves training only and is thrown away after it: it asks the picture encoder for objects before
/// the decoder has learned to, which brings a small model to masks sooner.
public struct SegmenterAuxiliaryHead {
    /// How many kinds are told apart.
    ///
    /// One is nothing; the others are classes by the hash of their names, so that any data set's names
    /// will do. Two classes may share a kind.
    public static let kinds = 32

    /// The parameters.
    public let parameters: [Parameter]
    private let projection: Linear

    /// A new head.
    ///
    /// - Parameters:
    ///   - channels: of the picture's embedding
    ///   - seed: decides about the weights
    ///   - dtype: the embedding's element type
    ///   - device: where to compute
    /// - Throws: `TorchError`
    public init(channels: Int, seed: UInt64, dtype: DType, device: Device) throws {
        let builder = ParameterBuilder(
            source: RandomWeights(seed: seed), dtype: dtype, device: device)
        projection = try Linear(builder.root / "auxiliary", channels, Self.kinds + 2)
        parameters = builder.parameters
    }

    /// What is true about a grid of cells.
    public struct Targets: Hashable, Sendable {
        /// Which kind stands in each cell, 0 for nothing; row after row.
        public var kinds: [Int]
        /// From each cell's middle to the middle of its object's box, x and y, in quarters of the
        /// picture's sides.
        public var offsets: [Float]
        /// 1 for each cell of which it is known what stands there, else 0; nil where all are.
        public var counted: [Float]?

        /// The truth about a sample; an object stands where it covers most, and at least a third.
        public init(_ sample: SegmenterSample, side: Int) {
            kinds = [Int](repeating: 0, count: side * side)
            offsets = [Float](repeating: 0, count: 2 * side * side)
            counted = sample.coarseCounted?.map { $0 >= 0.5 ? 1 : 0 }
            let (width, height) = (Double(sample.image.width), Double(sample.image.height))
            for cell in kinds.indices {
                let best = sample.objects.max {
                    $0.coarseCoverage[cell] < $1.coarseCoverage[cell]
                }
                guard let best, best.coarseCoverage[cell] >= 1.0 / 3 else { continue }
                kinds[cell] = Self.kind(of: best.className)
                let box = best.target.box
                let x = (box.x1 + box.x2) / 2 / width - (Double(cell % side) + 0.5) / Double(side)
                let y = (box.y1 + box.y2) / 2 / height - (Double(cell / side) + 0.5) / Double(side)
                offsets[2 * cell] = Float(4 * x)
                offsets[2 * cell + 1] = Float(4 * y)
            }
        }

        private static func kind(of className: String) -> Int {
            var hash = StableHash()
            hash.combine(className)
            return 1 + Int(hash.value % UInt64(SegmenterAuxiliaryHead.kinds - 1))
        }
    }

    /// Which cells count, [B s s, 1]; nil where all do.
    private func weights(of targets: [Targets], device: Device) throws -> Tensor? {
        guard targets.contains(where: { $0.counted != nil }) else { return nil }
        let values = targets.flatMap { $0.counted ?? $0.kinds.map { _ in 1 } }
        return try Tensor.of(values, shape: [values.count, 1]).to(device)
    }

    /// The cross-entropy of the kinds plus the mean absolute error of the offsets where there are
    /// objects; cells of which less than half counts are left out.
    ///
    /// - Parameters:
    ///   - embedding: [B, C, s, s]
    ///   - targets: of every picture
    /// - Returns: a scalar
    /// - Throws: `TorchError`
    public func loss(_ embedding: Tensor, _ targets: [Targets]) throws -> Tensor {
        let cells = try embedding.permuted(0, 2, 3, 1).reshaped(-1, embedding.size(1))
        let answer = try projection(cells).to(.float32)  // [B s s, K + 2]
        let kinds = try Tensor.of(targets.flatMap(\.kinds)).to(embedding.device)
        let logits = try answer.sliced(1, to: Self.kinds).logSoftmax(1)
        let known = try logits.gathered(1, kinds.unsqueezed(1))
        let weights = try weights(of: targets, device: embedding.device)
        let entropy =
            try weights.map { try -(known * $0).sum() / $0.sum().clamped(min: 1) }
            ?? -known.mean()
        let offsets = try Tensor.of(targets.flatMap(\.offsets), shape: [answer.size(0), 2])
            .to(embedding.device)
        let error = try (answer.sliced(1, from: Self.kinds) - offsets).abs().sum(1)
        var hasObject = try (kinds .> 0).to(.float32)
        if let weights { hasObject = try hasObject * weights.reshaped(-1) }
        let count = try hasObject.sum().clamped(min: 1)
        return try entropy + (error * hasObject).sum() / count
    }
}
