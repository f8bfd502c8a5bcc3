import Foundation
import TextFiles

/// A file of lines "NAME phrase…": an image's name up to the first white space, and what refers to
/// an object of it.
struct PhraseList {
    struct Line {
        /// Counts from 1.
        var number: Int
        var name: String
        var phrase: String
    }

    private(set) var lines: [Line] = []
    private(set) var problems: [ImportProblem] = []

    /// Reads the lines of a file; blank ones do not count.
    ///
    /// - Parameters:
    ///   - bytes: The file's contents.
    ///   - file: Its path, for the problems.
    ///   - id: The id of the sample with that name in the line of that number.
    /// - Throws: ``ImportError`` if the file is no text; a line that is not UTF-8 is a problem.
    init(_ bytes: [UInt8], file: String, id: (String, Int) -> String) throws(ImportError) {
        let text: TextContents
        do throws(TextFault) {
            text = try TextContents(Data(bytes), validating: false)
        } catch {
            throw ImportError(path: file, message: error.description)
        }
        for (number, part) in text.lines() {
            let start = text.fileOffset(of: part.startIndex - text.bytes.startIndex)
            if let fault = TextContents.fault(in: part, before: start, line: number) {
                refuse(
                    nil, file,
                    "line \(number) is not UTF-8: byte \(fault.byte) of the file is wrong, "
                        + "\(fault.problem); save the file as UTF-8")
                continue
            }
            let line = String(decoding: part, as: UTF8.self)
            guard !isBlank(line) else { continue }
            let words = line.trimmed.split(maxSplits: 1, whereSeparator: \.isWhitespace)
            let name = String(words[0])
            if !isPlainName(name) {
                refuse(id(name, number), file, "line \(number): '\(name)' is no file's name")
            } else if words.count < 2 {
                refuse(id(name, number), file, "line \(number): there is no phrase after the name")
            } else {
                lines.append(Line(number: number, name: name, phrase: String(words[1]).trimmed))
            }
        }
    }

    private mutating func refuse(_ id: String?, _ file: String, _ message: String) {
        problems.append(ImportProblem(severity: .error, id: id, file: file, message: message))
    }
}

extension String {
    /// The text without white space at its ends.
    var trimmed: String {
        guard let start = firstIndex(where: { !$0.isWhitespace }),
            let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(self[start...last])
    }
}
