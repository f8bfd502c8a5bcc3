import Foundation
import TestSupport
import Testing
import Torch

/// A file of bytes that goes away again.
private func withFile<Result>(_ bytes: [UInt8], _ body: (String) throws -> Result) throws -> Result
{
    try withTemporaryFolder { folder in
        let path = folder + "/file.pt"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return try body(path)
    }
}

/// The error that opening such a file causes.
private func fault(_ bytes: [UInt8]) throws -> CheckpointError? {
    try withFile(bytes) { path in
        do throws(CheckpointError) {
            _ = try TorchCheckpointFile(path: path)
            return nil
        } catch {
            #expect(error.path == path)
            return error
        }
    }
}

private func builder(_ change: (inout ArchiveBuilder) -> Void) -> ArchiveBuilder {
    var builder = ArchiveBuilder()
    change(&builder)
    return builder
}

private func bytes(_ name: String) throws -> [UInt8] {
    Array(try Fixtures.data("torch/" + name))
}

@Suite("Damaged and foreign files instead of torch.save's")
struct TorchCheckpointDamageTests {
    @Test("a changed byte of a storage or of the pickle is found by its checksum")
    func checksums() throws {
        let whole = try bytes("protocol2.pt")
        // The only 1,234,567 is in the pickle; the storages follow the file that names the order.
        let number = Array(little(UInt32(1_234_567)))
        let order = Array("little".utf8)
        for (pattern, distance, name) in [(number, 0, "data.pkl"), (order, 128, "data/0")] {
            let place = try #require(
                whole.indices.first { whole[$0...].starts(with: pattern) })
            var damaged = whole
            damaged[place + distance] ^= 1
            let error = try #require(try fault(damaged))
            #expect(error.problem.contains("checksum of"), "\(error)")
            #expect(error.problem.contains(name), "\(error)")
            #expect(error.advice.contains("download it again"))
        }
    }

    @Test("a file cut short at any place is an error that advises to get it again")
    func truncation() throws {
        let whole = try bytes("protocol4.pt")
        for count in stride(from: 2, to: whole.count, by: 7) {
            let error = try #require(try fault(Array(whole.prefix(count))))
            #expect(error.problem.contains("cut short"), "\(count): \(error)")
            #expect(error.advice.contains("download it again"))
        }
    }

    @Test("a file from before version 1.6, cut short or changed at any place, is read or refused")
    func old() throws {
        let whole = try bytes("legacy.pt")
        for count in stride(from: 15, to: whole.count, by: 11) {
            let error = try #require(try fault(Array(whole.prefix(count))))
            #expect(
                error.problem.contains("cut short") && error.advice.contains("again"), "\(error)")
        }
        var refused = 0
        for place in 15..<whole.count {
            var changed = whole
            changed[place] ^= 0x41
            if try fault(changed) != nil { refused += 1 }
        }
        #expect(refused > whole.count / 4)
    }

    @Test("a whole archive with bytes behind it is not called cut short")
    func appended() throws {
        let whole = try bytes("protocol4.pt")
        for count in [1, 100, 70_000] {
            let error = try #require(try fault(whole + [UInt8](repeating: 0x6A, count: count)))
            #expect(error.problem.contains("\(count) bytes follow the end"), "\(error)")
            #expect(!error.problem.contains("cut short"))
        }
    }

    @Test("old files whose pickles are of other protocols are read, or told with the way out")
    func oldProtocols() throws {
        let whole = try bytes("legacy.pt")
        let magic = Array(whole[2..<15])
        let framed: [UInt8] = [0x80, 4, 0x95, 13, 0, 0, 0, 0, 0, 0, 0] + magic
        #expect(try fault(framed + whole[15...]) == nil)
        let text = Array("L119547037146038801333356L\n.".utf8)
        let error = try #require(try fault(text + whole[15...]))
        #expect(error.problem.contains("protocol 0 or 1") && error.advice.contains("torch.save"))
    }

    @Test("files of other kinds are told by name, with what to do")
    func foreign() throws {
        var tar = [UInt8](repeating: 0, count: 512)
        tar.replaceSubrange(257..<262, with: Array("ustar".utf8))
        let cases: [([UInt8], String, String)] = [
            (tar, "tar archive", "torch.save"),
            ([0x1F, 0x8B, 8, 0], "gzip", "gunzip"),
            ([0x80, 4, 0x4E, 0x2E], "bare pickle", "torch.save"),
            (try bytes("expected.safetensors"), "safetensors", "folder"),
            (Array("version https://git-lfs.github.com/spec/v1\n".utf8), "Git LFS", "git lfs pull"),
            (Array("<!DOCTYPE html>".utf8), "web page", "download"),
            (Array("hello".utf8), "not a file of torch.save", "torch.save"),
            (try bytes("program.pt"), "TorchScript", "state_dict"),
            (builder { $0.folder = "a/b" }.archive([]), "0 files data.pkl", "torch.save"),
        ]
        for (bytes, problem, advice) in cases {
            let error = try #require(try fault(bytes))
            #expect(error.problem.contains(problem), "\(error)")
            #expect(error.advice.contains(advice), "\(error)")
        }
        #expect(
            #expect(throws: CheckpointError.self) { try TorchCheckpointFile(path: "/nowhere.pt") }?
                .isMissing == true)
    }

    @Test("compressed entries, big-endian numbers and newer versions are refused, each by its name")
    func variants() throws {
        let pickle = Pickle.whole([0x4E])
        let cases: [(ArchiveBuilder, String)] = [
            (builder { $0.method = 8 }, "compressed"),
            (builder { $0.byteOrder = "big" }, "byte order is \"big\""),
            (builder { $0.version = "11\n" }, "version is \"11\""),
            (builder { $0.version = "" }, "version is \"\""),
            (builder { $0.others = [("byteorder", [])] }, "two entries"),
        ]
        #expect(try fault(ArchiveBuilder().archive(pickle)) == nil)
        for (variant, problem) in cases {
            let error = try #require(try fault(variant.archive(pickle)))
            #expect(error.problem.contains(problem), "\(error)")
            #expect(!error.advice.isEmpty)
        }
    }

    @Test("whatever bytes change, the file is read or refused, and never brings the process down")
    func mutations() throws {
        var generator = SplitMix(seed: 11)
        var (opened, refused) = (0, 0)
        for name in ["unchecked.pt", "views.pt", "protocol2.pt", "protocol4.pt", "legacy.pt"] {
            let original = withoutChecksums(try bytes(name))
            try withTemporaryFolder { folder in
                let path = folder + "/file.pt"
                for _ in 0..<700 {
                    var mutated = original
                    for _ in 0...Int(generator.next() % 3) {
                        let place = Int(generator.next() % UInt64(mutated.count))
                        let values: [UInt8] = [0, 0xFF, 0x80, UInt8(generator.next() & 0xFF)]
                        mutated[place] = values[Int(generator.next() % 4)]
                    }
                    try Data(mutated).write(to: URL(fileURLWithPath: path))
                    do {
                        try readAll(TorchCheckpointFile(path: path))
                        opened += 1
                    } catch { refused += 1 }
                }
            }
        }
        #expect(opened > 300)
        #expect(refused > 300)
    }

    /// Reads every tensor of a dictionary, and of the dictionaries in it.
    private func readAll(_ file: TorchCheckpointFile) throws {
        for (_, value) in file.root.dictionary ?? [] {
            for entry in [value.tensor] + (value.dictionary ?? []).map(\.value.tensor) {
                guard let entry else { continue }
                let tensor = try file.tensor(entry)
                if tensor.count < 1000 { _ = try tensor.values(Double.self) }
            }
        }
    }

    /// An archive whose directory says that no checksums were computed.
    private func withoutChecksums(_ archive: [UInt8]) -> [UInt8] {
        var result = archive
        for place in archive.indices where archive[place...].starts(with: [0x50, 0x4B, 1, 2]) {
            result.replaceSubrange(place + 16..<place + 20, with: [0, 0, 0, 0])
        }
        return result
    }
}
