/// The 256 visible characters that stand for bytes in a byte-level vocabulary.
///
/// Bytes that print in Latin-1 stand for themselves; the other 68 take the code points from
/// U+0100 on, in the order of the bytes.
enum ByteAlphabet {
    /// The character of each byte.
    static let scalars: [Unicode.Scalar] = {
        var spare: UInt32 = 0x100
        return (UInt8.min...UInt8.max).map { byte in
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF:
                return Unicode.Scalar(byte)
            default:
                defer { spare += 1 }
                return Unicode.Scalar(spare) ?? Unicode.Scalar(byte)
            }
        }
    }()

    /// The byte of each character, by code point; nil where the character stands for none.
    private static let bytes: [UInt8?] = {
        var bytes = [UInt8?](repeating: nil, count: 0x144)
        for (byte, scalar) in scalars.enumerated() {
            bytes[Int(scalar.value)] = UInt8(byte)
        }
        return bytes
    }()

    /// The bytes that a spelling stands for; nil if it holds a character that stands for none.
    static func bytes(of spelling: String) -> [UInt8]? {
        var result: [UInt8] = []
        result.reserveCapacity(spelling.utf8.count)
        for scalar in spelling.unicodeScalars {
            guard Int(scalar.value) < bytes.count, let byte = bytes[Int(scalar.value)] else {
                return nil
            }
            result.append(byte)
        }
        return result
    }

    /// How bytes are spelled in a vocabulary.
    static func spelling(of bytes: some Sequence<UInt8>) -> String {
        var result = String.UnicodeScalarView()
        for byte in bytes {
            result.append(scalars[Int(byte)])
        }
        return String(result)
    }
}

/// A token's spelling as a dictionary key that compares code units.
///
/// Swift's `String` takes canonically equivalent texts for the same key; a vocabulary does not.
struct Spelling: Hashable, Sendable {
    let string: String

    init(_ string: String) {
        self.string = string
    }

    static func == (left: Spelling, right: Spelling) -> Bool {
        left.string.utf8.elementsEqual(right.string.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var string = string
        string.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
