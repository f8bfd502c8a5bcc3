import NN
import Torch

/// Uniform numbers of [-1, 1) that depend on key and index only; Tests/Fixtures/generators/qwen25vl_fixtures.py has the
/// same lines.
func hashed(_ key: String, _ count: Int) -> [Float] {
    var state: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in key.utf8 { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        for index in 0..<count {
            state &+= 0x9e37_79b9_7f4a_7c15
            var z = state
            z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
            z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
            z ^= z >> 31
            buffer[index] = Float(z >> 40) / 8_388_608 - 1
        }
        initialized = count
    }
}

/// Hashed numbers with a spread that suits the key.
final class HashedWeights: WeightSource {
    func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor {
        let u = try Tensor.of(hashed(key, shape.reduce(1, *)), shape: shape)
        if key.hasSuffix("embed_tokens.weight") { return try u * 0.5 }
        if shape.count == 1 {
            return try key.hasSuffix("weight") ? u * Double(Float(0.2)) + 1 : u * Double(Float(0.1))
        }
        var bound = (3 / Double(shape.dropFirst().reduce(1, *))).squareRoot()
        if key.hasSuffix("q_proj.weight") || key.hasSuffix("k_proj.weight") { bound *= 2 }
        return try u * bound
    }
}
