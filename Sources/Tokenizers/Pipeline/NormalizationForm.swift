import Foundation

/// Unicode's normalization forms, as the reference tokenizer computes them.
enum NormalizationForm: String, Hashable, Sendable {
    case composed = "NFC"
    case decomposed = "NFD"
    case compatibilityComposed = "NFKC"
    case compatibilityDecomposed = "NFKD"

    /// A text in this form.
    func apply(_ text: String) -> String {
        if self == .composed { return CanonicalComposition.composed(text) }
        // Below, every character is its own form, whatever stands beside it.
        let first: UInt32 = self == .decomposed ? 0xC0 : 0xA0
        if text.unicodeScalars.allSatisfy({ $0.value < first }) { return text }
        let decomposed = CanonicalComposition.decomposed(text) { scalar in
            self == .decomposed ? nil : Self.compatibilityMappings[scalar]
        }
        let isComposed = self == .compatibilityComposed
        let scalars = isComposed ? CanonicalComposition.recomposed(decomposed) : decomposed
        return String(String.UnicodeScalarView(scalars))
    }

    /// The blocks that hold every character with a mapping to what only reads the same.
    private static let blocks: [ClosedRange<UInt32>] = [
        0xA0...0x33FF, 0xA640...0xABFF, 0xF900...0xFFFF, 0x1D400...0x1D7FF, 0x1EE00...0x1EEFF,
        0x1F100...0x1F2FF,
    ]

    private static let compatibilityMappings: [Unicode.Scalar: [Unicode.Scalar]] = {
        var mappings: [Unicode.Scalar: [Unicode.Scalar]] = [:]
        for block in blocks {
            for scalar in block.lazy.compactMap(Unicode.Scalar.init)
            where CanonicalComposition.isKnown(scalar) {
                let text = String(scalar)
                let canonical = text.decomposedStringWithCanonicalMapping
                let mapping = text.decomposedStringWithCompatibilityMapping.unicodeScalars
                if !canonical.unicodeScalars.elementsEqual(mapping) {
                    mappings[scalar] = Array(mapping)
                }
            }
        }
        return mappings
    }()
}
