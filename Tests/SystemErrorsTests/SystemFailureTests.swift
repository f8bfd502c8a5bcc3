import FilesTestSupport
import Foundation
import SystemErrors
import TestSupport
import Testing

@Suite struct SystemFailureTests {
    /// What nobody who runs a command should have to read.
    private let insides = [
        "NS", "Domain", "Code=", "UserInfo", "Cocoa", "Optional", "Decoding", "CodingKey",
        "Foundation", "Swift", "Array<", "Dictionary<", "could not be completed",
    ]

    private func words(_ body: () throws -> Void) -> SystemFailure? {
        do {
            try body()
            Issue.record("nothing failed")
        } catch {
            guard let failure = SystemFailure(error) else {
                Issue.record("not understood: \(error)")
                return nil
            }
            for inside in insides {
                #expect(!failure.reason.contains(inside), "\(failure)")
            }
            return failure
        }
        return nil
    }

    @Test("Failures of reading say path and reason, and that nothing was written")
    func reading() throws {
        try withTemporaryFolder { folder in
            let missing = words { _ = try contents(folder + "/none") }
            #expect(missing?.path == folder + "/none" && missing?.isMissing == true)
            #expect(missing?.reason == "No such file or directory")
            let inFolder = words { _ = try contents(folder) }
            #expect(inFolder?.isWriteFailure == false)
            #expect(["it is a folder", "Is a directory"].contains(inFolder?.reason))
            _ = words { _ = try FileManager.default.contentsOfDirectory(atPath: folder + "/none") }
            _ = words { try FileManager.default.removeItem(atPath: folder + "/none") }
        }
    }

    @Test("Failures of writing say what is in the way")
    func writing() throws {
        try withTemporaryFolder { folder in
            let file = folder + "/file"
            try Data("x".utf8).write(to: URL(fileURLWithPath: file))
            let manager = FileManager.default
            let inTheWay = words {
                try manager.createDirectory(atPath: file, withIntermediateDirectories: true)
            }
            #expect(inTheWay?.reason == "a file is in the way" && inTheWay?.isWriteFailure == true)
            let below = words {
                try manager.createDirectory(
                    atPath: file + "/x", withIntermediateDirectories: true)
            }
            #expect(below?.reason == "Not a directory" && below?.isWriteFailure == true)
            _ = words { try Data("x".utf8).write(to: URL(fileURLWithPath: folder + "/a/b")) }
            _ = words { try manager.copyItem(atPath: folder, toPath: file) }
            _ = words { try manager.moveItem(atPath: file, toPath: folder + "/a/b") }
        }
    }

    @Test(
        "JSON of another kind is told in JSON's words, with the place",
        arguments: [
            (#"{"a": {"b": [1, "x"]}}"#, "a.b[1]: not an integer"),
            (#"{"a": {}}"#, "a: no 'b'"), (#"[]"#, "not an object"),
            (#"{"a": {"b": null}}"#, "a.b: null, not a list"),
            (#"{"a": "#, "not valid JSON"), (#"{"a": {"b": [], "k": "z"}}"#, "a.k: 'z' is none of"),
            (#"{"a": {"b": 1}}"#, "a.b: not a list"),
        ])
    func decoding(_ json: String, _ start: String) {
        enum Kind: String, Decodable { case x, y }
        struct Inner: Decodable {
            let b: [Int]
            let k: Kind?
        }
        struct Outer: Decodable { let a: Inner }
        let failure = words { _ = try JSONDecoder().decode(Outer.self, from: Data(json.utf8)) }
        #expect(failure?.description.hasPrefix(start) == true, "\(String(describing: failure))")
    }

    @Test("Errors of the system itself, and their numbers")
    func numbers() {
        #expect(words { throw POSIXError(.ENOSPC) }?.reason == "No space left on device")
        #expect(words { throw POSIXError(.ENOSPC) }?.isWriteFailure == true)
        #expect(words { throw POSIXError(.EACCES) }?.isMissing == true)
        #expect(words { throw CocoaError(.fileReadNoPermission) }?.reason == "permission denied")
        #expect(words { throw CocoaError(.fileReadUnknown) } != nil)
        #expect(words { throw CocoaError(.fileWriteUnknown) }?.isWriteFailure == true)
    }

    @Test("An error that has words of its own keeps them")
    func own() {
        struct Own: Error, CustomStringConvertible { let description = "x: is wrong" }
        #expect(SystemFailure(Own()) == nil)
        #expect(systemReason(Own()) == "x: is wrong")
    }
}
