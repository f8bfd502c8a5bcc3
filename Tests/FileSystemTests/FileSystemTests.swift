import FileSystem
import Foundation
import Testing

@Suite struct FileSystemTests {
    @Test(
        "The folder of a path is what comes before its last name, and none for a name alone",
        arguments: [
            ("a", nil), ("é", nil), ("", nil), ("name", nil), ("a/", nil), ("/", "/"), ("//", "/"),
            ("/a", "/"), ("/a/", "/"), ("a/b", "a"), ("a//b/", "a"), ("/a/b", "/a"), ("./a", "."),
            ("../a", ".."), ("a/b/c", "a/b"),
        ] as [(String, String?)])
    func parents(path: String, parent: String?) {
        #expect(namedParentFolder(of: path) == parent)
        #expect(parentFolder(of: path) == parent ?? ".")
    }

    @Test("Names of files that are not whole are told apart") func names() {
        let names = Set((0..<100).map { _ in FileOperations.partialName(for: "a/b") })
        #expect(names.count == 100)
        #expect(names.allSatisfy { $0.hasPrefix("a/b.") && $0.hasSuffix(".partial") })
        #expect(FileOperations.processName(for: "a/b") == "a/b.tmp-\(getpid())")
    }

    @Test("A published file has its name and no other") func publishing() throws {
        let folder = NSTemporaryDirectory() + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data([1]).write(to: URL(fileURLWithPath: folder + "/part"))
        try FileOperations.synchronize(folder + "/part")
        try FileOperations.publish(folder + "/part", as: folder + "/whole")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["whole"])
    }

    @Test("A refusal tells step, path and number") func refusals() throws {
        let missing = NSTemporaryDirectory() + UUID().uuidString
        let opening = #expect(throws: FileOperationFailure.self) {
            try FileOperations.synchronize(missing)
        }
        #expect(opening?.step == .open && opening?.path == missing && opening?.code == ENOENT)
        let renaming = #expect(throws: FileOperationFailure.self) {
            try FileOperations.publish(missing, as: missing + "2")
        }
        #expect(renaming?.step == .rename && renaming?.path == missing + "2")
        let descriptor = #expect(throws: FileOperationFailure.self) {
            try FileOperations.synchronize(descriptor: -1)
        }
        #expect(descriptor?.step == .synchronize && descriptor?.code == EBADF)
    }
}
