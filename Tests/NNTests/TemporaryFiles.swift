import Foundation

/// Writes a file below a folder, and the folders above it.
func write(_ bytes: [UInt8], _ name: String, in folder: String) throws {
    let path = folder + "/" + name
    try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
}

/// Writes a file of text below a folder.
func write(_ text: String, _ name: String, in folder: String) throws {
    try write(Array(text.utf8), name, in: folder)
}
