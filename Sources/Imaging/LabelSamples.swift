/// The value of a label's pixel: a gray level or palette index, or a colour.
public struct LabelLevel: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The stored samples of red, green and blue; all three are a gray level or an index.
    public let red: UInt16
    /// The stored sample of green.
    public let green: UInt16
    /// The stored sample of blue.
    public let blue: UInt16

    /// A colour.
    public init(red: UInt16, green: UInt16, blue: UInt16) {
        self.red = red
        self.green = green
        self.blue = blue
    }

    /// A gray level, or an index of a palette.
    public init(_ value: UInt16) {
        self.init(red: value, green: value, blue: value)
    }

    /// The gray level or index; nil for a colour.
    public var number: UInt16? { red == green && green == blue ? red : nil }

    /// The number, or the colour as `#rrggbb`; a colour of 16 bits has four digits per channel.
    public var description: String {
        if let number { return String(number) }
        let channels = [red, green, blue]
        let digits = channels.allSatisfy { $0 < 256 } ? 2 : 4
        return "#"
            + channels.map { value in
                let text = String(value, radix: 16)
                return String(repeating: "0", count: digits - text.count) + text
            }.joined()
    }

    /// By red, then green, then blue.
    public static func < (one: LabelLevel, other: LabelLevel) -> Bool {
        (one.red, one.green, one.blue) < (other.red, other.green, other.blue)
    }
}

/// The samples of a label file as they are stored, without alpha.
public struct LabelSamples: Hashable, Sendable {
    /// The frame of the file.
    public let frame: ImageFrame
    /// 1 for a gray or palette file, 3 (red, green, blue) for a colour file.
    public let channels: Int
    /// R, G, B of each index where the samples are indices of a palette; else nil.
    public let palette: [UInt8]?
    /// Whether the file has an alpha channel, which is left out.
    public let hasAlpha: Bool
    /// `channels` samples of each pixel, row after row: `height * width * channels`.
    public let values: [UInt16]
    /// What ``values`` do not hold as it is stored (fractions, what is below 0 or above 65535, no numbers),
    /// such as "-1 at 12 of 100 pixels"; nil if they hold everything.
    public let unheld: String?

    /// Samples from their parts.
    init(
        frame: ImageFrame, channels: Int, palette: [UInt8]? = nil, hasAlpha: Bool,
        values: [UInt16], unheld: String? = nil
    ) {
        precondition(values.count == frame.area * channels)
        self.frame = frame
        self.channels = channels
        self.palette = palette
        self.hasAlpha = hasAlpha
        self.values = values
        self.unheld = unheld
    }

    /// Which pixels have a sample of `least` or more, channel by channel.
    public func planes(least: UInt16 = 1) -> LabelPlanes {
        LabelPlanes(
            samples: values.map { $0 >= least ? 1 : 0 }, width: frame.width, height: frame.height,
            channels: channels, isPalette: palette != nil, hasAlpha: hasAlpha)
    }

    /// The pixels whose level is one of those that are asked for.
    public func mask(where isInside: (LabelLevel) -> Bool) -> BinaryMask {
        var known: [LabelLevel: UInt8] = [:]
        var bytes = [UInt8](repeating: 0, count: frame.area)
        var last: (level: LabelLevel, byte: UInt8)?
        for pixel in 0..<frame.area {
            let level = level(of: pixel)
            if level != last?.level {
                let byte = known[level] ?? (isInside(level) ? 1 : 0)
                known[level] = byte
                last = (level, byte)
            }
            bytes[pixel] = last?.byte ?? 0
        }
        return BinaryMask(width: frame.width, height: frame.height, bytes: bytes)
    }

    /// How many pixels each level has.
    public func levels() -> [LabelLevel: Int] {
        var counts: [LabelLevel: Int] = [:]
        var run: (level: LabelLevel, count: Int)?
        for pixel in 0..<frame.area {
            let level = level(of: pixel)
            if let current = run, current.level == level {
                run?.count += 1
            } else {
                if let done = run { counts[done.level, default: 0] += done.count }
                run = (level, 1)
            }
        }
        if let done = run { counts[done.level, default: 0] += done.count }
        return counts
    }

    private func level(of pixel: Int) -> LabelLevel {
        channels == 1
            ? LabelLevel(values[pixel])
            : LabelLevel(
                red: values[3 * pixel], green: values[3 * pixel + 1], blue: values[3 * pixel + 2])
    }
}

extension ImageCodec {
    /// The stored samples of a PNG, JPEG or TIFF file that is a label.
    ///
    /// - Parameters:
    ///   - bytes: The whole file.
    ///   - name: The file or sample id, for the error.
    ///   - turning: Whether a TIFF file whose rows do not begin at the top left is no error; the
    ///     samples come as they are stored.
    /// - Returns: The samples, in the frame of the file.
    /// - Throws: ``ImageError`` as for ``decodeLabel(_:name:)`` and ``decodeTIFF(_:name:turning:)``.
    public static func decodeLabelSamples(
        _ bytes: [UInt8], name: String, turning: Bool = false
    ) throws(ImageError) -> LabelSamples {
        if isTIFF(bytes) {
            return try TIFFFile(bytes, name: name).labelSamples(turning: turning)
        }
        return switch try format(of: bytes, name: name) {
        case .png: try PNGFile(bytes, name: name).labelSamples()
        case .jpeg: try JPEGFile(bytes, name: name).labelSamples()
        }
    }
}
