/// A source of random numbers that gives the same sequence for the same seed on every platform
/// and with every Swift version: xoshiro256**, its state filled by SplitMix64.
///
/// The standard library does not promise how `shuffle(using:)` or `Int.random(in:using:)` turn
/// words into results. Where a result has to stay the same, use ``uniform(below:)``,
/// ``uniformUnit()`` and ``permutation(count:)``.
public struct SeededGenerator: RandomNumberGenerator, Hashable, Sendable, Codable {
    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64

    /// The generator of a seed; every seed, 0 included, is a good one.
    public init(seed: UInt64) {
        var state = seed
        s0 = splitMix64(&state)
        s1 = splitMix64(&state)
        s2 = splitMix64(&state)
        s3 = splitMix64(&state)
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        let result = rotateLeft(s1 &* 5, 7) &* 9
        let shifted = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= shifted
        s3 = rotateLeft(s3, 45)
        return result
    }

    /// A number in `0..<bound`, every one equally likely; `bound` is at least 1.
    public mutating func uniform(below bound: Int) -> Int {
        precondition(bound > 0, "an empty range has no numbers")
        let range = UInt64(bound)
        // Lemire's method: the high word of a product is the result; products whose low word is
        // below 2^64 mod range would favour some results and are drawn again.
        let threshold = (0 &- range) % range
        while true {
            let product = next().multipliedFullWidth(by: range)
            if product.low >= threshold { return Int(product.high) }
        }
    }

    /// A number in `0..<1`: one of the 2^53 multiples of 2^-53, every one equally likely.
    public mutating func uniformUnit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// The numbers `0..<count` in a random order (Fisher and Yates, from the last place down).
    public mutating func permutation(count: Int) -> [Int] {
        var order = Array(0..<count)
        var last = count - 1
        while last > 0 {
            order.swapAt(last, uniform(below: last + 1))
            last -= 1
        }
        return order
    }
}

/// A hash that is the same in every process, on every platform and in every version, for
/// deriving seeds: FNV-1a over the bytes of the parts, then the finalizer of SplitMix64.
///
/// Each part is preceded by a byte for its kind, and text by its length, so that ("ab", "c") and
/// ("a", "bc") differ. Swift's own `Hasher` is seeded per process and cannot serve here.
///
/// ```swift
/// var hash = StableHash()
/// hash.combine(runSeed)
/// hash.combine("beach-0042")
/// var generator = SeededGenerator(seed: hash.value)
/// ```
public struct StableHash: Hashable, Sendable {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    /// The hash of nothing yet.
    public init() {}

    /// Adds a number.
    public mutating func combine(_ number: UInt64) {
        add(1)
        addBytes(of: number)
    }

    /// Adds a number.
    public mutating func combine(_ number: Int) {
        combine(UInt64(bitPattern: Int64(number)))
    }

    /// Adds a text's UTF-8 bytes.
    public mutating func combine(_ text: String) {
        add(2)
        addBytes(of: UInt64(text.utf8.count))
        for byte in text.utf8 { add(byte) }
    }

    /// The hash of the parts that were added.
    public var value: UInt64 { mixed(state) }

    /// The seed of one completion, from the things that name it.
    ///
    /// - Parameters:
    ///   - runSeed: The run's seed.
    ///   - step: The training step, from 0.
    ///   - sampleID: The sample's id.
    ///   - index: The completion's place in its group, from 0.
    /// - Returns: A seed that no other completion of the run is likely to have.
    public static func seed(runSeed: UInt64, step: Int, sampleID: String, index: Int) -> UInt64 {
        var hash = StableHash()
        hash.combine(runSeed)
        hash.combine(step)
        hash.combine(sampleID)
        hash.combine(index)
        return hash.value
    }

    private mutating func addBytes(of number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            add(UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    private mutating func add(_ byte: UInt8) {
        state = (state ^ UInt64(byte)) &* 0x100_0000_01B3
    }
}

private func rotateLeft(_ word: UInt64, _ count: UInt64) -> UInt64 {
    word << count | word >> (64 - count)
}

private func splitMix64(_ state: inout UInt64) -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    return mixed(state)
}

private func mixed(_ word: UInt64) -> UInt64 {
    var z = word
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
}
