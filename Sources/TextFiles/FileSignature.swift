import Foundation

/// What a file is by its first bytes, where those begin no text.
public enum FileSignature: Hashable, Sendable {
    /// A picture, with its format: "PNG".
    case picture(String)
    /// An HDF5 file.
    case hdf5
    /// A zip archive, as torch's files of weights are.
    case zip
    /// Weights in safetensors.
    case safetensors
    /// Anything else that is known, in words.
    case other(String)

    /// Looks at the first bytes of a file; those of safetensors need ten, others four.
    ///
    /// - Parameter head: the bytes
    /// - Returns: nil if they are none of those that are known
    public static func of(_ head: some Collection<UInt8>) -> FileSignature? {
        let head = Array(head.prefix(10))
        for (begin, kind) in known where head.starts(with: begin) { return kind }
        // After the header's length, eight bytes, its JSON begins.
        if head.count > 9, head[8] == UInt8(ascii: "{"), head[6] == 0, head[7] == 0 {
            return .safetensors
        }
        return nil
    }

    /// What it is called: "a PNG picture".
    public var words: String {
        switch self {
        case .picture(let format): "a \(format) picture"
        case .hdf5: "an HDF5 file, as shards are"
        case .zip: "a zip archive, as files of weights that torch wrote are"
        case .safetensors: "a file of weights (safetensors)"
        case .other(let words): words
        }
    }

    private static let known: [([UInt8], FileSignature)] = [
        ([0x89, 0x50, 0x4E, 0x47], .picture("PNG")), ([0xFF, 0xD8, 0xFF], .picture("JPEG")),
        ([0x49, 0x49, 0x2A, 0], .picture("TIFF")), ([0x4D, 0x4D, 0, 0x2A], .picture("TIFF")),
        ([0x49, 0x49, 0x2B, 0], .picture("TIFF")), ([0x4D, 0x4D, 0, 0x2B], .picture("TIFF")),
        ([0x47, 0x49, 0x46, 0x38], .picture("GIF")), ([0x89, 0x48, 0x44, 0x46], .hdf5),
        ([0x50, 0x4B, 3, 4], .zip), ([0x1F, 0x8B], .other("a gzip archive; unpack it first")),
        ([0x93, 0x4E, 0x55, 0x4D], .other("an array of NumPy (.npy)")),
        ([0x80, 2], .other("a pickle of Python")), ([0x80, 4], .other("a pickle of Python")),
        ([0x7F, 0x45, 0x4C, 0x46], .other("a program")),
    ]
}
