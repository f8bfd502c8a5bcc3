/// Learns a small vocabulary from text, with Qwen2's words and Qwen2.5's added tokens.
///
/// Ids are in this order: the 256 bytes, the merges in the order in which they were learned,
/// Qwen's added tokens, the added words.
///
/// ```swift
/// let tokenizer = try BPETrainer(vocabularySize: 1_024, addedWords: ["12"]).train(texts)
/// try tokenizer.save(to: directory)
/// ```
public struct BPETrainer: Sendable {
    /// How many ids there may be in all. There are fewer where the text runs out of pairs, or
    /// where an added word is a token already.
    public let vocabularySize: Int
    /// How often a pair must occur to merge.
    public let minimumFrequency: Int
    /// Strings that are one token each wherever they stand, and that are not special.
    public let addedWords: [String]

    /// A trainer with its options, checked.
    ///
    /// - Throws: ``TokenizerError/trainerOptions(_:)`` if the vocabulary is too small for the
    ///   bytes and the added tokens, or an added word is empty, comes twice, or would be read
    ///   back as other text.
    public init(
        vocabularySize: Int, minimumFrequency: Int = 2, addedWords: [String] = []
    ) throws {
        self.vocabularySize = vocabularySize
        self.minimumFrequency = minimumFrequency
        self.addedWords = addedWords
        var known = Set((QwenTokens.special + QwenTokens.ordinary).map(Spelling.init))
        for word in addedWords {
            guard !word.isEmpty, known.insert(Spelling(word)).inserted else {
                throw TokenizerError.trainerOptions(
                    "the added word '\(word)' is empty or comes twice")
            }
            // Letters of the byte alphabet would stand for single bytes when decoded.
            if let bytes = ByteAlphabet.bytes(of: word), bytes != Array(word.utf8) {
                throw TokenizerError.trainerOptions(
                    "the added word '\(word)' is spelled with letters that stand for bytes")
            }
        }
        let least = vocabularySize - targetSize + 256
        guard targetSize >= 256, minimumFrequency >= 1 else {
            throw TokenizerError.trainerOptions(
                "a vocabulary of \(vocabularySize) is too small, it takes \(least) at least; "
                    + "the minimum frequency \(minimumFrequency) must be 1 or more")
        }
    }

    /// How many ids the bytes and the merges may take.
    private var targetSize: Int {
        let bytes = addedWords.count { $0.utf8.count == 1 }
        let added = QwenTokens.special.count + QwenTokens.ordinary.count
        return vocabularySize - added - (addedWords.count - bytes)
    }

    /// The tokenizer learned from `texts`.
    ///
    /// The most frequent pair merges first; among equals the one with the lower left id, then
    /// the lower right id. The same texts give the same bytes.
    public func train(_ texts: some Sequence<String>) throws -> Tokenizer {
        var state = MergeLearner(texts: texts)
        state.learn(until: targetSize, minimumFrequency: minimumFrequency)
        var ids: [Spelling: Int] = [:]
        for (id, token) in state.vocabulary.enumerated() {
            ids[Spelling(ByteAlphabet.spelling(of: token))] = id
        }
        var added = QwenTokens.added(from: state.vocabulary.count)
        var next = state.vocabulary.count + added.count
        for word in addedWords {
            if let id = ids[Spelling(word)] {
                added.append(AddedToken(id: id, content: word, isSpecial: false))
            } else {
                added.append(AddedToken(id: next, content: word, isSpecial: false))
                next += 1
            }
        }
        let writer = TokenizerWriter(
            vocabulary: state.vocabulary, merges: state.merges,
            addedTokens: added.sorted { $0.id < $1.id })
        return try Tokenizer(files: writer.files())
    }
}

/// A merge of two tokens.
struct LearnedMerge {
    let left: Int
    let right: Int
}

/// The state of learning: the words of the text, and where each pair of tokens occurs in them.
private struct MergeLearner {
    private struct Word {
        var tokens: [Int32]
        let count: Int
    }

