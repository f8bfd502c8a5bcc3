// Reference: CIPA DC-008 (Exif 2.32), 4.5 and 4.6; TIFF 6.0, section 2

/// The first directory of an Exif block, of which the orientation is read and nothing else.
///
/// Blocks come from cameras and editors of all kinds: whatever does not fit says nothing.
struct ExifDirectory {
    /// The value of the tag 274 as it is stored; nil without one that can be read.
    let orientation: Int?

    private static let orientationTag = 274

    /// Looks through a block: "Exif" and two zeros, which may be missing, then a TIFF header.
    init(_ block: some Collection<UInt8>) {
        var rest = block[...]
        while rest.starts(with: Array("Exif\0\0".utf8)) { rest = rest.dropFirst(6) }
        orientation = Numbers(Array(rest)).flatMap(Self.orientation)
    }

    private static func orientation(_ block: Numbers) -> Int? {
        guard let start = block.integer(4, 4), let count = block.integer(start, 2) else {
            return nil
        }
        var found: Int?
        for entry in 0..<count {
            let place = start + 2 + entry * 12
            guard let tag = block.integer(place, 2) else { break }
            // Of two the last counts, as in Pillow.
            if tag == orientationTag { found = value(block, at: place) ?? found }
        }
        return found
    }

    /// The first whole number of an entry.
    private static func value(_ block: Numbers, at entry: Int) -> Int? {
        guard let kind = block.integer(entry + 2, 2), let count = block.integer(entry + 4, 4),
            count > 0
        else { return nil }
        let width: Int
        switch kind {
        // SHORT and SSHORT, LONG and SLONG; a negative number is no orientation however it is read.
        case 3, 8: width = 2
        case 4, 9: width = 4
        default: return nil
        }
        if count * width <= 4 { return block.integer(entry + 8, width) }
        guard let place = block.integer(entry + 8, 4), place <= block.count - count * width else {
            return nil
        }
        return block.integer(place, width)
    }

    /// Whole numbers at places of a block, in the order of bytes that it begins with.
    private struct Numbers {
        private let bytes: [UInt8]
        private let isBigEndian: Bool

        var count: Int { bytes.count }

        /// A block that begins as a TIFF file.
        init?(_ bytes: [UInt8]) {
            self.bytes = bytes
            switch bytes.prefix(2) {
            case [0x4D, 0x4D]: isBigEndian = true
            case [0x49, 0x49]: isBigEndian = false
            default: return nil
            }
            guard let mark = integer(2, 2), mark == 42 || mark == 42 << 8 else { return nil }
        }

        /// The number of 2 or 4 bytes at a place; nil where it is not all there.
        func integer(_ place: Int, _ width: Int) -> Int? {
            guard place >= 0, place <= bytes.count - width else { return nil }
            let part = bytes[place..<place + width]
            return isBigEndian
                ? part.reduce(0) { $0 << 8 | Int($1) }
                : part.reversed().reduce(0) { $0 << 8 | Int($1) }
        }
    }
}
