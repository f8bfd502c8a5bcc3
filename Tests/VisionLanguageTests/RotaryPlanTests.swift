import Testing

@testable import VisionLanguage

@Suite("Rotary plans")
struct RotaryPlanTests {
    @Test("Sections follow one after the other, or by turns as long as rows and columns have some")
    func axes() {
        let chunked = RotaryPlan(theta: 1e6, headSize: 16, axes: .chunked([2, 3, 3]))
        #expect(chunked.axisOfFrequency == [0, 0, 1, 1, 1, 2, 2, 2])
    }
}
