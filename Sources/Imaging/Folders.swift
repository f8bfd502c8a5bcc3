import Foundation

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

/// Why an operation on a file failed, in the system's words.
public func systemReason(_ error: any Error) -> String {
    let outer = error as NSError
    let inner = outer.userInfo[NSUnderlyingErrorKey] as? NSError
    for candidate in [inner, outer].compactMap({ $0 }) where candidate.domain == NSPOSIXErrorDomain
    {
        return String(cString: strerror(Int32(candidate.code)))
    }
    switch CocoaError.Code(rawValue: outer.code) {
    case .fileWriteFileExists: return "a file is in the way"
    case .fileWriteNoPermission, .fileReadNoPermission: return "permission denied"
    case .fileNoSuchFile, .fileReadNoSuchFile: return "no such file or folder"
    case .fileWriteOutOfSpace: return "no space left on the disk"
    case .fileWriteVolumeReadOnly: return "the file system is read-only"
    default: return outer.localizedDescription
    }
}
