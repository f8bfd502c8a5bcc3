import NN
import TestSupport
import Torch

/// Hashed numbers with a spread that suits the key; Tests/Fixtures/generators/qwen25vl_models.py has
/// the same lines.
final class HashedWeights: WeightSource {
    private let salt: String

    /// - Parameter salt: of the fixtures that the weights belong to
    init(salt: String) { self.salt = salt }

    func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        let u = try Tensor.of(hashedNumbers(salt + key, shape.reduce(1, *)), shape: shape)
        func scaled(by factor: Double) throws -> Tensor {
            try u.scaleInPlace(by: factor)
            return u
        }
        if key.hasSuffix("embed_tokens.weight") { return try scaled(by: 0.5) }
        if shape.count == 1 {
            return try key.hasSuffix("weight")
                ? scaled(by: Double(Float(0.2))) + 1 : scaled(by: Double(Float(0.1)))
        }
        var bound = (3 / Double(shape.dropFirst().reduce(1, *))).squareRoot()
        if key.hasSuffix("q_proj.weight") || key.hasSuffix("k_proj.weight") { bound *= 2 }
        return try scaled(by: bound)
    }
}
