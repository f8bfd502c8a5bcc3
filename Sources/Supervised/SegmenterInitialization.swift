import Datasets
import NN
public import PromptedMasks
public import SAM2
import Torch

/// How a new segmenter's parameters start.
public enum SegmenterInitialization: String, Hashable, Sendable, CaseIterable {
    /// As `SAM2Model/random(configuration:seed:dtype:device:)` makes them.
    case plain
    /// Such that prompts find their places from the start: in the attention between prompts and picture
    /// keys are made as queries are, by an orthogonal matrix times 2, and the embeddings of places in
    /// the picture and of kinds of points are normal numbers of deviation 0.3.
    ///
    /// A small model with plain weights takes hundreds of steps to leave the answer "every object" to
    /// any prompt; with these a point attends to its own surroundings at once.
    case matched

    /// Changes a new model's parameters in place.
    ///
    /// - Parameters:
    ///   - model: a model with random parameters
    ///   - seed: decides about all numbers
    /// - Throws: `TorchError`
    public func apply(to model: SAM2Model, seed: UInt64) throws {
        if self == .plain { return }
        try withoutGradients {
            for parameter in model.parameters {
                var hash = StableHash()
                hash.combine("matched")
                hash.combine(seed)
                hash.combine(parameter.key.replacing(".k_proj.", with: ".q_proj."))
                var random = SeededGenerator(seed: hash.value)
                let tensor = parameter.tensor
                let values: [Float]
                if Self.isMatched(parameter.key) {
                    values = orthogonalRows(
                        tensor.size(0), tensor.size(1), scale: 2, using: &random)
                } else if Self.isPlace(parameter.key) {
                    values = (0..<tensor.count).map { _ in Float(0.3 * random.normal()) }
                } else {
                    continue
                }
                try tensor.copyInPlace(from: Tensor.of(values, shape: tensor.shape))
            }
        }
    }

    private static func isMatched(_ key: String) -> Bool {
        (key.contains("cross_attn_") || key.contains("final_attn_"))
            && (key.hasSuffix(".q_proj.weight") || key.hasSuffix(".k_proj.weight"))
    }

    private static func isPlace(_ key: String) -> Bool {
        key.hasSuffix(".pos_embed") || key.hasSuffix(".pos_embed_window")
            || key.hasSuffix(".point_embed.weight")
    }
}

/// A matrix whose rows, or whose columns if there are fewer of them, are orthogonal and of length
/// `scale`: normal numbers through the process of Gram and Schmidt, row after row.
func orthogonalRows(
    _ rows: Int, _ columns: Int, scale: Double, using random: inout SeededGenerator
) -> [Float] {
    let (count, length) = (min(rows, columns), max(rows, columns))
    var basis: [[Double]] = []
    while basis.count < count {
        var vector = (0..<length).map { _ in random.normal() }
        for other in basis {
            let product = zip(vector, other).reduce(0) { $0 + $1.0 * $1.1 }
            for index in vector.indices { vector[index] -= product * other[index] }
        }
        let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
        if norm > 1e-6 { basis.append(vector.map { $0 / norm }) }
    }
    return (0..<rows).flatMap { row in
        (0..<columns).map { column in
            Float(scale * (rows <= columns ? basis[row][column] : basis[column][row]))
        }
    }
}
