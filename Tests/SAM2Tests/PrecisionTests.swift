import Foundation
import NN
import PromptedMasks
import SAM2
import Testing
import Torch

/// One tensor for every key.
private final class OneTensor: WeightSource {
    let value: Tensor
    init(_ value: Tensor) { self.value = value }

    func tensor(_ key: String, shape: [Int], initializer: Initializer) throws -> Tensor { value }
}

@Suite("Precision")
struct PrecisionTests {
    @Test("a model of sixteen bits tells points apart that are one pixel apart")
    func neighbours() throws {
        let configuration = try SAM2Configuration.load(path: SAM2Fixtures.path("windows.json"))
            .promptEncoder
        let encoder = try PromptEncoder(
            ParameterBuilder(
                source: HashedWeights(salt: try SAM2Fixtures.cases().salt), dtype: .bfloat16
            ).root / "prompt_encoder", configuration)
        // bfloat16 has no number between 100 and 100.5, nor between 101 and 101.5.
        func embedded(_ x: Float) throws -> Tensor {
            try encoder(
                PromptPoints(
                    coordinates: Tensor.of([x, 40], shape: [1, 1, 2]),
                    labels: Tensor.of([1], shape: [1, 1]))
            ).sparse
        }
        let places = try [100, 100.25, 100.5, 101].map(embedded)
        for (a, b) in zip(places, places.dropFirst()) { #expect(try !a.isEqual(to: b)) }
    }

    @Test("a model of sixteen bits still encodes places in float32, so that points do not move")
    func places() throws {
        // Numbers that bfloat16 has, so that only the arithmetic can differ.
        let frequencies: [Float] = [0.5, -1.25, 2.5, 0.75, -0.375, 1.5, -2.0, 0.625]
        let builder = ParameterBuilder(
            source: OneTensor(try Tensor.of(frequencies, shape: [2, 4])), dtype: .bfloat16)
        let encoding = try PositionEncoding(builder.root / "places", 8, scale: 1)
        let places: [Float] = [0.5009765, 0.2509765, 0.9990234, 0.1234567, 0.3333333, 0.7777777]
        let encoded = try encoding(Tensor.of(places, shape: [3, 2]))
        #expect(encoded.dtype == .bfloat16)
        let numbers = try encoded.floats
        for point in 0..<3 {
            let (x, y) = (2 * Double(places[2 * point]) - 1, 2 * Double(places[2 * point + 1]) - 1)
            for index in 0..<4 {
                let angle =
                    2 * Double.pi
                    * (x * Double(frequencies[index]) + y * Double(frequencies[4 + index]))
                // Half the distance of neighbours below 1 in bfloat16, and float32's own error.
                let tolerance = 0x1p-9 + 1e-5
                #expect(abs(Double(numbers[8 * point + index]) - sin(angle)) < tolerance)
                #expect(abs(Double(numbers[8 * point + 4 + index]) - cos(angle)) < tolerance)
            }
        }
    }
}
