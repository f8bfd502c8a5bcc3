/// A kind of file that is no PNG, JPEG or TIFF, by how it begins: what it is, and how to make one of these
/// of it.
struct ForeignFormat {
    let name: String
    /// What to do.
    let advice: String

    /// The kind of a file; nil if it is not known.
    init?(_ bytes: [UInt8]) {
        let found =
            Self.byBrand(bytes) ?? Self.beginnings.first { bytes.starts(with: $0.start) }?.kind
        guard let found else { return nil }
        self = found
    }

    private init(_ name: String, _ advice: String) {
        self.name = name
        self.advice = advice
    }

    /// A picture that a program converts.
    private static func picture(_ name: String, _ command: String) -> Self {
        Self(name, "convert it to PNG, for example: \(command)")
    }

    private static let jpeg2000 = picture(
        "a JPEG 2000 file", "gdal_translate -of PNG IN.jp2 OUT.png")
    private static let jpegXL = picture("a JPEG XL file", "djxl IN.jxl OUT.png")
    private static let webP = picture("a WebP file", "dwebp IN.webp -o OUT.png")
    private static let gif = picture("a GIF file", "convert 'IN.gif[0]' OUT.png")
    private static let pnm = picture("a PNM file (PBM, PGM, PPM)", "convert IN.pnm OUT.png")
    private static let html = Self(
        "an HTML or XML text",
        "if it should be a picture, a page was saved in its place: download it again")
    private static let archive = "unpack it, and give the files in it"
    private static let grid =
        "make a TIFF file of its bands, for example: gdal_translate IN OUT.tif"

    /// The others, by their first bytes.
    private static let beginnings: [(start: [UInt8], kind: Self)] = [
        ([0xFF, 0x4F, 0xFF, 0x51], jpeg2000), ([0xFF, 0x0A], jpegXL),
        (Array("GIF87a".utf8), gif), (Array("GIF89a".utf8), gif),
        (Array("BM".utf8), picture("a BMP file", "convert IN.bmp OUT.png")),
        ([0x49, 0x49, 0xBC], picture("a JPEG XR file", "JxrDecApp -i IN.jxr -o OUT.tif")),
        (Array("8BPS".utf8), picture("a Photoshop file", "convert 'IN.psd[0]' OUT.png")),
        (Array("%PDF".utf8), picture("a PDF file", "pdftoppm -png -r 150 IN.pdf OUT")),
        ([0x76, 0x2F, 0x31, 0x01], picture("an OpenEXR file", "convert IN.exr OUT.png")),
        (Array("#?RADIANCE".utf8), picture("a Radiance HDR file", "convert IN.hdr OUT.png")),
        ([0, 0, 1, 0], picture("an ICO file", "convert 'IN.ico[0]' OUT.png")),
        ([0x0A, 0x05, 0x01], picture("a PCX file", "convert IN.pcx OUT.png")),
        (Array("qoif".utf8), picture("a QOI file", "convert IN.qoi OUT.png")),
        (Array("NITF".utf8), Self("a NITF file", grid)),
        (Array("GRIB".utf8), Self("a GRIB file", grid)),
        (Array("EHFA_HEADER_TAG".utf8), Self("an ERDAS IMAGINE file", grid)),
        (Array("CDF".utf8), Self("a netCDF file", grid)),
        (Array("msid".utf8), Self("a MrSID file", grid)),
        ([0x89, 0x48, 0x44, 0x46], Self("an HDF5 file", grid)),
        ([0x93] + Array("NUMPY".utf8), Self("a NumPy array", "save it as a picture")),
        (
            Array("version https://git-lfs".utf8),
            Self("a pointer of Git LFS", "fetch the file itself: git lfs pull")
        ),
        ([0x50, 0x4B, 3, 4], Self("a ZIP archive", archive)),
        ([0x1F, 0x8B], Self("a gzip archive", archive)),
        ([0x37, 0x7A, 0xBC, 0xAF], Self("a 7z archive", archive)),
        (Array("<".utf8), html), ([0xEF, 0xBB, 0xBF, 0x3C], html),
    ]

    /// Formats whose name stands after a length, and those of letter and digit.
    private static func byBrand(_ bytes: [UInt8]) -> Self? {
        func text(_ range: Range<Int>) -> String {
            bytes.count < range.upperBound ? "" : String(decoding: bytes[range], as: UTF8.self)
        }
        switch (text(0..<4), text(4..<8), text(8..<12)) {
        case ("RIFF", _, "WEBP"): return webP
        case ("RIFF", _, _): return Self("a RIFF file that is no picture", "give a picture")
        case (_, "jP  ", _): return jpeg2000
        case (_, "JXL ", _): return jpegXL
        case (_, "ftyp", "avif"), (_, "ftyp", "avis"):
            return picture("an AVIF file", "avifdec IN.avif OUT.png")
        case (_, "ftyp", "jp2 "), (_, "ftyp", "jpx "): return jpeg2000
        case (_, "ftyp", let brand) where ["hei", "hev", "mif", "msf"].contains(brand.prefix(3)):
            return picture("a HEIC or HEIF file", "heif-convert IN.heic OUT.png")
        case (_, "ftyp", _): return Self("a film (MP4 or alike)", "give one of its pictures")
        default: break
        }
        guard bytes.count > 2, bytes[0] == 0x50, [0x0A, 0x20, 0x0D, 0x09].contains(bytes[2]) else {
            return nil
        }
        return Array("1234567fF".utf8).contains(bytes[1]) ? pnm : nil
    }
}
