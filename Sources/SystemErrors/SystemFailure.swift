import Foundation

/// A failure of the system or of Foundation, in words for people.
///
/// Errors of this project describe themselves; those of Foundation show domains, numbers and the names
/// of types, and say what happened in an error within the error.
public struct SystemFailure: Error, Sendable, Hashable, CustomStringConvertible {
    /// The file or folder; nil if the error names none.
    public let path: String?
    /// What happened.
    public let reason: String
    /// Whether something could not be written or made.
    public let isWriteFailure: Bool
    /// Whether a file or folder is not there, or may not be read.
    public let isMissing: Bool

    /// Understands an error; nil if neither the system nor Foundation made it.
    public init?(_ error: any Error) {
        if let error = error as? DecodingError {
            (path, reason) = (nil, DecodingProblem(error).description)
            (isWriteFailure, isMissing) = (false, false)
            return
        }
        let outer = error as NSError
        guard outer.domain == NSPOSIXErrorDomain || outer.domain == NSCocoaErrorDomain else {
            return nil
        }
        let chain = Self.chain(outer)
        let number = chain.first { $0.domain == NSPOSIXErrorDomain }.map { Int32($0.code) }
        let path = chain.lazy.compactMap(Self.path).first
        let isWrite = chain.contains { $0.domain == NSCocoaErrorDomain && isWriting($0.code) }
        self.path = path
        let words = foundationReason(CocoaError.Code(rawValue: outer.code), path)
        reason =
            outer.code == CocoaError.fileWriteFileExists.rawValue
            ? words : number.map { String(cString: strerror($0)) } ?? words
        isWriteFailure = isWrite || number.map(Self.writing.contains) ?? false
        isMissing = !isWriteFailure
    }

    /// Path and reason in one line.
    public var description: String { path.map { "\($0): \(reason)" } ?? reason }

    /// Numbers of the system that only writing has.
    private static let writing: Set<Int32> = [
        ENOSPC, EDQUOT, EROFS, EFBIG, EEXIST, ENOTEMPTY, EPIPE, EXDEV,
    ]

    /// The error, and those that made it.
    private static func chain(_ error: NSError) -> [NSError] {
        var chain = [error]
        while chain.count < 8, let inner = chain.last?.userInfo[NSUnderlyingErrorKey] as? any Error
        {
            chain.append(inner as NSError)
        }
        return chain
    }

    private static func path(_ error: NSError) -> String? {
        let path =
            error.userInfo[NSFilePathErrorKey] as? String
            ?? (error.userInfo[NSURLErrorKey] as? URL)?.relativePath
        return path?.isEmpty == true ? nil : path
    }
}

/// Why an operation failed: in the system's words, or in those of an error that has its own.
public func systemReason(_ error: any Error) -> String {
    SystemFailure(error)?.reason ?? "\(error)"
}

/// Whether a number of Foundation is about writing.
private func isWriting(_ code: Int) -> Bool { (512..<1024).contains(code) }

private func foundationReason(_ code: CocoaError.Code, _ path: String?) -> String {
    switch code {
    case .fileWriteFileExists: return "a file is in the way"
    case .fileWriteNoPermission, .fileReadNoPermission: return "permission denied"
    case .fileNoSuchFile, .fileReadNoSuchFile: return "no such file or folder"
    case .fileWriteOutOfSpace: return "no space left on the disk"
    case .fileWriteVolumeReadOnly: return "the file system is read-only"
    case .fileReadInvalidFileName, .fileWriteInvalidFileName:
        return "not a name that files can have"
    case .fileReadInapplicableStringEncoding, .fileReadUnknownStringEncoding:
        return "not text in UTF-8"
    case .fileReadTooLarge: return "too large to be read"
    case .fileReadCorruptFile, .propertyListReadCorrupt: return "not JSON, or damaged"
    default: break
    }
    var isFolder: ObjCBool = false
    if let path, FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
        isFolder.boolValue, !isWriting(code.rawValue)
    {
        return "it is a folder"
    }
    return isWriting(code.rawValue) ? "the system does not write it" : "the system does not read it"
}
