/// A picture whose samples have more than 8 bits, or are no unsigned numbers.
struct DeepImage {
    /// The type of the samples, in the machine's byte order.
    enum SampleType {
        case int8, uint16, int16, uint32, int32, uint64, int64, float32, float64
    }

    let width: Int
    let height: Int
    /// 1 or 3.
    let channels: Int
    let type: SampleType
    /// The bits that a sample has in the file: a `uint16` may have fewer than 16.
    let bits: Int
    /// `height * width * channels` samples.
    let bytes: [UInt8]
    /// The value of pixels that have none.
    var nodata: Double?

    /// What samples are, in words.
    var kind: String {
        switch type {
        case .uint16, .uint32, .uint64: "samples of \(bits) bits"
        case .int8, .int16, .int32, .int64: "signed samples of \(bits) bits"
        case .float32, .float64: "floating-point samples"
        }
    }

    /// Calls `body` with the samples of every pixel, `channels` of them, in order.
    ///
    /// A pixel without a value in one of them has none.
    func forEachPixel(_ body: (_ first: Int, _ values: (Int) -> Double, _ isValid: Bool) -> Void) {
        switch type {
        case .int8: each(Int8.self, body)
        case .uint16: each(UInt16.self, body)
        case .int16: each(Int16.self, body)
        case .uint32: each(UInt32.self, body)
        case .int32: each(Int32.self, body)
        case .uint64: each(UInt64.self, body)
        case .int64: each(Int64.self, body)
        case .float32: each(Float.self, body)
        case .float64: each(Double.self, body)
        }
    }

    @inline(__always)
    private func each<Sample: SampleNumber>(
        _: Sample.Type, _ body: (Int, (Int) -> Double, Bool) -> Void
    ) {
        // Float samples are compared with nodata as a float holds it.
        let none = type == .float32 ? nodata.map { Double(Float($0)) } : nodata
        bytes.withUnsafeBytes { bytes in
            for first in stride(from: 0, to: width * height * channels, by: channels) {
                func value(_ channel: Int) -> Double {
                    bytes.loadUnaligned(
                        fromByteOffset: (first &+ channel) &* MemoryLayout<Sample>.size,
                        as: Sample.self
                    ).number
                }
                var isValid = true
                for channel in 0..<channels {
                    let sample = value(channel)
                    if !sample.isFinite || sample == none { isValid = false }
                }
                body(first, value, isValid)
            }
        }
    }

    /// The smallest and the largest value of all channels; nil if no pixel has one.
    var valueRange: StretchRange? {
        var (low, high) = (Double.infinity, -Double.infinity)
        forEachPixel { _, values, isValid in
            guard isValid else { return }
            for channel in 0..<channels {
                low = min(low, values(channel))
                high = max(high, values(channel))
            }
        }
        return low <= high ? StretchRange(low: low, high: high) : nil
    }

