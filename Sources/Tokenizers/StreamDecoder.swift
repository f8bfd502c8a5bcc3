/// Turns ids into text one by one, and holds back a character until its last byte is there.
///
/// All that comes out, with ``finish()``, is what ``Tokenizer/decode(_:skipSpecialTokens:)``
/// makes of the same ids.
public struct StreamDecoder: Sendable {
    private let tokenizer: Tokenizer
    private let skipSpecialTokens: Bool
    private var pending: [UInt8] = []
    /// At work where tokens are more than bytes.
    private var stream: TokenDecoder.Stream?

    /// A decoder at the beginning of a text.
    public init(tokenizer: Tokenizer, skipSpecialTokens: Bool) {
        self.tokenizer = tokenizer
        self.skipSpecialTokens = skipSpecialTokens
        stream = tokenizer.decoder.isByteLevel ? nil : TokenDecoder.Stream(tokenizer.decoder)
    }

    /// The text that is complete with this id; empty if a character is still open.
    public mutating func append(_ id: Int) -> String {
        if skipSpecialTokens && tokenizer.isSpecial(id) { return "" }
        if stream != nil {
            return tokenizer.token(for: id).flatMap { stream?.append($0) } ?? ""
        }
        pending += tokenizer.bytes(for: id)
        let open = Self.openBytes(at: pending)
        let text = String(decoding: pending.dropLast(open), as: UTF8.self)
        pending.removeFirst(pending.count - open)
        return text
    }

    /// What is left: U+FFFD if the text ends inside a character, else nothing.
    public mutating func finish() -> String {
        defer { pending.removeAll() }
        if var stream {
            self.stream = TokenDecoder.Stream(tokenizer.decoder)
            return stream.finish()
        }
        return String(decoding: pending, as: UTF8.self)
    }

    /// How many bytes at the end begin a character that further bytes may complete.
    static func openBytes(at bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            let tail = bytes.suffix(length)
            guard let first = tail.first, !UTF8.isContinuation(first) else { continue }
            return isOpen(first, tail.dropFirst()) ? length : 0
        }
        return 0
    }

    private static func isOpen(_ first: UInt8, _ rest: ArraySlice<UInt8>) -> Bool {
        let length: Int
        let second: ClosedRange<UInt8>
        switch first {
        case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
        case 0xE0: (length, second) = (3, 0xA0...0xBF)
        case 0xED: (length, second) = (3, 0x80...0x9F)
        case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
        case 0xF0: (length, second) = (4, 0x90...0xBF)
        case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
        case 0xF4: (length, second) = (4, 0x80...0x8F)
        default: return false
        }
        return rest.count + 1 < length && (rest.first.map(second.contains) ?? true)
    }
}
