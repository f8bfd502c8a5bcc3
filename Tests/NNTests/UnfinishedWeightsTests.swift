import Foundation
import NN
import TestSupport
import Testing
import Torch

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite("Weights that did not arrive")
struct UnfinishedWeightsTests {
    private func error(_ folder: String) throws -> CheckpointError {
        let error = try #require(throws: CheckpointError.self) {
            try ModelFolder.requireReadable(folder)
            _ = try StoredWeights(path: folder)
        }
        #expect(!error.advice.contains("rename"), "\(error)")
        return error
    }

    @Test(
        "A pipe under a name of weights or of configuration is no file, and nobody waits for it",
        arguments: ["model.safetensors", "pytorch_model.bin", "config.json", "tokenizer.json"])
    func pipes(name: String) throws {
        try withTemporaryFolder { folder in
            try #require(mkfifo(folder + "/" + name, 0o600) == 0)
            #expect(try error(folder).description.contains("/\(name): is not a file"))
            #expect {
                try StoredWeights(path: folder + "/" + name)
            } throws: { "\($0)".contains("is not a file") }
        }
    }

    @Test("The README may be a pipe: it only tells what quantised weights were made from")
    func readme() throws {
        try withTemporaryFolder { folder in
            try #require(mkfifo(folder + "/README.md", 0o600) == 0)
            try write(
                #"{"quantization_config": {"quant_method": "awq"}}"#, "config.json", in: folder)
            #expect(try error(folder).problem.contains("AWQ"))
        }
    }

    @Test(
        "A link to nothing, a loop of links and a folder of a file's name are told as what they are"
    )
    func links() throws {
        let files = FileManager.default
        for name in ["model.safetensors", "pytorch_model.bin"] {
            try withTemporaryFolder { root in
                let folder = root + "/m"
                let path = folder + "/" + name
                try write("{}", "m/config.json", in: root)
                try files.createSymbolicLink(atPath: path, withDestinationPath: "../gone")
                #expect(
                    try error(folder).problem
                        == "\(name) is a symbolic link to ../gone, which is not there")
                try files.removeItem(atPath: path)
                try files.createSymbolicLink(atPath: path, withDestinationPath: name)
                #expect(try error(folder).problem.contains("leads back to itself"))
                try files.removeItem(atPath: path)
                try files.createDirectory(atPath: path, withIntermediateDirectories: false)
                #expect(try error(folder).problem == "\(name) is a folder")
            }
        }
    }

    @Test("A configuration that is empty, or a link to nothing, is told as such")
    func configurations() throws {
        try withTemporaryFolder { folder in
            try write("", "config.json", in: folder)
            #expect(try error(folder).problem == "the file is empty")
            let path = folder + "/config.json"
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createSymbolicLink(
                atPath: path, withDestinationPath: "../../blobs/c")
            let link = try error(folder)
            #expect(link.path == path && link.problem.contains("a symbolic link to ../../blobs/c"))
            #expect(link.advice.contains("hf download"))
        }
    }

    @Test("A snapshot of the hub's cache whose file is missing is downloaded again")
    func snapshot() throws {
        try withTemporaryFolder { root in
            let snapshot = "models--Q--V/snapshots/a"
            try write("{}", snapshot + "/config.json", in: root)
            try write("x", "models--Q--V/blobs/beef.incomplete", in: root)
            #expect(try error(root + "/" + snapshot).description.contains("hf download Q/V"))
            #expect(try error(root).advice == "give \(root)/\(snapshot)")
            try FileManager.default.createSymbolicLink(
                atPath: "\(root)/\(snapshot)/model.safetensors",
                withDestinationPath: "../../blobs/beef")
            let error = try error(root + "/" + snapshot)
            #expect(error.problem.contains("../../blobs/beef, which is not there"))
            #expect(error.advice.contains("incomplete") && error.advice.contains("hf download Q/V"))
        }
    }

    @Test(
        "An unfinished download is named, and the command that began it finishes it",
        arguments: [
            "model.safetensors.incomplete", "model.safetensors.part", "model.safetensors.aria2",
            "model-00001-of-00002.safetensors.crdownload", "pytorch_model.bin.tmp",
            ".cache/huggingface/download/abc.incomplete",
        ])
    func downloads(name: String) throws {
        try withTemporaryFolder { folder in
            try write("{}", "config.json", in: folder)
            try write("x", name, in: folder)
            let missing = try error(folder)
            #expect(missing.problem == "\(name) is an unfinished download")
            #expect(missing.advice.hasPrefix("finish it"))
            // A shard of an index that has not arrived.
            try write(
                #"{"weight_map": {"a": "x.safetensors"}}"#, "model.safetensors.index.json",
                in: folder)
            #expect(try error(folder).advice.contains("\(name) is an unfinished download"))
        }
    }

    @Test("A file that aria2 has not finished is not read")
    func half() throws {
        try withTemporaryFolder { folder in
            try write(
                [StoredTensor(zeros: "a", "F16", [1], bits: 16)].safetensors, "model.safetensors",
                in: folder)
            try write("x", "model.safetensors.aria2", in: folder)
            #expect(try error(folder).problem.contains("model.safetensors.aria2 is there"))
        }
    }
}
