import CImageCodecs

/// A TIFF file of which the first page's description has been read.
struct TIFFFile {
    private let bytes: [UInt8]
    private let name: String
    private let info: CICTIFFHeader

    /// How a TIFF file begins: little-endian or big-endian, the usual or the large variant.
    static func isOne(_ bytes: [UInt8]) -> Bool {
        [
            [0x49, 0x49, 0x2A, 0], [0x4D, 0x4D, 0, 0x2A], [0x49, 0x49, 0x2B, 0],
            [0x4D, 0x4D, 0, 0x2B],
        ]
        .contains { bytes.starts(with: $0) }
    }

    init(_ bytes: [UInt8], name: String) throws(ImageError) {
        var info = CICTIFFHeader()
        var message = CICMessage()
        let status = cic_tiff_read_header(
            bytes, bytes.count, UInt64(ImageCodec.maximumPixels), &info, &message)
        guard status == CIC_OK else {
            throw ImageError(name: name, format: "TIFF", status: status, message: message)
        }
        self.bytes = bytes
        self.name = name
        self.info = info
    }

    private var width: Int { Int(info.width) }
    private var height: Int { Int(info.height) }
    private var channels: Int { Int(info.channels) }

    /// The type of samples that are no bytes; nil for those that are.
    private var deepType: DeepImage.SampleType? {
        switch (info.kind, info.bit_depth) {
        case (CIC_SAMPLE_UNSIGNED, 1...8): nil
        case (CIC_SAMPLE_UNSIGNED, 9...16): .uint16
        case (CIC_SAMPLE_UNSIGNED, 32): .uint32
        case (CIC_SAMPLE_UNSIGNED, _): .uint64
        case (CIC_SAMPLE_SIGNED, 8): .int8
        case (CIC_SAMPLE_SIGNED, 16): .int16
        case (CIC_SAMPLE_SIGNED, 32): .int32
        case (CIC_SAMPLE_SIGNED, _): .int64
        case (_, 64): .float64
        default: .float32
        }
    }

    /// How the rows and columns of the file are to be turned.
    var orientation: ImageOrientation { ImageOrientation(rawValue: info.orientation) ?? .upright }

    /// Fails if rows and columns are not in the usual order: programs do not agree on what they look
    /// like then.
    func requireUpright() throws(ImageError) {
        guard orientation != .upright else { return }
        throw ImageError(
            name: name,
            what: "TIFF: its orientation is \(orientation.rawValue), to be "
                + "\(orientation.words): some programs turn such files, others do not",
            hint: "give --exif apply, or save it with rows from the top left")
    }

    /// The picture as it is stored, if its samples are no bytes.
    func deep() throws(ImageError) -> DeepImage? {
        guard let type = deepType else { return nil }
        return DeepImage(
            width: width, height: height, channels: channels, type: type,
            bits: Int(info.bit_depth), bytes: try samples(CIC_TIFF_COLORS),
            nodata: info.has_nodata == 1 ? info.nodata : nil)
    }

    /// The picture as Pillow converts it to RGB, which turns it as its orientation says.
    ///
    /// - Parameter turning: whether another orientation than the usual one is undone, or an error
    /// - Returns: the picture
    /// - Throws: ``ImageError``, also for samples of more than 8 bits
    func image(turning: Bool) throws(ImageError) -> RGBImage {
        if !turning { try requireUpright() }
        return orientation.symmetry(try storedImage())
    }

    /// The picture before it is turned.
    private func storedImage() throws(ImageError) -> RGBImage {
        if let deep = try deep() { throw deep.unstretched(name, isStored: false) }
        let samples = try samples(CIC_TIFF_COLORS)
        if channels == 3, info.bit_depth == 8 {
            return RGBImage(width: width, height: height, pixels: samples)
        }
        let table = info.is_palette == 1 ? palette : grays
        let pixels = [UInt8](unsafeUninitializedCapacity: width * height * 3) { buffer, used in
            used = width * height * 3
            for index in 0..<used {
                let color = index % 3
                let sample = channels == 1 ? samples[index / 3] : samples[index]
                buffer[index] = table[Int(sample) * 3 + color]
            }
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    /// R, G, B of every index.
    private var palette: [UInt8] { withUnsafeBytes(of: info.palette) { Array($0) } }

    /// R, G, B of every level: the greatest that its bits hold is 255.
    private var grays: [UInt8] {
        let most = (1 << Int(info.bit_depth)) - 1
        return (0..<256 * 3).map { UInt8(min(255, ($0 / 3 * 255 + most / 2) / most)) }
    }

    /// What a pixel has besides its colours; nil where alpha is full everywhere.
    func leftOut() throws(ImageError) -> LeftOutChannel? {
        switch info.extra {
        case CIC_EXTRA_NONE: return nil
        case CIC_EXTRA_ALPHA: break
        default: return .unknown
        }
        let samples = try samples(CIC_TIFF_EXTRA)
        let full = info.bit_depth < 8 ? UInt8(1 << info.bit_depth) - 1 : 0xFF
        // All bits of a full sample are set; of signed ones and floats, which have no such thing, any.
        let size = samples.count / (width * height)
        let isPadded = info.bit_depth > 8 && info.bit_depth < 16
        guard info.kind == CIC_SAMPLE_UNSIGNED, !isPadded else { return .unknown }
        let count = (0..<width * height).count { pixel in
            samples[pixel * size..<(pixel + 1) * size].contains { $0 != full }
        }
        return count == 0 ? nil : .alpha(pixels: count, of: width * height)
    }

    /// The stored samples; another orientation than the usual one is an error unless `turning`.
    func labelSamples(turning: Bool) throws(ImageError) -> LabelSamples {
        if !turning { try requireUpright() }
        let deep = try deep()
        let values =
            if let deep { deep.levels } else { try samples(CIC_TIFF_COLORS).map(UInt16.init) }
        return LabelSamples(
            frame: ImageFrame(width: width, height: height), channels: channels,
            palette: info.is_palette != 0 ? palette : nil, hasAlpha: info.extra != CIC_EXTRA_NONE,
            values: values,
            unheld: deep?.unheld.map { "\($0.first) at \($0.count) of \(width * height) pixels" })
    }

    /// The pixels with a sample above 0.
    func label() throws(ImageError) -> BinaryMask {
        let planes = try labelSamples(turning: false).planes().channels
        return planes.dropFirst().reduce(into: planes[0]) { $0.formUnion($1) }
    }

    private func samples(_ part: CICTIFFPart) throws(ImageError) -> [UInt8] {
        let size = info.bit_depth <= 8 ? 1 : info.bit_depth <= 16 ? 2 : Int(info.bit_depth) / 8
        let count = width * height * (part == CIC_TIFF_COLORS ? channels : 1) * size
        var message = CICMessage()
        var status = CIC_OK
        let values = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
            status = cic_tiff_decode(bytes, bytes.count, part, buffer.baseAddress, count, &message)
            used = status == CIC_OK ? count : 0
        }
        guard status == CIC_OK else {
            throw ImageError(name: name, format: "TIFF", status: status, message: message)
        }
        return values
    }
}
