import Foundation
import SystemErrors

/// Makes a folder, with those above it; one that exists is fine.
///
/// - Parameter path: the folder
/// - Throws: ``ImageError`` that names the path and the reason of the system
public func makeFolder(_ path: String) throws(ImageError) {
    do {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
        throw ImageError(
            name: path, what: "cannot be made a folder: \(systemReason(error))",
            hint: "check the path and its permissions", kind: .cannotWrite)
    }
}
