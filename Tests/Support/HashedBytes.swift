public import Foundation

/// A hash of bytes that is short in any language.
public enum HashedBytes {
    /// The 64-bit hash FNV-1a, in hexadecimal digits.
    public static func fnv(_ data: Data) -> String {
        let value = data.reduce(0xCBF2_9CE4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01B3
        }
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