    /// The picture in bytes; `ranges` has one for each channel.
    func image(_ ranges: [StretchRange]) -> RGBImage {
        let pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { buffer, used in
            used = width * height * 3
            var at = 0
            forEachPixel { _, values, isValid in
                for color in 0..<3 {
                    let channel = channels == 1 ? 0 : color
                    buffer[at &+ color] = isValid ? ranges[channel].byte(values(channel)) : 0
                }
                at &+= 3
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    /// How many pixels have a sample that ``levels`` cannot hold, and the first such sample for people.
    ///
    /// That is a fraction, a number below 0 or above 65535, or none. Nil if there are none.
    var unheld: (count: Int, first: String)? {
        var found: (count: Int, first: String)?
        forEachPixel { _, values, _ in
            for channel in 0..<channels {
                let value = values(channel)
                if value >= 0, value <= 65535, value == value.rounded() { continue }
                let isFloat = type == .float32 && Int(exactly: value) == nil
                let text =
                    found?.first
                    ?? (value.isNaN ? "NaN" : isFloat ? "\(Float(value))" : short(value))
                found = (1 + (found?.count ?? 0), text)
                break
            }
        }
        return found
    }

    /// The samples as levels of a label: what is above 0 stays above 0, what is below or no number is 0,
    /// fractions are rounded up, and all from 65535 on is one level.
    var levels: [UInt16] {
        [UInt16](unsafeUninitializedCapacity: width * height * channels) { buffer, used in
            used = width * height * channels
            forEachPixel { first, values, _ in
                for channel in 0..<channels {
                    let value = values(channel)
                    buffer[first &+ channel] =
                        value > 0 ? UInt16(min(65535, value.rounded(.up))) : 0
                }
            }
        }
    }
}

/// A stored sample.
private protocol SampleNumber: BitwiseCopyable {
    /// What it is.
    var number: Double { get }
}

extension SampleNumber where Self: BinaryInteger {
    fileprivate var number: Double { Double(self) }
}

extension Int8: SampleNumber {}
extension UInt16: SampleNumber {}
extension Int16: SampleNumber {}
extension UInt32: SampleNumber {}
extension Int32: SampleNumber {}
extension UInt64: SampleNumber {}
extension Int64: SampleNumber {}

extension Float: SampleNumber {
    fileprivate var number: Double { Double(self) }
}

extension Double: SampleNumber {
    fileprivate var number: Double { self }
}

extension DeepImage {
    /// The error of reading it without being told a stretch; `isStored` tells whether it was imported
    /// before, so that only importing anew can help.
    func unstretched(_ name: String, isStored: Bool) -> ImageError {
        let values = valueRange.map { "values from \(short($0.low)) to \(short($0.high))" }
        let ways =
            "--stretch LOW,HIGH, --stretch pLOW,pHIGH for percentiles such as p2,p98"
            + (wholeRange.map { ", or --stretch none for the whole range \($0)" } ?? "")
        return ImageError(
            name: name, what: "\(kind), \(values ?? "none of them a value"); pictures have 8",
            hint: isStored
                ? "import the data again with 'think2seg data import', and say which values become black "
                    + "and white: \(ways)"
                : "say which values become black and white: \(ways)")
    }

    /// All values that samples of this type can have; nil if it says nothing of what is black and white.
    private var wholeRange: StretchRange? {
        switch type {
        case .uint16: StretchRange(low: 0, high: Double((1 << bits) - 1))
        case .uint32: StretchRange(low: 0, high: Double(UInt32.max))
        case .uint64: StretchRange(low: 0, high: Double(UInt64.max))
        default: nil
        }
    }

    /// What a stretch is for this picture.
    ///
    /// - Throws: ``ImageError`` for `none` where the samples are signed or floats, and for ranges of
    ///   colours where there are none.
    func ranges(_ stretch: Stretch, name: String) throws(ImageError) -> [StretchRange] {
        switch stretch {
        case .values(let ranges) where ranges.count == 1:
            return Array(repeating: ranges[0], count: channels)
        case .values(let ranges):
            guard ranges.count == channels else {
                throw ImageError(
                    name: name, what: "a gray picture, and the stretch is of red, green and blue",
                    hint: "give two values: --stretch LOW,HIGH")
            }
            return ranges
        case .percentiles:
            guard var measurement = StretchMeasurement(stretch) else { return [] }
            repeat { measurement.add(self) } while !measurement.endPass()
            // Where no pixel has a value, all are black.
            return measurement.ranges.ofChannels(channels)
                ?? Array(repeating: StretchRange(low: 0, high: 0), count: channels)
        case .whole:
            guard let range = wholeRange else {
                throw ImageError(
                    name: name, what: "\(kind) have no whole range for --stretch none",
                    hint: "give --stretch LOW,HIGH or --stretch pLOW,pHIGH")
            }
            return Array(repeating: range, count: channels)
        }
    }
}
