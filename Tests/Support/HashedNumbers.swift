// What the generators of the fixtures compute too. This target is optimised in debug builds, where
// the largest matrices would take minutes otherwise.

/// Uniform numbers of [-1, 1) that depend on key and index only (FNV-1a, then SplitMix64).
///
/// - Parameters:
///   - key: what they are for, the fixtures' salt in front
///   - count: how many
/// - Returns: multiples of 2⁻²³
public func hashedNumbers(_ key: String, _ count: Int) -> [Float] {
    var start: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in key.utf8 { start = (start ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    return [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
        var stream = SplitMix(seed: start)
        for index in 0..<count { buffer[index] = Float(stream.next() >> 40) / 8_388_608 - 1 }
        initialized = count
    }
}

/// A stream of numbers from a seed (SplitMix64).
public struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    /// The stream of a seed.
    public init(seed: UInt64) { state = seed }

    /// The next number.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

/// A sum modulo 2⁶⁴ of words, each times a number that depends on its place: two lists that differ
/// in a value or in the order have other sums.
public func checksum(_ words: some Sequence<UInt32>) -> UInt64 {
    var (place, sum): (UInt64, UInt64) = (0, 0)
    for word in words {
        place &+= 0x9e37_79b9_7f4a_7c15
        sum &+= (place ^ (place >> 29)) &* UInt64(word) &+ UInt64(word)
    }
    return sum
}

/// The checksum of bytes, each as a word of its own.
public func checksum(bytes: [UInt8]) -> UInt64 { checksum(bytes.lazy.map(UInt32.init)) }

/// The checksum of the bit patterns of numbers.
public func checksum(floats: [Float]) -> UInt64 { checksum(floats.lazy.map(\.bitPattern)) }

/// The bytes R, G, B, R, … of a picture with slopes and edges everywhere.
public func patternPixels(width: Int, height: Int, shift: Int = 0) -> [UInt8] {
    var pixels: [UInt8] = []
    pixels.reserveCapacity(width * height * 3)
    for y in 0..<height {
        for x in 0..<width {
            for c in 0..<3 {
                pixels.append(
                    UInt8((x * 7 + y * 13 + c * 50 + (x * y) % 31 * 3 + shift) % 256))
            }
        }
    }
    return pixels
}
