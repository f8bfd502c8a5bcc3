/// Finds bytes that are not UTF-8.
enum UTF8Validity {
    /// What is wrong with some bytes.
    struct Fault {
        /// The place of the first byte that begins no character; counts from 0.
        let offset: Int
        /// In words.
        let problem: String
    }

    /// The first byte that begins no whole character; nil if all do.
    static func fault(in bytes: UnsafeRawBufferPointer) -> Fault? {
        var index = 0
        while index < bytes.count {
            // Eight bytes of ASCII at a time: most of most files.
            if index &+ 8 <= bytes.count,
                bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080
                    == 0
            {
                index &+= 8
                continue
            }
            let first = bytes[index]
            if first < 0x80 {
                index &+= 1
                continue
            }
            guard let (count, second) = shape(first) else {
                return Fault(offset: index, problem: hex(first))
            }
            for place in 1..<count {
                guard index &+ place < bytes.count else {
                    // One byte alone is most likely of another encoding.
                    let rest = place > 1 ? ", a character that is cut short" : ""
                    return Fault(offset: index, problem: hex(first) + rest)
                }
                let allowed = place == 1 ? second : 0x80...0xBF
                guard allowed.contains(bytes[index &+ place]) else {
                    return Fault(offset: index, problem: hex(first))
                }
            }
            index &+= count
        }
        return nil
    }

    /// How many bytes a character has, and what its second may be; nil where none begins so.
    private static func shape(_ first: UInt8) -> (count: Int, second: ClosedRange<UInt8>)? {
        switch first {
        case 0xC2...0xDF: (2, 0x80...0xBF)
        case 0xE0: (3, 0xA0...0xBF)
        case 0xED: (3, 0x80...0x9F)
        case 0xE1...0xEF: (3, 0x80...0xBF)
        case 0xF0: (4, 0x90...0xBF)
        case 0xF1...0xF3: (4, 0x80...0xBF)
        case 0xF4: (4, 0x80...0x8F)
        default: nil
        }
    }

    private static func hex(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return "0x" + (digits.count < 2 ? "0" : "") + digits
    }
}
