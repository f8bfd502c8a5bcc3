import Foundation
import Testing

@testable import Evaluating

@Suite struct RecordLineTests {
    @Test("A line of an evaluation's answers is named by its number in the file")
    func lineNumbers() throws {
        let data = Data("\u{FEFF}{}\n\n[\n".utf8)
        #expect(try recordLines(of: data, "p").map(\.number) == [1, 3])
        let error = #expect(throws: EvaluationError.self) {
            try recordLines(of: data + Data([0xFF]), "p")
        }
        #expect(error?.description.contains("p: not UTF-8 at byte \(data.count) (line 4)") == true)
    }
}
