import Foundation
import TestSupport
import Testing
import Torch

@Suite("Mapped pages")
struct MappedPagesTests {
    #if os(Linux)
        /// How many kilobytes of a file are in this process's memory.
        private func residentKilobytes(_ path: String) throws -> Int {
            // The folder may be a link's.
            let name = path.split(separator: "/").suffix(2).joined(separator: "/")
            // Its length is not known before it is read.
            let handle = try #require(FileHandle(forReadingAtPath: "/proc/self/smaps"))
            let text = String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
            var isFile = false
            var sum = 0
            for line in text.split(separator: "\n") {
                if line.contains("-"), line.split(separator: " ").count >= 5 {
                    isFile = line.hasSuffix(name)
                }
                if isFile, line.hasPrefix("Rss:") {
                    sum += line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
                }
            }
            return sum
        }

        @Test("A mapped tensor's memory is given back, and its numbers are read again")
        func released() throws {
            try withTemporaryFolder { folder in
                let path = folder + "/mapped.safetensors"
                let count = 4 << 20
                try SafetensorsFile.write(
                    [NamedTensor("a", try Tensor.full([count], 0.5))], to: path)
                let file = try SafetensorsFile(path: path)
                let tensor = try file.tensor(#require(file.entry("a")))
                #expect(try tensor.sum().item() == 0.5 * Double(count))
                #expect(try residentKilobytes(path) > 16_000)
                tensor.releaseMappedPages()
                #expect(try residentKilobytes(path) < 100)
                #expect(try tensor.sum().item() == 0.5 * Double(count))
            }
        }
    #endif

    @Test("A tensor that is no file's keeps its numbers")
    func kept() throws {
        let tensor = try Tensor.full([1 << 20], 0.5)
        tensor.releaseMappedPages()
        #expect(try tensor.sum().item() == 0.5 * Double(1 << 20))
    }
}
