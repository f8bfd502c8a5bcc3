import Datasets

/// Makes damaged inputs from whole ones, the same for the same generator.
struct Mutator {
    /// Whole inputs.
    let seeds: [[UInt8]]
    /// Words that inputs of this kind are made of; none for binary formats.
    let tokens: [[UInt8]]
    /// Places in each seed that are not in a long run of zeros: those where something stands.
    private let places: [[Int]]

    /// Numbers at which sizes, signs and products go wrong.
    private static let numbers: [UInt64] = [
        0, 1, 2, 3, 4, 7, 8, 16, 63, 64, 65, 127, 128, 255, 256, 1024, 0x7FFF, 0x8000, 0xFFFF,
        0x1_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF, 0x1_0000_0000,
        0x3FFF_FFFF_FFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000,
        0xFFFF_FFFF_FFFF_FFF0, 0xFFFF_FFFF_FFFF_FFFF,
    ]

    init(seeds: [[UInt8]], tokens: [[UInt8]] = []) {
        self.seeds = seeds
        self.tokens = tokens
        places = seeds.map { seed in
            var last = -100
            return seed.indices.filter { place in
                if seed[place] != 0 { last = place }
                return place - last < 8
            }
        }
    }

    /// The input of a number: a seed with one to eight changes, seldom none.
    func input(_ random: inout SeededGenerator) -> [UInt8] {
        let seed = random.uniform(below: seeds.count)
        var bytes = seeds[seed]
        let changes = random.uniform(below: 50) == 0 ? 0 : 1 << random.uniform(below: 4)
        for _ in 0..<changes { change(&bytes, places[seed], &random) }
        return bytes
    }

    private func change(
        _ bytes: inout [UInt8], _ places: [Int], _ random: inout SeededGenerator
    ) {
        if !tokens.isEmpty, random.uniform(below: 2) == 0 { return changeToken(&bytes, &random) }
        let place = place(bytes.count, places, &random)
        switch random.uniform(below: 10) {
        case 0, 1:
            if place < bytes.count { bytes[place] ^= 1 << UInt8(random.uniform(below: 8)) }
        case 2, 3:
            if place < bytes.count { bytes[place] = UInt8(random.uniform(below: 256)) }
        case 4, 5: setNumber(&bytes, place, &random)
        case 6:
            if random.uniform(below: 4) == 0 { bytes.removeSubrange(place...) }
            let count = min(1 + random.uniform(below: 64), bytes.count - min(place, bytes.count))
            if count > 0 { bytes.removeSubrange(place..<place + count) }
        case 7:
            let count = 1 + random.uniform(below: 32)
            bytes.insert(
                contentsOf: (0..<count).map { _ in UInt8(random.uniform(below: 256)) }, at: place)
        case 8: copy(&bytes, from: bytes, to: place, &random)
        default: copy(&bytes, from: seeds[random.uniform(below: seeds.count)], to: place, &random)
        }
    }

    /// A place to change, `0...count`: in three of four cases one where something stands.
    private func place(_ count: Int, _ places: [Int], _ random: inout SeededGenerator) -> Int {
        if !places.isEmpty, random.uniform(below: 4) > 0 {
            return min(places[random.uniform(below: places.count)], count)
        }
        return random.uniform(below: count + 1)
    }

    /// Writes a number of 1, 2, 4 or 8 bytes, little-endian; near the one that is there, in one of
    /// three cases.
    private func setNumber(
        _ bytes: inout [UInt8], _ place: Int, _ random: inout SeededGenerator
    ) {
        let width = 1 << random.uniform(below: 4)
        guard place + width <= bytes.count else { return }
        var number = Self.numbers[random.uniform(below: Self.numbers.count)]
        if random.uniform(below: 3) == 0 {
            let old = bytes[place..<place + width].reversed().reduce(UInt64(0)) {
                $0 << 8 | UInt64($1)
            }
            number = old &+ UInt64(random.uniform(below: 33)) &- 16
        }
        for index in 0..<width {
            bytes[place + index] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(index)))
        }
    }

    /// Puts a piece of `source` at a place: over what is there, or before it.
    private func copy(
        _ bytes: inout [UInt8], from source: [UInt8], to place: Int,
        _ random: inout SeededGenerator
    ) {
        guard !source.isEmpty else { return }
        let start = random.uniform(below: source.count)
        let limit = 1 << random.uniform(below: 12)
        let piece = source[start..<min(source.count, start + 1 + random.uniform(below: limit))]
        if random.uniform(below: 2) == 0 {
            bytes.insert(contentsOf: piece, at: place)
        } else {
            bytes.replaceSubrange(place..<min(bytes.count, place + piece.count), with: piece)
        }
    }

    /// Inserts a word, puts one in the place of another, or repeats one many times.
    private func changeToken(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let token = tokens[random.uniform(below: tokens.count)]
        let words = wordRanges(bytes)
        let word = words.isEmpty ? 0..<0 : words[random.uniform(below: words.count)]
        switch random.uniform(below: 8) {
        case 0...2: bytes.insert(contentsOf: token, at: word.lowerBound)
        case 3...4: bytes.replaceSubrange(word, with: token)
        case 5: bytes.removeSubrange(word)
        case 6: bytes.insert(contentsOf: bytes[word], at: word.upperBound)
        default:
            let count = 1 << random.uniform(below: 10)
            bytes.insert(
                contentsOf: [[UInt8]](repeating: token, count: count).joined(),
                at: word.lowerBound)
        }
    }

    /// Letters and digits that stand together, and every other byte alone.
    private func wordRanges(_ bytes: [UInt8]) -> [Range<Int>] {
        func isLetter(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
                || (0x61...0x7A).contains(byte) || byte >= 0x80 || byte == 0x5F
        }
        var ranges: [Range<Int>] = []
        var start = 0
        while start < bytes.count {
            var end = start + 1
            if isLetter(bytes[start]) {
                while end < bytes.count, isLetter(bytes[end]) { end += 1 }
            }
            ranges.append(start..<end)
            start = end
        }
        return ranges
    }
}
