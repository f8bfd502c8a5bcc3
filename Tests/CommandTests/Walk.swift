import Foundation
import TestSupport
import Testing

/// The command itself, in a folder of its own that is the home folder too.
struct Walk {
    let folder: String
    /// What commands have said so far.
    private(set) var said = ""

    init(_ folder: String) { self.folder = folder }

    /// Where the build puts the command, beside the tests.
    static let program = URL(fileURLWithPath: ProcessInfo.processInfo.arguments[0])
        .deletingLastPathComponent().appendingPathComponent("think2seg")

    /// The checkout, for the models that it carries.
    static let checkout = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// Runs the command; gives its exit status.
    mutating func run(_ words: String...) throws -> Int32 { try run(words) }

    mutating func run(_ words: [String], in place: String = "") throws -> Int32 {
        let process = Process()
        process.executableURL = Self.program
        process.arguments = words
        process.currentDirectoryURL = URL(fileURLWithPath: "\(folder)/\(place)")
        process.environment = [
            "HOME": folder, "CHECKOUT": Self.checkout,
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
        ]
        let log = folder + "/log.txt"
        _ = FileManager.default.createFile(atPath: log, contents: nil)
        let handle = try #require(FileHandle(forWritingAtPath: log))
        process.standardOutput = handle
        process.standardError = handle
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: log)), as: UTF8.self)
        said += "$ \(words.joined(separator: " "))\n" + text
        return process.terminationStatus
    }

    func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/" + path))
    }

    func makeFolder(_ path: String) throws {
        try FileManager.default.createDirectory(
            atPath: folder + "/" + path, withIntermediateDirectories: false)
    }

    func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: folder + "/" + path)
    }

    /// The names in a folder, hidden ones too.
    func names(_ path: String) throws -> Set<String> {
        Set(try FileManager.default.contentsOfDirectory(atPath: folder + "/" + path))
    }
}
