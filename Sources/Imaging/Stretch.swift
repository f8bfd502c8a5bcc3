/// Which values of a picture of more than 8 bits per sample become black and white.
///
/// Between them bytes rise evenly: value v becomes (v - low) · 255 / (high - low), rounded to the nearest
/// byte; what is below is 0, what is above 255. A pixel without a value (NaN, infinite, or the file's
/// nodata) is black. Pictures of 8 bits stay as they are.
public enum Stretch: Hashable, Sendable, CustomStringConvertible {
    /// All values that the type of the samples can have: for 16 bits 0 and 65535.
    case whole
    /// These two of all channels, or two of red, green and blue each.
    case values([StretchRange])
    /// Percentiles of the values, of each channel for itself: 0...100, the first below the second. Between
    /// two ranks they are interpolated, as NumPy's `percentile` does.
    case percentiles(low: Double, high: Double)

    /// The notations, for messages.
    public static let notation =
        "none, LOW,HIGH (values, such as 0,3000; six of them for red, green and blue) or pLOW,pHIGH "
        + "(percentiles, such as p2,p98)"

    /// Reads one of ``notation``; nil for any other text.
    public init?(_ text: String) {
        if text == "none" {
            self = .whole
            return
        }
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let arePercentiles = text.hasPrefix("p")
        let numbers = parts.compactMap { part in
            part.hasPrefix("p") == arePercentiles
                ? Double(arePercentiles ? part.dropFirst() : part) : nil
        }
        guard numbers.count == parts.count, numbers.count == 2 || numbers.count == 6 else {
            return nil
        }
        let ranges = stride(from: 0, to: numbers.count, by: 2).map {
            StretchRange(low: numbers[$0], high: numbers[$0 + 1])
        }
        // Differences of values times 255 stay finite.
        let most = arePercentiles ? 100 : 1e300
        let least = arePercentiles ? 0 : -most
        guard ranges.allSatisfy({ least <= $0.low && $0.low < $0.high && $0.high <= most }) else {
            return nil
        }
        if !arePercentiles {
            self = .values(ranges)
        } else if ranges.count == 1 {
            self = .percentiles(low: ranges[0].low, high: ranges[0].high)
        } else {
            return nil
        }
    }

    /// In the notation that it is read from.
    public var description: String {
        switch self {
        case .whole: "none"
        case .values(let ranges): ranges.map(\.description).joined(separator: ",")
        case .percentiles(let low, let high): "p\(short(low)),p\(short(high))"
        }
    }
}

/// The values that become black and white.
public struct StretchRange: Hashable, Sendable, Codable, CustomStringConvertible {
    /// What is this or below becomes 0.
    public var low: Double
    /// What is this or above becomes 255.
    public var high: Double

    /// A range; `high` is not below `low`.
    public init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    /// LOW,HIGH.
    public var description: String { "\(short(low)),\(short(high))" }

    /// The byte of a value; 0 for NaN.
    func byte(_ value: Double) -> UInt8 {
        guard value > low else { return 0 }
        guard value < high else { return 255 }
        return UInt8((value - low) * 255 / (high - low) + 0.5)
    }
}

/// What a ``Stretch`` is for certain pictures: the same for all of them.
public struct StretchRanges: Hashable, Sendable, Codable, CustomStringConvertible {
    /// Of gray pictures; nil where there was none.
    public var gray: StretchRange?
    /// Red, green and blue of colour pictures; nil where there was none.
    public var colors: [StretchRange]?

    /// Ranges of either kind.
    public init(gray: StretchRange? = nil, colors: [StretchRange]? = nil) {
        self.gray = gray
        self.colors = colors
    }

    /// Such as "gray 0,3000" or "red 0,3000; green 0,2800; blue 5,2400".
    public var description: String {
        let named = zip(["red", "green", "blue"], colors ?? []).map { "\($0) \($1)" }
        return ((gray.map { ["gray \($0)"] } ?? []) + named).joined(separator: "; ")
    }

    /// The ranges of a picture's channels; nil where they are not known.
    func ofChannels(_ count: Int) -> [StretchRange]? { count == 1 ? gray.map { [$0] } : colors }
}

/// A number without a fraction that it does not have.
func short(_ number: Double) -> String {
    Int(exactly: number).map(String.init) ?? "\(number)"
}
