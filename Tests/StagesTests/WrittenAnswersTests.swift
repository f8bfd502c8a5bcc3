import FilesTestSupport
import Foundation
import Supervised
import Testing

@testable import SupervisedTraining

@Suite struct WrittenAnswersTests {
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
}
