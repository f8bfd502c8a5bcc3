public import Foundation

/// Turns the bytes of a text file into UTF-8 without a byte order mark, piece by piece.
///
/// A mark at the start tells UTF-16 from UTF-8, and is left out. Whether UTF-8 is well-formed is not looked
/// at here: ``TextContents`` does.
public struct TextStream {
    private enum State {
        case start(Data)
        case utf8
        case utf16(UTF16Converter)
    }

    private var state = State.start(Data())
    /// How many bytes of a mark of UTF-8 stood before the text.
    public private(set) var markLength = 0
    /// Whether places in the text are places in the file, but for the mark.
    public var isUTF8: Bool { if case .utf16 = state { false } else { true } }

    /// The bytes of the mark of UTF-8.
    public static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// A stream at the start of a file.
    public init() {}

    /// The text of the file's next bytes.
    ///
    /// - Parameter piece: the bytes
    /// - Returns: UTF-8; the bytes themselves, not copied, unless the file is UTF-16
    /// - Throws: ``TextFault``
    public mutating func add(_ piece: Data) throws(TextFault) -> Data {
        switch state {
        case .utf8: return piece
        case .utf16(var converter):
            let text = try Self.convert(piece, &converter)
            state = .utf16(converter)
            return text
        case .start(let held):
            let begin = held.isEmpty ? piece : held + piece
            guard begin.count >= 4 else {
                state = .start(begin)
                return Data()
            }
            return try open(begin)
        }
    }

    /// The rest of the text, where no bytes follow.
    ///
    /// - Throws: ``TextFault``
    public mutating func finish() throws(TextFault) -> Data {
        var rest = Data()
        if case .start(let held) = state { rest = try open(held) }
        if case .utf16(let converter) = state { try converter.finish() }
        return rest
    }

    private mutating func open(_ begin: Data) throws(TextFault) -> Data {
        let bytes = [UInt8](begin.prefix(4))
        func fault(_ byte: Int, _ problem: String) -> TextFault {
            TextFault(expected: "UTF-8", byte: byte, line: 1, problem: problem)
        }
        if let kind = FileSignature.of(begin) { throw TextFault(kind) }
        // UTF-32's mark begins as UTF-16's does.
        if bytes == [0xFF, 0xFE, 0, 0] || bytes == [0, 0, 0xFE, 0xFF] {
            throw fault(0, "the byte order mark of UTF-32")
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            var converter = UTF16Converter(isBigEndian: bytes[0] == 0xFE)
            let text = try Self.convert(begin.dropFirst(2), &converter)
            state = .utf16(converter)
            return text
        }
        if let zero = bytes.prefix(2).firstIndex(of: 0) {
            throw fault(zero, "a NUL, as in UTF-16 without a byte order mark")
        }
        state = .utf8
        guard bytes.starts(with: Self.mark) else { return begin }
        markLength = Self.mark.count
        return Data(begin.dropFirst(Self.mark.count))
    }

    private static func convert(
        _ piece: Data, _ converter: inout UTF16Converter
    ) throws(TextFault) -> Data {
        let result = piece.withUnsafeBytes { bytes in
            Result { () throws(TextFault) in try converter.convert(bytes) }
        }
        return try result.get()
    }
}
