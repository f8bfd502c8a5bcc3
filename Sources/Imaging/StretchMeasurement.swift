/// Finds percentiles of all samples of many pictures, exactly and in the same memory however many they are.
///
/// Samples of up to 16 bits are counted value by value, in one pass over the pictures. Others are taken as
/// floats of 32 bits, in two: the first counts the upper halves of their bits, the second the lower halves
/// where a percentile is.
public struct StretchMeasurement: Sendable {
    private let percents: [Double]
    /// Gray; red, green and blue.
    private var channels = (0..<4).map { _ in ChannelCounts() }
    private var isSecondPass = false

    /// A measurement for a stretch; nil if it is none of percentiles, as others need none.
    public init?(_ stretch: Stretch) {
        guard case .percentiles(let low, let high) = stretch else { return nil }
        percents = [low, high]
    }

    /// Counts a picture's samples.
    mutating func add(_ image: DeepImage) {
        let isWhole = [.int8, .int16, .uint16].contains(image.type)
        guard !isWhole || !isSecondPass else { return }
        let first = image.channels == 1 ? 0 : 1
        let isSecondPass = isSecondPass
        channels.withUnsafeMutableBufferPointer { channels in
            image.forEachPixel { _, values, isValid in
                guard isValid else { return }
                for channel in 0..<image.channels {
                    let value = values(channel)
                    if isWhole {
                        channels[first + channel].add(Int(value))
                    } else {
                        channels[first + channel].add(value, lowerHalf: isSecondPass)
                    }
                }
            }
        }
    }

    /// Ends a pass over all pictures.
    ///
    /// - Returns: whether all is known; if not, the same pictures are added once more
    public mutating func endPass() -> Bool {
        guard !isSecondPass, channels.contains(where: \.hasFloats) else { return true }
        isSecondPass = true
        for index in channels.indices { channels[index].beginSecondPass(percents) }
        return false
    }

    /// What was found, after the last pass.
    public var ranges: StretchRanges {
        let found = channels.map { channel in
            channel.total == 0
                ? nil
                : StretchRange(low: channel.value(percents[0]), high: channel.value(percents[1]))
        }
        let colors = found[1...].compactMap(\.self)
        return StretchRanges(gray: found[0], colors: colors.count == 3 ? colors : nil)
    }
}

/// How often each value occurs in one channel.
private struct ChannelCounts: Sendable {
    /// Of the values -32768...65535.
    private var whole = [Int](repeating: 0, count: 3 << 15)
    /// By the upper half of a float's bits, in the order of the numbers.
    private var upper = [Int](repeating: 0, count: 1 << 16)
    /// By the lower half, for the upper ones in which a percentile is.
    private var lower: [Int: [Int]] = [:]
    private(set) var total = 0
    private(set) var hasFloats = false

    mutating func add(_ value: Int) {
        whole[value + 1 << 15] += 1
        total += 1
    }

    mutating func add(_ value: Double, lowerHalf: Bool) {
        let key = Self.key(value)
        if lowerHalf {
            lower[Int(key >> 16)]?[Int(key & 0xFFFF)] += 1
        } else {
            upper[Int(key >> 16)] += 1
            total += 1
            hasFloats = true
        }
    }

    /// Takes whole numbers among the floats, and finds out which lower halves matter.
    mutating func beginSecondPass(_ percents: [Double]) {
        guard total > 0 else { return }
        hasFloats = true
        let keys = whole.indices.filter { whole[$0] > 0 }.map { place in
            (key: Self.key(Double(place - 1 << 15)), count: whole[place])
        }
        for (key, count) in keys { upper[Int(key >> 16)] += count }
        for rank in percents.flatMap({ [Int(position($0)), min(total - 1, Int(position($0)) + 1)] })
        {
            lower[place(of: rank, in: upper).index] = [Int](repeating: 0, count: 1 << 16)
        }
        for (key, count) in keys { lower[Int(key >> 16)]?[Int(key & 0xFFFF)] += count }
    }

    /// The value at a percentile, interpolated between two ranks.
    func value(_ percent: Double) -> Double {
        let position = position(percent)
        let rank = Int(position)
        let (one, next) = (value(rank: rank), value(rank: min(total - 1, rank + 1)))
        return one + (next - one) * (position - Double(rank))
    }

    private func position(_ percent: Double) -> Double { percent / 100 * Double(total - 1) }

    private func value(rank: Int) -> Double {
        guard hasFloats else { return Double(place(of: rank, in: whole).index - 1 << 15) }
        let (index, rest) = place(of: rank, in: upper)
        let half = place(of: rest, in: lower[index] ?? []).index
        return Self.value(UInt32(index) << 16 | UInt32(half))
    }

    /// Where the value of a rank is counted, and its rank among those that are counted there.
    private func place(of rank: Int, in counts: [Int]) -> (index: Int, rank: Int) {
        var rest = rank
        for (index, count) in counts.enumerated() {
            if rest < count { return (index, rest) }
            rest -= count
        }
        return (max(0, counts.count - 1), 0)
    }

    /// The bits of a float, in the order of the numbers.
    private static func key(_ value: Double) -> UInt32 {
        let most = Double(Float.greatestFiniteMagnitude)
        // -0 is 0.
        let bits = (Float(max(-most, min(most, value))) + 0).bitPattern
        return bits >> 31 == 1 ? ~bits : bits | 1 << 31
    }

    private static func value(_ key: UInt32) -> Double {
        Double(Float(bitPattern: key >> 31 == 1 ? key & ~(1 << 31) : ~key))
    }
}
