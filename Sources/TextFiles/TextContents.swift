public import Foundation

/// What a text file holds: UTF-8 without a byte order mark, whatever of UTF-8 and UTF-16 the file is.
///
/// Every text that a user gives is read through this. A mark at the start is skipped; UTF-16 needs one.
public struct TextContents: Sendable {
    /// The text.
    public let bytes: Data
    private let markLength: Int
    private let isUTF8: Bool

    /// Reads a file's bytes.
    ///
    /// - Parameters:
    ///   - data: the bytes, which are not copied unless there is a mark
    ///   - validating: whether bytes that are not UTF-8 are an error
    /// - Throws: ``TextFault``
    public init(_ data: Data, validating: Bool = true) throws(TextFault) {
        var stream = TextStream()
        let text = try stream.add(data)
        let rest = try stream.finish()
        bytes = text.isEmpty ? rest : text
        markLength = stream.markLength
        isUTF8 = stream.isUTF8
        if validating, isUTF8, let fault = Self.fault(in: bytes, before: markLength) {
            throw fault
        }
    }

    /// The text as a string.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Where a byte of ``bytes`` stands in the file; counts from 0.
    public func fileOffset(of offset: Int) -> Int {
        if isUTF8 { return markLength + offset }
        return 2 + 2 * String(decoding: bytes.prefix(offset), as: UTF8.self).utf16.count
    }

    /// The lines, without their line feeds and without byte order marks at their starts, as files that were
    /// put together of several have them.
    ///
    /// - Returns: those that have more than white space, with their numbers, which count from 1
    public func lines() -> [(number: Int, bytes: Data)] {
        var result: [(number: Int, bytes: Data)] = []
        let parts = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let line = Self.withoutMark(part)
            if !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) {
                result.append((index + 1, line))
            }
        }
        return result
    }

    /// A line without the byte order mark at its start.
    public static func withoutMark(_ line: Data) -> Data {
        line.starts(with: TextStream.mark) ? line.dropFirst(TextStream.mark.count) : line
    }

    /// The first byte that is not UTF-8.
    ///
    /// - Parameters:
    ///   - bytes: some of a file's
    ///   - before: how many bytes of the file come before them
    ///   - line: the line that they begin in
    /// - Returns: what is wrong; nil if nothing is
    public static func fault(
        in bytes: some ContiguousBytes, before: Int = 0, line: Int = 1
    ) -> TextFault? {
        bytes.withUnsafeBytes { raw in
            guard let fault = UTF8Validity.fault(in: raw) else { return nil }
            let lines = raw.prefix(fault.offset).reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
            return TextFault(
                expected: "UTF-8", byte: before + fault.offset, line: line + lines,
                problem: fault.problem)
        }
    }
}
