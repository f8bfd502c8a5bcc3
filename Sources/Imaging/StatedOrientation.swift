// Reference: CIPA DC-008 (Exif 2.32), 4.7.2; PNG (third edition), 11.3.5.1; XMP part 3, 1.1
import CZlib

extension ImageOrientation {
    /// The orientation that a PNG, JPEG or TIFF file states.
    ///
    /// Looked at are the Exif block of a JPEG file, the chunk eXIf or ImageMagick's text of a PNG file,
    /// where they say nothing the XMP packet of either, and tag 274 of a TIFF file's first page. A file
    /// that says nothing, something else than 1 to 8, or has a damaged block is upright.
    ///
    /// - Parameter bytes: the whole file
    /// - Returns: what Pillow's `ImageOps.exif_transpose` would undo
    public static func stated(in bytes: [UInt8]) -> ImageOrientation {
        let block: StatedBlocks
        if bytes.starts(with: [0xFF, 0xD8]) {
            block = StatedBlocks(jpeg: bytes)
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
            block = StatedBlocks(png: bytes)
        } else if TIFFFile.isOne(bytes) {
            return (try? TIFFFile(bytes, name: ""))?.orientation ?? .upright
        } else {
            return .upright
        }
        return block.orientation ?? .upright
    }
}

/// The parts of an image file that may state an orientation.
private struct StatedBlocks {
    private var exif: [UInt8]?
    private var xmp: [UInt8]?

    /// What they say; nil without anything that can be read.
    var orientation: ImageOrientation? {
        let number = exif.flatMap { ExifDirectory($0).orientation } ?? xmp.flatMap(Self.inXMP)
        return number.flatMap(UInt8.init(exactly:)).flatMap(ImageOrientation.init)
    }

    /// Goes through the segments before a JPEG file's picture.
    init(jpeg bytes: [UInt8]) {
        var place = 2
        while place + 4 <= bytes.count {
            guard bytes[place] == 0xFF else { return }
            let marker = bytes[place + 1]
            // Bytes that fill, and markers without a length.
            switch marker {
            case 0xFF:
                place += 1
                continue
            case 0x01, 0xD0...0xD8:
                place += 2
                continue
            // The picture, or the end.
            case 0xDA, 0xD9: return
            default: break
            }
            let length = Int(bytes[place + 2]) << 8 | Int(bytes[place + 3])
            guard length >= 2, place + 2 + length <= bytes.count else { return }
            if marker == 0xE1 { take(application: bytes[place + 4..<place + 2 + length]) }
            place += 2 + length
        }
    }

    private mutating func take(application segment: ArraySlice<UInt8>) {
        let (exifName, xmpName) = ("Exif\0\0".utf8, "http://ns.adobe.com/xap/1.0/\0".utf8)
        if segment.starts(with: exifName) {
            // A block that is longer than a segment goes on in the next.
            exif = (exif ?? []) + segment.dropFirst(exifName.count)
        } else if segment.starts(with: xmpName) {
            xmp = Array(segment.dropFirst(xmpName.count))
        }
    }

    /// Goes through the chunks of a PNG file.
    init(png bytes: [UInt8]) {
        var profile: [UInt8]?
        var place = 8
        while place + 12 <= bytes.count {
            let length = bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
            guard length <= bytes.count - place - 12 else { break }
            let data = bytes[place + 8..<place + 8 + length]
            switch String(decoding: bytes[place + 4..<place + 8], as: UTF8.self) {
            case "eXIf": exif = Array(data)
            case let kind:
                guard let text = PNGText(data, kind: kind) else { break }
                if text.keyword == "Raw profile type exif" { profile = Self.unpacked(text.bytes) }
                if text.keyword == "XML:com.adobe.xmp" { xmp = text.bytes }
            }
            place += 12 + length
        }
        exif = exif ?? profile
    }

    /// The bytes of ImageMagick's text: three lines of preface, then hexadecimal digits.
    private static func unpacked(_ text: [UInt8]) -> [UInt8]? {
        let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
        let digits = lines.dropFirst(3).joined().filter { $0 > 0x20 }
        var result: [UInt8] = []
        var high: UInt8?
        for digit in digits {
            guard let value = Character(Unicode.Scalar(digit)).hexDigitValue else { return nil }
            if let first = high {
                result.append(first << 4 | UInt8(value))
                high = nil
            } else {
                high = UInt8(value)
            }
        }
        return result
    }

    /// The digit after the first `tiff:Orientation`, as an attribute or an element.
    private static func inXMP(_ packet: [UInt8]) -> Int? {
        let name = Array("tiff:Orientation".utf8)
        for place in packet.indices where packet[place...].starts(with: name) {
            let rest = packet[(place + name.count)...]
            for mark in ["=\"", ">"] where rest.starts(with: mark.utf8) {
                if let digit = rest.dropFirst(mark.utf8.count).first, (0x30...0x39).contains(digit)
                {
                    return Int(digit - 0x30)
                }
            }
        }
        return nil
    }
}

/// A text of a PNG file.
private struct PNGText {
    let keyword: String
    let bytes: [UInt8]

    /// Above so many bytes a text is not unpacked.
    private static let limit = 1 << 20

    /// Reads a chunk; nil for one of another kind, or a damaged one.
    init?(_ data: ArraySlice<UInt8>, kind: String) {
        guard ["tEXt", "zTXt", "iTXt"].contains(kind), let end = data.firstIndex(of: 0) else {
            return nil
        }
        keyword = String(decoding: data[..<end], as: UTF8.self)
        guard ["Raw profile type exif", "XML:com.adobe.xmp"].contains(keyword) else { return nil }
        var rest = data[(end + 1)...]
        var isPacked = kind == "zTXt"
        if kind == "iTXt" {
            guard rest.count >= 2, let flag = rest.first else { return nil }
            isPacked = flag == 1
            rest = rest.dropFirst(2)
            for _ in 0..<2 {
                guard let zero = rest.firstIndex(of: 0) else { return nil }
                rest = rest[(zero + 1)...]
            }
        } else if isPacked {
            rest = rest.dropFirst()
        }
        guard let text = isPacked ? Self.inflated(Array(rest)) : Array(rest) else { return nil }
        bytes = text
    }

    private static func inflated(_ packed: [UInt8]) -> [UInt8]? {
        var status = Z_OK
        let text = [UInt8](unsafeUninitializedCapacity: limit) { buffer, used in
            var count = uLongf(limit)
            status = uncompress(buffer.baseAddress, &count, packed, uLong(packed.count))
            used = status == Z_OK ? Int(count) : 0
        }
        return status == Z_OK ? text : nil
    }
}
