import Files
import Foundation
import Supervised
import TextFiles

/// Answers that somebody wrote for samples of a data set, from a file of JSON lines:
/// `{"id": "sample", "question": "Find the ships.", "completion": "<think>…</answer>"}`.
struct WrittenAnswers: Sendable {
    /// The answers of each sample, in the file's order.
    let answers: [String: [WrittenAnswer]]

    private struct Line: Decodable {
        let id: String
        let question: String
        let completion: String
    }

    /// Reads a file; empty lines do not count.
    ///
    /// - Throws: ``MissingInputError``, or ``LessonError`` with the file and the line
    init(path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw MissingInputError(path: path, what: "file of written answers")
        }
        var answers: [String: [WrittenAnswer]] = [:]
        let contents: TextContents
        do throws(TextFault) {
            contents = try TextContents(data)
        } catch {
            throw LessonError(description: "\(path): \(error)")
        }
        for (number, bytes) in contents.lines() {
            guard let line = try? JSONDecoder().decode(Line.self, file: bytes) else {
                throw LessonError(
                    description: "\(path):\(number): not an object with the texts id, question "
                        + "and completion")
            }
            guard !line.completion.isEmpty, !line.question.isEmpty else {
                throw LessonError(
                    description: "\(path):\(number): the question or the completion is empty")
            }
            answers[line.id, default: []].append(
                WrittenAnswer(question: line.question, completion: line.completion))
        }
        if answers.isEmpty { throw LessonError(description: "\(path): holds no answer") }
        self.answers = answers
    }
}
