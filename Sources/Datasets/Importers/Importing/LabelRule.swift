public import Imaging
import Shards
import TextFiles

/// Why texts are not a rule about labels.
public struct LabelRuleError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, and what to write.
    public let description: String

    init(_ description: String) { self.description = description }
}

/// Some values of labels: numbers, ranges of numbers, colours.
public struct LabelValues: Hashable, Sendable, CustomStringConvertible {
    /// One part of the list.
    enum Part: Hashable, Sendable {
        case range(ClosedRange<UInt16>)
        case color(LabelLevel)

        func contains(_ level: LabelLevel) -> Bool {
            switch self {
            case .range(let range): level.number.map(range.contains) ?? false
            case .color(let color): level == color
            }
        }

        var text: String {
            switch self {
            case .range(let range):
                range.count == 1
                    ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
            case .color(let color): color.description
            }
        }
    }

    let parts: [Part]

    /// Reads a list such as `1`, `1,2`, `100-200` or `#ff0000`.
    ///
    /// - Throws: ``LabelRuleError``
    public init(_ text: String) throws(LabelRuleError) {
        var parts: [Part] = []
        for word in text.split(separator: ",", omittingEmptySubsequences: false) {
            let word = word.filter { $0 != " " }
            guard let part = Self.part(word) else {
                throw LabelRuleError(
                    "'\(word)' is no value of labels: write numbers from 0 to 65535, ranges such as "
                        + "100-200, or colours such as #ff0000, with commas between them"
                        + (LookAlikes.note(word).map { "; \($0)" } ?? ""))
            }
            parts.append(part)
        }
        self.parts = parts
    }

    private static func part(_ word: String) -> Part? {
        if word.hasPrefix("#") { return color(word.dropFirst()).map(Part.color) }
        let ends = word.split(separator: "-", omittingEmptySubsequences: false).map(number)
        guard ends.count <= 2, let low = ends.first ?? nil, let high = ends.last ?? nil,
            low <= high
        else { return nil }
        return .range(low...high)
    }

    private static func number(_ word: Substring) -> UInt16? {
        word.utf8.allSatisfy { (0x30...0x39).contains($0) } ? UInt16(word) : nil
    }

    /// A colour of two or four digits per channel.
    private static func color(_ digits: Substring) -> LabelLevel? {
        let width = digits.count / 3
        guard digits.allSatisfy(\.isHexDigit), digits.count == 6 || digits.count == 12 else {
            return nil
        }
        let values = (0..<3).compactMap { channel in
            UInt16(digits.dropFirst(channel * width).prefix(width), radix: 16)
        }
        return values.count == 3
            ? LabelLevel(red: values[0], green: values[1], blue: values[2]) : nil
    }

    /// Whether a level is one of the values.
    public func contains(_ level: LabelLevel) -> Bool { parts.contains { $0.contains(level) } }

    /// A value that is in both lists, in words; nil if there is none.
    func common(with other: LabelValues) -> String? {
        for part in parts {
            for second in other.parts {
                switch (part, second) {
                case (.range(let one), .range(let two)) where one.overlaps(two):
                    return "\(max(one.lowerBound, two.lowerBound))"
                case (.color(let color), let part), (let part, .color(let color)):
                    if part.contains(color) { return color.description }
                default: break
                }
            }
        }
        return nil
    }

    /// The list as it is written.
    public var description: String { parts.map(\.text).joined(separator: ",") }
}

/// Which pixels of a label are target, and which do not count.
///
/// A label's value is its gray level, its palette index, or its colour; a gray colour is the number of
/// its level. Alpha does not count.
public struct LabelRule: Hashable, Sendable {
    /// The values that are target, all others are not; nil: ``threshold`` decides.
    public let labelValues: LabelValues?
    /// The values of pixels that do not count, whatever else they would be.
    public let ignoreValues: LabelValues?
    /// The least value that is target; nil: 1.
    ///
    /// Of colours, each channel is compared.
    public let threshold: UInt16?

    /// What is above 0 is target.
    public static let standard = LabelRule()

    private init() { (labelValues, ignoreValues, threshold) = (nil, nil, nil) }

    /// A rule of the options that say it.
    ///
    /// - Parameters:
    ///   - labelValues: the values that are target
    ///   - ignoreValues: the values that do not count
    ///   - threshold: the least value that is target; not together with `labelValues`
    /// - Throws: ``LabelRuleError`` if the options cannot be together
    public init(
        labelValues: LabelValues? = nil, ignoreValues: LabelValues? = nil, threshold: Int? = nil
    ) throws(LabelRuleError) {
        if labelValues != nil, threshold != nil {
            throw LabelRuleError(
                "--label-values and --threshold both say what is target: give one of them")
        }
        if let threshold, !(1...65535).contains(threshold) {
            throw LabelRuleError("--threshold is from 1 to 65535, not \(threshold)")
        }
        if let common = ignoreValues.flatMap({ labelValues?.common(with: $0) }) {
            throw LabelRuleError(
                "\(common) is in --label-values and in --ignore-values: leave it out of one of them"
            )
        }
        self.labelValues = labelValues
        self.ignoreValues = ignoreValues
        self.threshold = threshold.map(UInt16.init)
    }

    /// Whether the rule was not given and labels are expected to have two values.
    var expectsTwoValues: Bool { labelValues == nil && threshold == nil }

    /// The pixels of the target and those that do not count.
    ///
    /// - Parameters:
    ///   - samples: the label
    ///   - decide: the data set's way to make a mask of which pixels reach the threshold, channel by
    ///     channel; not asked where values are listed
    /// - Returns: two masks without a common pixel
    /// - Throws: what `decide` fails with
    func decide<Fault: Error>(
        _ samples: LabelSamples, _ decide: (LabelPlanes) -> Result<BinaryMask, Fault>
    ) throws(Fault) -> (target: BinaryMask, ignored: BinaryMask?) {
        let ignored = ignoreValues.map { values in samples.mask(where: values.contains) }
        let target: BinaryMask
        if let labelValues {
            target = samples.mask(where: labelValues.contains)
        } else {
            // What does not count cannot be the reason why a label has no mask.
            target = try decide(samples.planes(least: threshold ?? 1).subtracting(ignored)).get()
        }
        return (target.subtracting(ignored), ignored.flatMap { $0.isEmpty ? nil : $0 })
    }
}

/// What an import is told about its source's files.
public struct ImportChoices: Hashable, Sendable {
    /// Which pixels of labels are target.
    public var labels = LabelRule.standard
    /// What is done with the orientations that files state.
    public var exif = ExifPolicy.ignore
    /// Which values of images of more than 8 bits are black and white; nil refuses such images.
    public var stretch: Stretch?

    /// Whether masks of another size than their image are resized to it, instead of left out.
    public var resizesMasks = false

    /// What is above 0 is target, and orientations are ignored.
    public init() {}

    /// The choices as shards keep them; what was not chosen is left out.
    var notes: ShardNotes {
        var notes = ShardNotes()
        notes.labelValues = labels.labelValues?.description
        notes.ignoreValues = labels.ignoreValues?.description
        notes.threshold = labels.threshold.map { String($0) }
        notes.exif = exif == .ignore ? nil : exif.rawValue
        return notes
    }
}
