import Foundation
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
                    header: #"{"x":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}"#, data: [0])
            ).contains("F4 is not supported"))
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
            ).contains("past the end"))
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
