/// A piece of a conversation that a template has rendered.
public struct ChatText: Hashable, Sendable {
    /// What it spells.
    public var text: String
    /// Whether it was said, by a person or a trainer, and is text even where it spells a control token;
    /// else it is the template's.
    public var isSaid: Bool

    /// A piece from its parts.
    public init(_ text: String, isSaid: Bool) {
        self.text = text
        self.isSaid = isSaid
    }
}

extension Tokenizer {
    /// The spellings of the tokens that steer the model.
    public var controlSpellings: [String] { addedTokens.filter(\.isControl).map(\.content) }

    /// The ids of a rendered conversation.
    ///
    /// In the template's pieces every added token counts, in what was said only words. Neighbouring texts are
    /// one text, so that words and merges across them are those of the whole. The tokenizer's ``ends`` stand
    /// around them, unless the template writes the first itself.
    ///
    /// - Parameters:
    ///   - pieces: the conversation
    ///   - imageTokenCounts: for each picture, in order, the number of tokens that its place stands for
    ///   - imageToken: what the template writes where a picture stands
    ///   - restore: what becomes of texts before they are tokens
    /// - Returns: the ids
    /// - Throws: ``TokenizerError`` if the placeholders do not fit the counts
    public func encode(
        _ pieces: [ChatText], imageTokenCounts: [Int],
        imageToken: String = QwenTokens.imagePad, restore: (String) -> String = { $0 }
    ) throws -> [Int] {
        let imagePad = try requiredID(for: imageToken)
        if let index = imageTokenCounts.firstIndex(where: { $0 < 1 }) {
            throw TokenizerError.imageTokenCount(index: index, count: imageTokenCounts[index])
        }
        var ids: [Int] = []
        var text = ""
        var places = 0
        func flush() {
            if !text.isEmpty { ids += encode(restore(text), specialTokens: .words) }
            text = ""
        }
        for piece in pieces {
            if piece.isSaid {
                text += piece.text
                continue
            }
            for part in written.pieces(of: piece.text) {
                switch part {
                case .text(let words): text += words
                case .token(let id):
                    flush()
                    let isPlace = id == imagePad
                    let count =
                        isPlace && places < imageTokenCounts.count ? imageTokenCounts[places] : 1
                    ids += repeatElement(id, count: count)
                    if isPlace { places += 1 }
                }
            }
        }
        flush()
        guard places == imageTokenCounts.count else {
            throw TokenizerError.imageCountMismatch(
                imageParts: places, counts: imageTokenCounts.count)
        }
        return framed(ids)
    }
}
