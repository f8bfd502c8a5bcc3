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
    init(_ bytes: [UInt8], file: String, id: (String, Int) -> String) {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
        let parts = text.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let number = index + 1
            guard let line = String(validating: part, as: UTF8.self) else {
                refuse(nil, file, "line \(number) is not UTF-8")
                continue
            }
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
