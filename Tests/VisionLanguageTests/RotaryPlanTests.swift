import Testing
import Torch

@testable import VisionLanguage

@Suite("Rotary plans")
struct RotaryPlanTests {
    private func letters(_ plan: RotaryPlan) -> String {
        plan.axisOfFrequency.map { ["T", "H", "W"][$0] }.joined()
    }

    @Test("Sections follow one after the other, and begin anew with time")
    func chunked() {
        let plan = RotaryPlan(theta: 1e6, headSize: 20, axes: .chunked([2, 3, 3, 2]))
        #expect(letters(plan) == "TTHHHWWWTT")
    }

    @Test(
        "By turns, rows and columns have as many as their sections say, as in transformers",
        arguments: [
            ([24, 20, 20], 128, 1.0, String(repeating: "THW", count: 20) + "TTTT"),
            ([11, 11, 10], 256, 0.25, String(repeating: "THW", count: 10) + "TH"),
            ([2, 1, 1], 8, 1, "THWT"),
        ])
    func interleaved(sections: [Int], head: Int, part: Double, expected: String) {
        let plan = RotaryPlan(
            theta: 1e6, headSize: head, partialFactor: part, axes: .interleaved(sections))
        #expect(letters(plan) == expected)
        #expect(plan.turnedSize == 2 * expected.count)
    }

    @Test("Tokens that count one by one turn all frequencies by the same position")
    func sequential() {
        let plan = RotaryPlan(theta: 1e4, headSize: 8, axes: .sequential)
        #expect(letters(plan) == "TTTT")
    }

    @Test("A part of a head is turned by frequencies of its own width, the rest stays as it is")
    func partial() throws {
        let plan = RotaryPlan(
            theta: 100, headSize: 16, partialFactor: 0.5, axes: .interleaved([2, 1, 1]))
        let rotary = try TextRotary(plan, headSize: 16, dtype: .float32, device: .cpu)
        var positions = MultimodalPositions(text: 1)
        (positions.time, positions.row, positions.column) = ([5], [2], [3])
        let x = try Tensor.of((1...16).map { Float($0) / 16 }, shape: [1, 1, 16])
        // y_i = x_i cos(p θ^(-2i/8)) - x_{i+4} sin, in double precision; p is 5, 2, 3, 5.
        let expected: [Float] = [
            0.3173927, -0.1208504, 0.0498355, 0.1681536, 0.0287117, 0.3763578, 0.4733698, 0.533127,
            0.5625, 0.625, 0.6875, 0.75, 0.8125, 0.875, 0.9375, 1,
        ]
        for (found, value) in zip(try rotary(positions)(x).floats, expected) {
            #expect(abs(found - value) < 1e-6)
        }
    }
}
