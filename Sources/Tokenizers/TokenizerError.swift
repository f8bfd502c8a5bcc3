/// What can be wrong with a tokenizer's files, with a chat, or with a request to train one.
public enum TokenizerError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A file cannot be read.
    case unreadable(path: String, reason: String)
    /// A file cannot be written.
    case unwritable(path: String, reason: String)
    /// A file is not JSON; `offset` is the byte at which that shows.
    case malformedJSON(file: String, offset: Int, reason: String)
    /// A file is neither UTF-8 nor UTF-16 with a byte order mark.
    case notText(file: String, fault: String)
    /// A key of `tokenizer.json` is missing or holds something that cannot be right.
    case invalid(file: String, key: String, reason: String)
    /// A key of `tokenizer.json` asks for something that this tokenizer does not do.
    case unsupported(file: String, key: String, found: String, supported: String)
    /// The vocabulary has no token of this spelling.
    case unknownToken(String)
    /// A chat holds another number of pictures than there are image token counts.
    case imageCountMismatch(imageParts: Int, counts: Int)
    /// A picture would stand for fewer than one token.
    case imageTokenCount(index: Int, count: Int)
    /// A trainer's options contradict each other.
    case trainerOptions(String)

    /// One sentence: what is wrong, where, and what to do.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "\(path): cannot be read: \(reason)"
        case .unwritable(let path, let reason):
            "\(path): cannot be written: \(reason)"
        case .malformedJSON(let file, let offset, let reason):
            "\(file): not JSON at byte \(offset): \(reason)"
        case .notText(let file, let fault):
            "\(file): \(fault)"
        case .invalid(let file, let key, let reason):
            "\(file): key '\(key)': \(reason)"
        case .unsupported(let file, let key, let found, let supported):
            "\(file): key '\(key)' is \(found), which is not supported; expected \(supported)"
        case .unknownToken(let spelling):
            "the vocabulary has no token '\(spelling)'; is this a Qwen2 tokenizer?"
        case .imageCountMismatch(let imageParts, let counts):
            "the chat holds \(imageParts) image(s), but \(counts) image token count(s) were given"
        case .imageTokenCount(let index, let count):
            "image \(index) would stand for \(count) tokens; it needs at least one"
        case .trainerOptions(let reason):
            "cannot train a vocabulary: \(reason)"
        }
    }
}
