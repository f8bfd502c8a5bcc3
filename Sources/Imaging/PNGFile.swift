import CImageCodecs

/// A PNG file whose header has been read.
struct PNGFile {
    private let bytes: [UInt8]
    private let name: String
    private let info: CICPNGHeader

    init(_ bytes: [UInt8], name: String) throws(ImageError) {
        var info = CICPNGHeader()
        var message = CICMessage()
        let status = cic_png_read_header(
            bytes, bytes.count, UInt64(ImageCodec.maximumPixels), &info, &message)
        guard status == CIC_OK else {
            throw ImageError(name: name, format: "PNG", status: status, message: message)
        }
        self.bytes = bytes
        self.name = name
        self.info = info
    }

    private var width: Int { Int(info.width) }
    private var height: Int { Int(info.height) }

    var header: ImageHeader { ImageHeader(format: .png, width: width, height: height) }

    /// The picture as it is stored, if its samples have 16 bits.
    func deep() throws(ImageError) -> DeepImage? {
        guard info.bit_depth == 16 else { return nil }
        var samples = try samples(CIC_PNG_FULL)
        samples.withUnsafeMutableBytes { bytes in
            for at in stride(from: 0, to: bytes.count, by: 2) {
                let value = bytes.loadUnaligned(fromByteOffset: at, as: UInt16.self)
                bytes.storeBytes(
                    of: UInt16(bigEndian: value), toByteOffset: at, as: UInt16.self)
            }
        }
        return DeepImage(
            width: width, height: height, channels: Int(info.channels), type: .uint16, bits: 16,
            bytes: samples)
    }

    /// What of the pixels is left out: alpha that is not full somewhere.
    func leftOut() throws(ImageError) -> LeftOutChannel? {
        guard info.has_alpha != 0 || info.has_transparent_color != 0 else { return nil }
        var message = CICMessage()
        var count: UInt64 = 0
        let status = cic_png_count_transparent(bytes, bytes.count, &count, &message)
        guard status == CIC_OK else {
            throw ImageError(name: name, format: "PNG", status: status, message: message)
        }
        return count == 0 ? nil : .alpha(pixels: Int(count), of: width * height)
    }

    /// The picture as Pillow converts it to RGB.
    ///
    /// - Throws: ``ImageError``, also where samples have 16 bits.
    func image() throws(ImageError) -> RGBImage {
        if let deep = try deep() { throw deep.unstretched(name, isStored: true) }
        let pixels =
            if info.channels == 3 {
                try samples(CIC_PNG_UPPER_BYTE)
            } else if info.is_palette != 0 {
                spread(try samples(CIC_PNG_UPPER_BYTE), table: palette)
            } else {
                spread(try samples(CIC_PNG_UPPER_BYTE), table: grays(step: grayStep))
            }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    /// The pixels with a sample above 0.
    func label() throws(ImageError) -> BinaryMask {
        // An index or a gray level of one bit is the pixel's bit in the mask.
        if info.bit_depth == 1 {
            return BinaryMask(
                width: width, height: height, rows: try samples(CIC_PNG_PACKED))
        }
        let values = try samples(CIC_PNG_FULL)
        let perPixel = values.count / (width * height)
        guard perPixel > 1 else {
            return BinaryMask(width: width, height: height, bytes: values)
        }
        return BinaryMask(
            width: width, height: height, bytes: anyAboveZero(values, perPixel: perPixel))
    }

    /// The stored samples, those of 16 bits in full.
    func labelSamples() throws(ImageError) -> LabelSamples {
        let bytes = try samples(CIC_PNG_FULL)
        let values =
            info.bit_depth == 16
            ? (0..<bytes.count / 2).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
            : bytes.map(UInt16.init)
        return LabelSamples(
            frame: header.frame, channels: Int(info.channels),
            palette: info.is_palette != 0 ? palette : nil, hasAlpha: info.has_alpha != 0,
            values: values)
    }

    /// The stored samples, without alpha.
    private func samples(_ depth: CICPNGDepth) throws(ImageError) -> [UInt8] {
        let wide = depth != CIC_PNG_UPPER_BYTE && info.bit_depth == 16
        let isPacked = depth == CIC_PNG_PACKED && info.bit_depth < 8
        let count =
            isPacked
            ? (width * Int(info.bit_depth) + 7) / 8 * height
            : width * height * Int(info.channels) * (wide ? 2 : 1)
        var message = CICMessage()
        var status = CIC_OK
        let values = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            status = cic_png_decode(
                bytes, bytes.count, depth, buffer.baseAddress, count, &message)
            used = status == CIC_OK ? count : 0
        }
        guard status == CIC_OK else {
            throw ImageError(name: name, format: "PNG", status: status, message: message)
        }
        return values
    }

