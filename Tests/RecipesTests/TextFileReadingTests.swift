import Foundation
import Supervised
import Testing

@testable import Evaluating
@testable import Runs
@testable import SupervisedTraining

@Suite struct TextFileReadingTests {
    private static let encodings = [String.Encoding.utf8, .utf16LittleEndian, .utf16BigEndian]

    @Test("Written answers may have marks at the starts of lines, and be UTF-16")
    func answers() throws {
        let line = #"{"id": "a", "question": "où?", "completion": "<think>là</think>"}"#
        try withFolder { folder in
            let path = folder + "/answers.jsonl"
            for encoding in Self.encodings {
                let text = "\u{FEFF}\(line)\r\n\n\u{FEFF}\(line)\n"
                try #require(text.data(using: encoding)).write(to: URL(fileURLWithPath: path))
                let found = try WrittenAnswers(path: path).answers["a"]
                #expect(found?.map(\.question) == ["où?", "où?"], "\(encoding)")
            }
            try (Data("\(line)\n".utf8) + Data([0xFC])).write(to: URL(fileURLWithPath: path))
            let error = #expect(throws: (any Error).self) { try WrittenAnswers(path: path) }
            let place = line.utf8.count + 1
            #expect(
                error.map { "\($0)" }
                    == "\(path): not UTF-8 at byte \(place) (line 2): 0xFC; save the file as UTF-8")
        }
    }

    @Test("Metrics of a run with a mark before them lose no step when the run goes on")
    func metrics() {
        let text = Data("\u{FEFF}{\"step\": 1}\n{\"step\": 2}\n{\"step\": 3}\n".utf8)
        #expect(linesUpTo(2, of: text) == text.prefix(text.count - 12))
        #expect(lastStep(of: Data("\u{FEFF}{\"step\": 7}\n".utf8)) == 7)
    }

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
