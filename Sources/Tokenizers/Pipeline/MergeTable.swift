/// Which pairs of tokens merge, in which order, and into what.
struct MergeTable: Sendable {
    /// The token of each byte; -1 where the vocabulary has none: such bytes are left out, as the
    /// reference leaves them out.
    let byteTokens: [Int32]
    private(set) var ranks: [UInt64: UInt32] = [:]
    private(set) var products: [Int32] = []

    init(byteTokens: [Int32], capacity: Int = 0) {
        self.byteTokens = byteTokens
        ranks.reserveCapacity(capacity)
        products.reserveCapacity(capacity)
    }

    /// The next merge in rank; a pair that comes twice takes its last rank, as in the reference.
    mutating func append(_ left: Int32, _ right: Int32, product: Int32) {
        ranks[Self.key(left, right)] = UInt32(products.count)
        products.append(product)
    }

    func rank(_ left: Int32, _ right: Int32) -> UInt32? {
        ranks[Self.key(left, right)]
    }

    static func key(_ left: Int32, _ right: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
    }
}

/// Merges the bytes of words into tokens; keeps its working space from word to word.
///
/// Always the merge of lowest rank comes first, the leftmost among equals. A queue of the pairs
/// makes that n log n in the length of a word.
struct WordMerger {
    private let table: MergeTable
    private var tokens: [Int32] = []
    /// The neighbours of each token that is still there; `count` and -1 beyond the ends.
    private var next: [Int32] = []
    private var previous: [Int32] = []
    /// The rank of each token's pair with its right neighbour; `noRank` if they do not merge.
    private var ranks: [UInt32] = []
    /// Rank in the upper half, position in the lower; stale entries are skipped when they come.
    private var queue = BinaryHeap<UInt64>()

    private static let noRank = UInt32.max

    init(table: MergeTable) {
        self.table = table
    }

    /// Appends the tokens of one word to `ids`.
    mutating func encode(_ word: some Collection<UInt8>, into ids: inout [Int]) {
        tokens.removeAll(keepingCapacity: true)
        for byte in word where table.byteTokens[Int(byte)] >= 0 {
            tokens.append(table.byteTokens[Int(byte)])
        }
        mergeTokens(into: &ids)
    }

    /// Appends the tokens that `word` merges into to `ids`.
    mutating func encode(tokens word: [Int32], into ids: inout [Int]) {
        tokens.removeAll(keepingCapacity: true)
        tokens += word
        mergeTokens(into: &ids)
    }

    private mutating func mergeTokens(into ids: inout [Int]) {
        if tokens.count > 1 { merge() }
        var index = 0
        while index < tokens.count {
            ids.append(Int(tokens[index]))
            index = tokens.count == 1 ? 1 : Int(next[index])
        }
    }

    private mutating func merge() {
        let count = tokens.count
        next.removeAll(keepingCapacity: true)
        next.append(contentsOf: 1...Int32(count))
        previous.removeAll(keepingCapacity: true)
        previous.append(contentsOf: -1..<Int32(count - 1))
        ranks.removeAll(keepingCapacity: true)
        ranks.append(contentsOf: repeatElement(Self.noRank, count: count))
        queue.removeAll()
        for index in 0..<(count - 1) { rank(index) }
        while let entry = queue.popFirst() {
            let index = Int(entry & 0xFFFF_FFFF)
            guard ranks[index] == UInt32(entry >> 32) else { continue }
            join(index)
        }
    }

    /// Ranks the pair that begins at `index`, and queues it if it merges.
    private mutating func rank(_ index: Int) {
        let right = Int(next[index])
        guard right < tokens.count, let rank = table.rank(tokens[index], tokens[right]) else {
            ranks[index] = Self.noRank
            return
        }
        ranks[index] = rank
        queue.insert(UInt64(rank) << 32 | UInt64(index))
    }

    /// Merges the pair that begins at `index`.
    private mutating func join(_ index: Int) {
        tokens[index] = table.products[Int(ranks[index])]
        let right = Int(next[index])
        ranks[right] = Self.noRank
        next[index] = next[right]
        if Int(next[index]) < tokens.count { previous[Int(next[index])] = Int32(index) }
        rank(index)
        if previous[index] >= 0 { rank(Int(previous[index])) }
    }
}