    /// By how much gray levels of this depth differ when 0 is black and the greatest is 255.
    private var grayStep: Int { info.bit_depth < 8 ? 255 / ((1 << Int(info.bit_depth)) - 1) : 1 }

    /// R, G, B of every index.
    private var palette: [UInt8] { withUnsafeBytes(of: info.palette) { Array($0) } }

    /// R, G, B of every stored gray level, clipped at 255.
    private func grays(step: Int) -> [UInt8] {
        (0..<256 * 3).map { UInt8(min(255, $0 / 3 * step)) }
    }

    /// The three table entries of each sample.
    private func spread(_ samples: [UInt8], table: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: samples.count * 3) { buffer, used in
            var at = 0
            for sample in samples {
                let entry = Int(sample) * 3
                buffer[at] = table[entry]
                buffer[at + 1] = table[entry + 1]
                buffer[at + 2] = table[entry + 2]
                at += 3
            }
            used = at
        }
    }

    static func encode(
        _ pixels: [UInt8], frame: ImageFrame, channels: Int
    ) throws(ImageError) -> [UInt8] {
        let (width, height) = try sides(frame)
        let capacity = cic_png_encode_bound(width, height, UInt32(channels))
        return try file(of: frame, capacity: capacity) { file, used, message in
            cic_png_encode(
                pixels, width, height, UInt32(channels), file, capacity, &used, &message)
        }
    }

    static func encodeBits(_ mask: BinaryMask) throws(ImageError) -> [UInt8] {
        let (width, height) = try sides(mask.frame)
        let rows = mask.rows
        let capacity = cic_png_encode_bits_bound(width, height)
        return try file(of: mask.frame, capacity: capacity) { file, used, message in
            cic_png_encode_bits(rows, width, height, file, capacity, &used, &message)
        }
    }

    private static func name(_ frame: ImageFrame) -> String {
        "PNG of \(frame.width) x \(frame.height) pixels"
    }

    private static func sides(
        _ frame: ImageFrame
    ) throws(ImageError) -> (width: UInt32, height: UInt32) {
        guard let width = UInt32(exactly: frame.width), let height = UInt32(exactly: frame.height)
        else {
            throw ImageError(
                name: name(frame), what: "a side is too long", hint: "use a smaller picture")
        }
        return (width, height)
    }

    private static func file(
        of frame: ImageFrame, capacity: Int,
        _ encode: (UnsafeMutablePointer<UInt8>?, inout Int, inout CICMessage) -> CICStatus
    ) throws(ImageError) -> [UInt8] {
        var message = CICMessage()
        var status = CIC_OK
        let file = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, used in
            status = encode(buffer.baseAddress, &used, &message)
        }
        guard status == CIC_OK else {
            throw ImageError(name: name(frame), format: "PNG", status: status, message: message)
        }
        return Array(file[...])
    }
}

/// 1 for each pixel with a byte above 0, else 0; a pixel has `perPixel` bytes.
func anyAboveZero(_ bytes: [UInt8], perPixel: Int) -> [UInt8] {
    (0..<bytes.count / perPixel).map { pixel in
        var any: UInt8 = 0
        for at in pixel * perPixel..<(pixel + 1) * perPixel { any |= bytes[at] }
        return any > 0 ? 1 : 0
    }
}
