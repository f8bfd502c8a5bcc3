import Foundation

/// Unicode's normalization form C, as the reference tokenizer computes it.
///
/// The reference's tables are those of Unicode 9: characters that came later neither compose
/// nor reorder. Foundation's own composition cannot take its place, because it composes over
/// marks that should block; only its decompositions of single characters are used.
enum CanonicalComposition {
    /// The last major version of Unicode that the reference's tables know.
    private static let lastVersion = 9

    private static let tables = Tables()

    /// `text` in form C.
    static func composed(_ text: String) -> String {
        // Below U+0300 every character is its own form C, whatever stands beside it.
        if text.unicodeScalars.allSatisfy({ $0.value < 0x300 }) { return text }
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(text.unicodeScalars.count)
        for scalar in text.unicodeScalars {
            appendDecomposition(of: scalar, to: &scalars)
        }
        return String(String.UnicodeScalarView(recomposed(reordered(scalars))))
    }

    /// The characters of `text` taken apart, marks in order.
    ///
    /// - Parameters:
    ///   - text: the text
    ///   - mapping: what a character becomes where that is not its canonical decomposition
    /// - Returns: its characters
    static func decomposed(
        _ text: String, mapping: (Unicode.Scalar) -> [Unicode.Scalar]?
    ) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(text.unicodeScalars.count)
        for scalar in text.unicodeScalars {
            if let mapping = mapping(scalar) {
                scalars += mapping
            } else {
                appendDecomposition(of: scalar, to: &scalars)
            }
        }
        return reordered(scalars).map(\.scalar)
    }

    /// Characters that were taken apart, put together.
    static func recomposed(_ scalars: [Unicode.Scalar]) -> [Unicode.Scalar] {
        recomposed(scalars.map { Ranked(scalar: $0, rank: combiningClass($0)) })
    }

    private static func appendDecomposition(
        of scalar: Unicode.Scalar, to scalars: inout [Unicode.Scalar]
    ) {
        if let hangul = Hangul.decomposition(of: scalar) {
            scalars += hangul
        } else if scalar.value >= 0xC0, let mapping = tables.decompositions[scalar] {
            scalars += mapping
        } else {
            scalars.append(scalar)
        }
    }

    /// The combining class of a character; 0 for one that the reference does not know.
    private static func combiningClass(_ scalar: Unicode.Scalar) -> UInt8 {
        guard scalar.value >= 0x300 else { return 0 }
        let rank = scalar.properties.canonicalCombiningClass.rawValue
        return rank != 0 && isKnown(scalar) ? rank : 0
    }

    static func isKnown(_ scalar: Unicode.Scalar) -> Bool {
        guard let age = scalar.properties.age else { return false }
        return age.major <= lastVersion
    }

    /// Runs of marks in the order of their combining classes.
    private static func reordered(_ scalars: [Unicode.Scalar]) -> [Ranked] {
        var result = scalars.map { Ranked(scalar: $0, rank: combiningClass($0)) }
        var start = 0
        while start < result.count {
            guard result[start].rank != 0 else {
                start += 1
                continue
            }
            let end = result[start...].firstIndex { $0.rank == 0 } ?? result.count
            if end - start > 1 {
                // `sort` is stable: marks of one class keep their order.
                result[start..<end].sort { $0.rank < $1.rank }
            }
            start = end
        }
        return result
    }

    /// Every mark joined with the last starter before it where nothing blocks it.
    private static func recomposed(_ scalars: [Ranked]) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(scalars.count)
        var starter: Int?
        var lastRank: UInt8 = 0
        for current in scalars {
            if let starter, result.count == starter + 1 || lastRank < current.rank,
                let composite = composite(of: result[starter], and: current.scalar)
            {
                result[starter] = composite
                continue
            }
            if current.rank == 0 { starter = result.count }
            lastRank = current.rank
            result.append(current.scalar)
        }
        return result
    }

    private static func composite(
        of first: Unicode.Scalar, and second: Unicode.Scalar
    ) -> Unicode.Scalar? {
        Hangul.composite(of: first, and: second)
            ?? tables.composites[ScalarPair(first: first, second: second)]
    }
}

private struct Ranked {
    let scalar: Unicode.Scalar
    let rank: UInt8
}

private struct ScalarPair: Hashable {
    let first: Unicode.Scalar
    let second: Unicode.Scalar
}

/// The canonical mappings of all characters but the Hangul syllables.
private struct Tables {
    private(set) var decompositions: [Unicode.Scalar: [Unicode.Scalar]] = [:]
    private(set) var composites: [ScalarPair: Unicode.Scalar] = [:]

    /// The blocks that hold every character with a canonical decomposition.
    private static let blocks: [ClosedRange<UInt32>] = [
        0xC0...0x33FF, 0xF900...0xFB4F, 0x11000...0x11FFF, 0x1D15E...0x1D1C0, 0x2F800...0x2FA1F,
    ]

    init() {
        for block in Self.blocks {
            for scalar in block.lazy.compactMap(Unicode.Scalar.init)
            where CanonicalComposition.isKnown(scalar) {
                let text = String(scalar)
                let mapping = Array(text.decomposedStringWithCanonicalMapping.unicodeScalars)
                if mapping != [scalar] { decompositions[scalar] = mapping }
            }
        }
        // A composite's pair is what its decomposition but for the last mark composes to, and
        // that mark; the shorter decompositions come first, so that their composites are known.
        let composable = decompositions.filter {
            $0.value.count > 1 && !$0.key.properties.isFullCompositionExclusion
        }
        for (scalar, mapping) in composable.sorted(by: { $0.value.count < $1.value.count }) {
            var first = mapping[0]
            for second in mapping[1..<(mapping.count - 1)] {
                first = composites[ScalarPair(first: first, second: second)] ?? first
            }
            composites[ScalarPair(first: first, second: mapping[mapping.count - 1])] = scalar
        }
    }
}

/// Hangul syllables are composed by arithmetic.
private enum Hangul {
    private static let syllables: UInt32 = 0xAC00
    private static let leading: UInt32 = 0x1100
    private static let vowel: UInt32 = 0x1161
    private static let trailing: UInt32 = 0x11A7
    private static let leadingCount: UInt32 = 19
    private static let vowelCount: UInt32 = 21
    private static let trailingCount: UInt32 = 28
    private static let syllableCount = leadingCount * vowelCount * trailingCount

    static func decomposition(of scalar: Unicode.Scalar) -> [Unicode.Scalar]? {
        guard (syllables..<(syllables + syllableCount)).contains(scalar.value) else { return nil }
        let index = scalar.value - syllables
        var parts = [
            leading + index / (vowelCount * trailingCount),
            vowel + index % (vowelCount * trailingCount) / trailingCount,
        ]
        if index % trailingCount != 0 { parts.append(trailing + index % trailingCount) }
        return parts.compactMap(Unicode.Scalar.init)
    }

    static func composite(
        of first: Unicode.Scalar, and second: Unicode.Scalar
    ) -> Unicode.Scalar? {
        let (first, second) = (first.value, second.value)
        if (leading..<(leading + leadingCount)).contains(first),
            (vowel..<(vowel + vowelCount)).contains(second)
        {
            let index = (first - leading) * vowelCount + (second - vowel)
            return Unicode.Scalar(syllables + index * trailingCount)
        }
        if (syllables..<(syllables + syllableCount)).contains(first),
            (first - syllables) % trailingCount == 0,
            ((trailing + 1)..<(trailing + trailingCount)).contains(second)
        {
            return Unicode.Scalar(first + (second - trailing))
        }
        return nil
    }
}
