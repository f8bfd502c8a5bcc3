import CImageCodecs

/// JPEG files in memory that libjpeg-turbo decodes one after the other into the same pixels, with none of
/// the checks and copies around it: what loading pictures is compared with.
public struct BareDecoding: Sendable {
    private let bytes: [UInt8]
    private let offsets: [Int]
    private let pixelBytes: Int

    /// Files to decode, all of them whole.
    ///
    /// - Throws: ``ImageError`` if one is no JPEG file.
    public init(_ files: [[UInt8]]) throws(ImageError) {
        var (bytes, offsets, most): ([UInt8], [Int], Int) = ([], [0], 0)
        for (index, file) in files.enumerated() {
            let name = "picture \(index)"
            let header = try ImageCodec.header(file, name: name)
            guard header.format == .jpeg else {
                throw ImageError(
                    name: name, what: "not a JPEG file", hint: "compare JPEG files only")
            }
            bytes += file
            offsets.append(bytes.count)
            // A CMYK picture has four samples.
            most = max(most, header.frame.area * 4)
        }
        (self.bytes, self.offsets, pixelBytes) = (bytes, offsets, most)
    }

    /// Decodes all files.
    ///
    /// - Throws: ``ImageError`` of the first that cannot be decoded.
    public func run() throws(ImageError) {
        var message = CICMessage()
        let status = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: pixelBytes) { pixels in
            cic_jpeg_decode_bare(
                bytes, offsets, offsets.count - 1, pixels.baseAddress, pixelBytes, &message)
        }
        guard status == CIC_OK else {
            throw ImageError(
                name: "a picture of \(offsets.count - 1)", format: "JPEG", status: status,
                message: message)
        }
    }
}
