import Foundation

/// What picture files are called.
enum PictureName {
    /// The endings of pictures that can be read, and of those that people rename.
    static let endings = ["jpg", "jpeg", "png", "tif", "tiff"]

    /// A file's name without the ending of a picture; the whole name where it has none.
    ///
    /// Only the ending goes: `x.tile.1.png` and `x.tile.2.png` are two pictures.
    static func stem(_ name: String) -> String { stem(name, endings) }

    /// A file's name without its ending, where that is one of some.
    static func stem(_ name: String, _ endings: [String]) -> String {
        let ending = (name as NSString).pathExtension
        return endings.contains(ending.lowercased())
            ? String(name.dropLast(ending.count + 1)) : name
    }
}
