package import Foundation
import TestSupport
import Testing

/// A new empty folder for the time of `body`.
package func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    try withTemporaryFolder(body)
}

/// The bytes of every file below a folder, hidden ones included, by path.
package func files(_ folder: String) throws -> [String: Data] {
    var result: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
        var isFolder: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: "\(folder)/\(path)", isDirectory: &isFolder)
        if isFolder.boolValue { continue }
        result[path] = try contents("\(folder)/\(path)")
    }
    return result
}

package func contents(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
}

/// The lines of a text file.
package func lines(_ path: String) throws -> [String] {
    let text = String(decoding: try contents(path), as: UTF8.self)
    #expect(text.hasSuffix("\n"), "\(path) ends within a line")
    return text.split(separator: "\n").map(String.init)
}

/// A document of JSON whose top is an object.
package func object(_ data: Data) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
}

package func object(_ line: String) throws -> [String: Any] { try object(Data(line.utf8)) }

package func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

/// What `body` says when it fails.
package func message(_ body: () throws -> Void) -> String {
    do {
        try body()
        Issue.record("nothing was refused")
        return ""
    } catch {
        return "\(error)"
    }
}
