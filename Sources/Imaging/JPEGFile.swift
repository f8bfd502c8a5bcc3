import CImageCodecs

/// A JPEG file whose header has been read.
struct JPEGFile {
    private let bytes: [UInt8]
    private let name: String
    private let info: CICJPEGHeader

    init(_ bytes: [UInt8], name: String) throws(ImageError) {
        var info = CICJPEGHeader()
        var message = CICMessage()
        let status = cic_jpeg_read_header(
            bytes, bytes.count, UInt64(ImageCodec.maximumPixels), &info, &message)
        guard status == CIC_OK else {
            throw ImageError(name: name, format: "JPEG", status: status, message: message)
        }
        self.bytes = bytes
        self.name = name
        self.info = info
    }

    private var width: Int { Int(info.width) }
    private var height: Int { Int(info.height) }

    var header: ImageHeader { ImageHeader(format: .jpeg, width: width, height: height) }

    /// The picture as Pillow converts it to RGB.
    func image() throws(ImageError) -> RGBImage {
        let values = try samples()
        let pixels =
            switch info.channels {
            case 1: Self.repeated(values)
            case 3: values
            default: Self.rgb(invertedCMYK: values)
            }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    /// The pixels with a sample above 0.
    func label() throws(ImageError) -> BinaryMask {
        let values = try labelBytes()
        return BinaryMask(
            width: width, height: height,
            bytes: info.channels == 1 ? values : anyAboveZero(values, perPixel: 3))
    }

    /// The decoded samples of a label.
    func labelSamples() throws(ImageError) -> LabelSamples {
        LabelSamples(
            frame: header.frame, channels: Int(info.channels), hasAlpha: false,
            values: try labelBytes().map(UInt16.init))
    }

    private func labelBytes() throws(ImageError) -> [UInt8] {
        guard info.channels != 4 else {
            throw ImageError(
                name: name, what: "a CMYK JPEG cannot be a label",
                hint: "save the label as a gray PNG, 0 outside")
        }
        return try samples()
    }

    private func samples() throws(ImageError) -> [UInt8] {
        let count = width * height * Int(info.channels)
        var message = CICMessage()
        var status = CIC_OK
        let values = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            status = cic_jpeg_decode(bytes, bytes.count, buffer.baseAddress, count, &message)
            used = status == CIC_OK ? count : 0
        }
        guard status == CIC_OK else {
            throw ImageError(name: name, format: "JPEG", status: status, message: message)
        }
        return values
    }

    /// Each gray level as R, G and B.
    private static func repeated(_ grays: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: grays.count * 3) { buffer, used in
            for (index, gray) in grays.enumerated() {
                buffer[index * 3] = gray
                buffer[index * 3 + 1] = gray
                buffer[index * 3 + 2] = gray
            }
            used = grays.count * 3
        }
    }

    /// R, G, B of stored C, M, Y, K samples of which 255 is no ink: the ink's share of the light
    /// that black leaves is taken away, rounded to the nearest level.
    private static func rgb(invertedCMYK samples: [UInt8]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: samples.count / 4 * 3) { buffer, used in
            used = samples.count / 4 * 3
            for pixel in 0..<samples.count / 4 {
                let light = Int(samples[pixel * 4 + 3])
                for channel in 0..<3 {
                    let ink = 255 - Int(samples[pixel * 4 + channel])
                    let product = ink * light + 128
                    let absorbed = (product >> 8 + product) >> 8
                    buffer[pixel * 3 + channel] = UInt8(light - absorbed)
                }
            }
        }
    }

    static func encode(_ image: RGBImage, quality: Int) throws(ImageError) -> [UInt8] {
        let name = "JPEG of \(image.width) x \(image.height) pixels"
        guard (1...100).contains(quality) else {
            throw ImageError(
                name: name, what: "quality \(quality)", hint: "give a quality of 1...100")
        }
        guard max(image.width, image.height) <= 65535 else {
            throw ImageError(
                name: name, what: "JPEG holds at most 65535 pixels per side",
                hint: "use PNG or a smaller picture")
        }
        let (width, height) = (UInt32(image.width), UInt32(image.height))
        let capacity = cic_jpeg_encode_bound(width, height)
        var message = CICMessage()
        var status = CIC_OK
        let file = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, used in
            status = cic_jpeg_encode(
                image.pixels, width, height, Int32(quality), buffer.baseAddress, capacity, &used,
                &message)
        }
        guard status == CIC_OK else {
            throw ImageError(name: name, format: "JPEG", status: status, message: message)
        }
        return Array(file[...])
    }
}
