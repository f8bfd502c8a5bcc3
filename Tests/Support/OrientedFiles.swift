/// A JPEG file that states an orientation in an Exif block.
///
/// - Parameters:
///   - orientation: the value of tag 274
///   - jpeg: a JPEG file without an Exif block
/// - Returns: the file with one
public func stating(_ orientation: UInt8, _ jpeg: [UInt8]) -> [UInt8] {
    let block: [UInt8] =
        Array("Exif\0\0MM\0*".utf8) + [0, 0, 0, 8, 0, 1, 1, 18, 0, 3, 0, 0, 0, 1, 0, orientation]
        + [0, 0, 0, 0, 0, 0]
    let length = [UInt8(0), UInt8(block.count + 2)]
    return Array(jpeg[..<2]) + [0xFF, 0xE1] + length + block + Array(jpeg[2...])
}
