import NN
import Torch

/// How fast the machine multiplies matrices at best: what other speeds are seen beside.
///
/// - Parameters:
///   - dtype: the element type
///   - device: where
///   - sides: of the square matrices that are tried
///   - repeats: how often each is
/// - Returns: the most billions of additions and multiplications per second of any product
/// - Throws: `TorchError`
func gemmPeak(
    dtype: DType, device: Device, sides: [Int] = [512, 1024, 2048], repeats: Int = 4
) throws -> Double {
    try withoutGradients {
        var best = 0.0
        for side in sides {
            let matrix = try Tensor.ones([side, side], dtype: dtype, device: device)
            for _ in 0..<repeats {
                var phase = BenchmarkPhase()
                try phase.measure { try settle(matrix.linear(matrix)) }
                best = max(best, 2 * Double(side * side * side) / (phase.runs[0] * 1e9))
            }
        }
        return best
    }
}

/// Waits until a tensor is computed, which a device does later than it was asked.
func settle(_ tensor: Tensor) throws {
    if tensor.device == .cpu { return }
    _ = try tensor.reshaped(-1).sliced(0, to: 1).floats
}
