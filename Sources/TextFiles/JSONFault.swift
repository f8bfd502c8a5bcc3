import Foundation

/// Where a text is not JSON, as Python's `json` takes it, and why.
public struct JSONFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The place from the text's start; counts from 0.
    public let byte: Int
    /// Its line; counts from 1.
    ///
    /// Nil where the text has one line only, as the lines of other files do.
    public let line: Int?
    /// Its place in the line, in characters; counts from 1.
    public let column: Int
    /// What is wrong there.
    public let problem: String

    /// What is wrong, and where, as the rest of a sentence about the file.
    public var description: String {
        guard let line else { return "not valid JSON at column \(column): \(problem)" }
        return "not valid JSON at line \(line), column \(column) (byte \(byte)): \(problem)"
    }

    /// The first place of a file's text at which it is not JSON; nil if there is none.
    static func first(in contents: TextContents) -> JSONFault? {
        contents.bytes.withUnsafeBytes { bytes in
            guard let (offset, problem) = JSONSyntax.fault(in: bytes) else { return nil }
            let before = bytes.prefix(offset)
            let start = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
            let isOneLine = !bytes.dropLast().contains(0x0A)
            return JSONFault(
                byte: contents.fileOffset(of: offset),
                line: isOneLine ? nil : before.reduce(1) { $0 + ($1 == 0x0A ? 1 : 0) },
                column: String(decoding: before[start...], as: UTF8.self).count + 1,
                problem: problem)
        }
    }
}
