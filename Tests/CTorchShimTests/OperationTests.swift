import Foundation
import Testing

/// What another libtorch is judged by: the list of operations, and the numbers that go with it.
@Suite struct OperationTests {
    private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path

    private func text(_ name: String) throws -> String {
        try String(contentsOfFile: root + "/" + name, encoding: .utf8)
    }

    /// Runs the list on a file of numbers: the exit status and what it prints.
    private func compare(_ path: String) throws -> (status: Int32, report: String) {
        let folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        let process = Process()
        process.executableURL = folder.appendingPathComponent("libtorch-operations")
        process.arguments = [path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }

    @Test("The operations of libtorch give the numbers that other versions are judged by")
    func numbers() throws {
        let result = try compare(root + "/Tests/Operations/numbers.tsv")
        #expect(result.report == "")
        #expect(result.status == 0)
    }

    @Test("Another number, a missing one and one too many are told, by the operation's name")
    func differences() throws {
        var lines = try text("Tests/Operations/numbers.tsv").split(separator: "\n").map(String.init)
        let softmax = try #require(lines.firstIndex { $0.hasPrefix("softmax\t") })
        var cells = lines[softmax].components(separatedBy: "\t")
        cells[4] = String(try #require(Double(cells[4])) + 1e-3)
        lines[softmax] = cells.joined(separator: "\t")
        lines.removeAll { $0.hasPrefix("cumsum\t") }
        lines.append("fourier\t0\t1")
        let path = NSTemporaryDirectory() + "numbers-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: path))
        let result = try compare(path)
        #expect(result.status == 1)
        let names = result.report.split(separator: "\n").map { $0.prefix { $0 != ":" } }
        #expect(Set(names) == ["softmax", "cumsum", "fourier"])
    }

    @Test("Every function of the C face is on the list of operations")
    func completeness() throws {
        let pattern = try Regex("cts_[a-z0-9_]+\\(")
        func functions(_ text: String) -> Set<String> {
            Set(text.matches(of: pattern).map { String(text[$0.range]) })
        }
        let declared = functions(try text("Sources/CTorchShim/include/CTorchShim.h"))
        let folder = root + "/Tests/Operations"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        let tried = try files.filter { $0.hasSuffix("pp") }
            .map { functions(try text("Tests/Operations/" + $0)) }
        let missing = declared.subtracting(tried.reduce([]) { $0.union($1) })
        #expect(declared.count > 80)
        #expect(missing == [])
    }
}