    private struct Candidate: Comparable {
        let count: Int
        let pair: UInt64

        static func < (left: Candidate, right: Candidate) -> Bool {
            left.count == right.count ? left.pair < right.pair : left.count > right.count
        }
    }

    /// The bytes of each token, by id.
    private(set) var vocabulary: [[UInt8]]
    private(set) var merges: [LearnedMerge] = []
    private var ids: [[UInt8]: Int32] = [:]
    private var words: [Word] = []
    private var counts: [UInt64: Int] = [:]
    /// The words in which a pair occurs, or once did.
    private var places: [UInt64: Set<Int>] = [:]
    private var queue = BinaryHeap<Candidate>()

    init(texts: some Sequence<String>) {
        // The bytes come in the order of the characters that spell them.
        vocabulary = zip(ByteAlphabet.scalars, UInt8.min...UInt8.max)
            .sorted { $0.0 < $1.0 }.map { [$0.1] }
        for (id, token) in vocabulary.enumerated() { ids[token] = Int32(id) }
        var frequencies: [[UInt8]: Int] = [:]
        for text in texts {
            let text = CanonicalComposition.composed(text)
            let bytes = Array(text.utf8)
            for word in QwenPreTokenizer.words(of: text) {
                frequencies[Array(bytes[word]), default: 0] += 1
            }
        }
        for (bytes, count) in frequencies.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            words.append(Word(tokens: bytes.compactMap { ids[[$0]] }, count: count))
        }
        for index in words.indices { _ = count(index, sign: 1) }
        for (pair, count) in counts { queue.insert(Candidate(count: count, pair: pair)) }
    }

    mutating func learn(until size: Int, minimumFrequency: Int) {
        while vocabulary.count < size, let best = queue.popFirst() {
            let count = counts[best.pair] ?? 0
            guard count == best.count else {
                if count > 0 { queue.insert(Candidate(count: count, pair: best.pair)) }
                continue
            }
            guard count >= minimumFrequency else { return }
            merge(best.pair)
        }
    }

    private mutating func merge(_ pair: UInt64) {
        let (left, right) = (Int32(pair >> 32), Int32(pair & 0xFFFF_FFFF))
        let bytes = vocabulary[Int(left)] + vocabulary[Int(right)]
        let product = ids[bytes] ?? Int32(vocabulary.count)
        if ids.updateValue(product, forKey: bytes) == nil { vocabulary.append(bytes) }
        merges.append(LearnedMerge(left: Int(left), right: Int(right)))
        var changed: Set<UInt64> = []
        for index in places.removeValue(forKey: pair) ?? [] {
            _ = count(index, sign: -1)
            words[index].tokens = Self.merged(words[index].tokens, left, right, product)
            changed.formUnion(count(index, sign: 1))
        }
        for pair in changed {
            if let count = counts[pair] { queue.insert(Candidate(count: count, pair: pair)) }
        }
    }

    private static func merged(
        _ tokens: [Int32], _ left: Int32, _ right: Int32, _ product: Int32
    ) -> [Int32] {
        var result: [Int32] = []
        var index = 0
        while index < tokens.count {
            if index + 1 < tokens.count, tokens[index] == left, tokens[index + 1] == right {
                result.append(product)
                index += 2
            } else {
                result.append(tokens[index])
                index += 1
            }
        }
        return result
    }

    /// Adds a word's pairs to the counts, or takes them away; returns them.
    private mutating func count(_ index: Int, sign: Int) -> Set<UInt64> {
        let word = words[index]
        var pairs: Set<UInt64> = []
        for (left, right) in zip(word.tokens, word.tokens.dropFirst()) {
            let pair = MergeTable.key(left, right)
            counts[pair, default: 0] += sign * word.count
            if counts[pair] == 0 { counts[pair] = nil }
            if sign > 0 { places[pair, default: []].insert(index) }
            pairs.insert(pair)
        }
        return pairs
    }
}
