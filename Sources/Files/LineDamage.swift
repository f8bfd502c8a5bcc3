package import Foundation

/// Lines of a file that are not what was written there; what has no line feed at the end does not count,
/// for that is being written, or its process was killed.
package struct LineDamage: Sendable, Hashable, CustomStringConvertible {
    /// The file.
    package let file: String
    /// The numbers of the lines, which count from 1; at least one.
    package let lines: [Int]

    /// Damage from its parts; nil without lines.
    package init?(_ file: String, lines: [Int]) {
        if lines.isEmpty { return nil }
        self.file = file
        self.lines = lines
    }

    /// Looks for damage in a file; nil where there is none, or no file.
    ///
    /// - Parameters:
    ///   - file: the file
    ///   - isWhole: whether a line, without its line feed, is as it was written
    package init?(_ file: String, isWhole: (Data) -> Bool) {
        let text = FileManager.default.contents(atPath: file) ?? Data()
        let lines = Self.wholeLines(of: text).filter { !isWhole($0.bytes) }
        self.init(file, lines: lines.map(\.number))
    }

    /// The lines of a text that end with a line feed, without it, with their numbers; blank ones do not
    /// count.
    package static func wholeLines(of text: Data) -> [(number: Int, bytes: Data)] {
        let parts = text.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast()
        return parts.enumerated().compactMap { index, line in
            line.allSatisfy { [0x20, 0x09, 0x0D].contains($0) }
                ? nil : (index + 1, Data(line))
        }
    }

    /// File, line, and what of it.
    package var description: String {
        let more = lines.dropFirst()
        let names = more.prefix(5).map(String.init).joined(separator: ", ")
        let rest = more.count > 5 ? " and \(more.count - 5) more" : ""
        let others =
            more.isEmpty ? "" : ", and so \(more.count == 1 ? "is" : "are") \(names)\(rest)"
        return "\(file):\(lines[0]): the line is damaged and left out\(others)"
    }

    /// The same where the file is written anew without them.
    package var noteOfRepair: String {
        "\(self); the file as it was is kept as "
            + URL(fileURLWithPath: aside).lastPathComponent
    }

    /// Where the file is kept as it was: beside it, under a name that is free or has the same already.
    private var aside: String {
        let files = FileManager.default
        func isFree(_ path: String) -> Bool {
            !files.fileExists(atPath: path) || files.contentsEqual(atPath: file, andPath: path)
        }
        var (path, number) = ("\(file).damaged", 1)
        while !isFree(path) { (path, number) = ("\(file).damaged-\(number)", number + 1) }
        return path
    }

    /// Keeps a copy of the file.
    ///
    /// - Throws: ``FileError``
    package func putAside() throws {
        let place = aside
        guard let text = FileManager.default.contents(atPath: file) else {
            throw FileError(path: file, message: "cannot be read")
        }
        try DurableFiles.write(text, to: place)
    }
}
