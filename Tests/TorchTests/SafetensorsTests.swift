import Foundation
import TestSupport
import Testing
import Torch

@Suite struct SafetensorsTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "safetensors-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
    }

    private func file(_ bytes: [UInt8]) throws -> String {
        let path = folder + "/" + UUID().uuidString
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func file(header: String, data: [UInt8] = []) throws -> String {
        let length = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian, Array.init)
        return try file(length + Array(header.utf8) + data)
    }

    private func problem(_ path: String) -> String {
        do throws(CheckpointError) {
            _ = try SafetensorsFile(path: path)
            return ""
        } catch {
            #expect(error.path == path)
            return error.problem
        }
    }

    @Test("What is written reads back equal: names, dtypes, shapes, values and metadata")
    func roundTrip() throws {
        let path = folder + "/model.safetensors"
        let tensors = try [
            NamedTensor(
                "a \"quoted\" name", Tensor.of([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])),
            NamedTensor("b", Tensor.of([1.5] as [Float]).to(.bfloat16)),
            NamedTensor("c", Tensor.of([7, -8])),
            NamedTensor("d", Tensor.of([true, false, true])),
            NamedTensor("e", Tensor.zeros([0, 4])),
            NamedTensor("f", Tensor.range(6).reshaped(2, 3).transposed(0, 1)),
        ]
        try SafetensorsFile.write(tensors, to: path, metadata: ["format": "pt", "note": "a\nb"])
        let file = try SafetensorsFile(path: path)
        #expect(file.entries.map(\.name) == tensors.map(\.name).sorted())
        #expect(file.metadata == ["format": "pt", "note": "a\nb"])
        for written in tensors {
            let entry = try #require(file.entry(written.name))
            #expect(try file.tensor(entry).isEqual(to: written.tensor.contiguous()))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
    }

    @Test("A tensor lives on after its file object, and writing to it leaves the file alone")
    func mapping() throws {
        let path = folder + "/model.safetensors"
        try SafetensorsFile.write([NamedTensor("x", Tensor.of([1, 2] as [Float]))], to: path)
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        func load() throws -> Tensor {
            let file = try SafetensorsFile(path: path)
            return try file.tensor(try #require(file.entry("x")))
        }
        let x = try load()
        try x.addInPlace(Tensor.ones([2]), scale: 1)
        #expect(try x.floats == [2, 3])
        #expect(try load().floats == [1, 2])
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test("Every way of being damaged is named")
    func damage() throws {
        #expect(problem(folder + "/none").contains("No such file"))
        #expect(problem(try file([])).contains("empty"))
        #expect(problem(try file([1, 2, 3])).contains("cut short"))
        #expect(
            problem(try file([255, 255, 255, 255, 255, 255, 255, 255, 123])).contains("header"))
        #expect(problem(try file(header: "{not json}")).contains("JSON"))
        #expect(
            problem(
                try file(header: #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#)
            ).contains("past the end"))
        #expect(
            problem(
                try file(
                    header: #"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#,
                    data: [0, 0, 0, 0])
            ).contains("needs 8 bytes"))
        #expect(
            problem(
                try file(
                    header:
                        #"{"x":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,1]}}"#,
                    data: [0])
            ).contains("impossible"))
        #expect(
            problem(
                try file(
                    header: #"{"x":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#, data: [0])
            ).contains("impossible"))
        #expect(
            problem(
                try file(
                    header: #"{"x":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}"#, data: [0])
            ).contains("impossible"))
    }

    @Test(
        "All element types of safetensors are known by name and size; those of no tensor are not read"
    )
    func types() throws {
        // What safetensors 0.8.0 lists where it meets another one, with the bits of a number.
        let bits = [
            "BOOL": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6, "U8": 8, "I8": 8, "F8_E5M2": 8,
            "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8, "I16": 16, "U16": 16,
            "F16": 16, "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64,
            "U64": 64,
        ]
        #expect(Set(StoredType.safetensors.map(\.name)) == Set(bits.keys))
        for (type, bits) in bits {
            let stored = StoredTensor(zeros: "x", type, [4], bits: bits)
            let whole = try SafetensorsFile(path: file([stored].safetensors))
            let entry = try #require(whole.entry("x"))
            #expect(entry.shape == [4] && entry.range.count == bits / 2)
            if entry.dtype == nil {
                #expect {
                    try whole.tensor(entry)
                } throws: { "\($0)".contains("tensor x holds \(type) (") }
            } else {
                #expect(try whole.tensor(entry).shape == [4])
            }
            let cut = try file(Array([stored].safetensors.dropLast()))
            let error = try #require(throws: CheckpointError.self) {
                try SafetensorsFile(path: cut)
            }
            #expect(error.problem.contains("past the end") && error.advice.contains("again"))
        }
    }

    @Test("A type that is not known, or numbers that fill no whole bytes, are no damage")
    func unknownTypes() throws {
        for stored in [
            StoredTensor("x", "F3", [7], [1, 2]), StoredTensor(zeros: "x", "F4", [3], bits: 4),
            StoredTensor(zeros: "x", "F6_E2M3", [3], bits: 6),
        ] {
            let whole = try SafetensorsFile(path: file([stored].safetensors))
            #expect(whole.entry("x")?.type.name == stored.type)
        }
    }

    @Test(
        "What is no safetensors file is told by name, and is downloaded again only if it is cut short"
    )
    func foreign() throws {
        let cases: [([UInt8], String, String)] = [
            (Array("PK\u{3}\u{4}".utf8), "torch.save wrote", "pytorch_model.bin"),
            (Array("GGUF0000".utf8), "GGUF", "converted from"),
            (Array("<!DOCTYPE html>".utf8), "web page", "download the file itself"),
            (Array("version https://git-lfs.github.com/spec/v1".utf8), "Git LFS", "git lfs pull"),
            ([UInt8](repeating: 0, count: 64), "0 bytes", "SHA-256"),
            ([200, 0, 0, 0, 0, 0, 0, 0, 123], "cut short", "again"),
        ]
        for (bytes, problem, advice) in cases {
            let path = try file(bytes)
            let error = try #require(throws: CheckpointError.self) {
                try SafetensorsFile(path: path)
            }
            #expect(error.problem.contains(problem) && error.advice.contains(advice), "\(error)")
        }
    }

    @Test("A tensor whose bytes are not aligned is copied, not misread")
    func misaligned() throws {
        let header = #"{"x":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}} "#
        let path = try file(header: header, data: [9] + withUnsafeBytes(of: Float(2.5), Array.init))
        let file = try SafetensorsFile(path: path)
        #expect(try file.tensor(try #require(file.entry("x"))).floats == [2.5])
    }

    @Test("A failed write leaves the old file and nothing else")
    func failedWrite() throws {
        let path = folder + "/missing/model.safetensors"
        #expect(throws: CheckpointError.self) {
            try SafetensorsFile.write([NamedTensor("x", Tensor.ones([1]))], to: path)
        }
        let blocked = folder + "/blocked"
        try FileManager.default.createDirectory(
            atPath: blocked + "/inside", withIntermediateDirectories: true)
        #expect(throws: CheckpointError.self) {
            try SafetensorsFile.write([NamedTensor("x", Tensor.ones([1]))], to: blocked)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["blocked"])
    }
}
