public import Foundation
import Imaging

/// A mask that was written to a file, as the commands report it.
public struct MaskFile: Encodable, Sendable {
    /// The PNG file, 0 and 255; null if none was written.
    public let path: String?
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// Pixels inside.
    public let area: Int

    init(_ mask: BinaryMask, path: String?) {
        self.path = path
        width = mask.width
        height = mask.height
        area = mask.count
    }
}

/// JSON as the commands print it: keys in order, indented, one document.
public func jsonDocument(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return try encoder.encode(value) + Data("\n".utf8)
}
