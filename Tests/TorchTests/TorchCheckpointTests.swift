import Foundation
import TestSupport
import Testing
import Torch

@Suite("Files of torch.save")
struct TorchCheckpointTests {
    typealias Value = TorchCheckpointFile.Value

    private let expected: SafetensorsFile
    init() throws {
        expected = try SafetensorsFile(path: Fixtures.path("torch/expected.safetensors"))
    }

    private func open(_ name: String) throws -> TorchCheckpointFile {
        try TorchCheckpointFile(path: Fixtures.path("torch/" + name))
    }

    private func isExpected(_ key: String, _ tensor: Tensor) throws -> Bool {
        let entry = try #require(expected.entry(key))
        return try expected.tensor(entry).isEqual(to: tensor)
    }

    @Test(
        "what torch.save writes with any protocol reads back: containers, numbers, texts, tensors",
        arguments: [2, 3, 4, 5])
    func protocols(version: Int) throws {
        let file = try open("protocol\(version).pt")
        let root = file.root
        #expect(
            root.dictionary?.compactMap(\.key.text).sorted()
                == (["model", "step", "big", "small", "rate", "name", "flags", "nested", "size"]
                + ["weight"] + (version >= 4 ? ["set"] : [])).sorted())
        #expect(root["step"]?.integer == 1_234_567)
        #expect(root["big"]?.integer == -(1 << 40))
        #expect(root["small"]?.integer == -7)
        #expect(root["rate"]?.real == 0.001)
        #expect(root["name"]?.text == "ünïcode ☃")
        #expect(root["flags"]?.elements?.map(\.truth) == [true, false, nil])
        #expect(root["flags"]?.elements?.last?.kind == "None")
        let nested = try #require(root["nested"]?.elements)
        #expect(nested[0].text == "b")
        #expect(nested[1]["b"]?.elements?.map(\.integer) == [1, 2])
        #expect(nested[2].elements?.isEmpty == true)
        #expect(root["size"]?.elements?.map(\.integer) == [2, 3])
        if version >= 4 { #expect(root["set"]?.elements?.map(\.integer) == [5]) }
        let state = try #require(root["model"]?.dictionary)
        #expect(state.map(\.key.text) == ["layer.weight", "layer.bias"])
        for (key, value) in state + [(root.dictionary?.last { $0.key.text == "weight" })!] {
            let entry = try #require(value.tensor)
            #expect(try isExpected("protocol2:\(key.text ?? "")", file.tensor(entry)))
        }
    }

    @Test("what torch.save wrote before version 1.6 reads back, views of one storage too")
    func old() throws {
        let file = try open("legacy.pt")
        #expect(file.root["step"]?.integer == 1_234_567)
        let state = try #require(file.root["model"]?.dictionary)
        #expect(state.map(\.key.text) == ["layer.weight", "layer.bias"])
        for (key, value) in state + (file.root.dictionary ?? []) {
            guard let entry = value.tensor, let name = key.text else { continue }
            let set = expected.entry("views:\(name)") == nil ? "protocol2" : "views"
            #expect(try isExpected("\(set):\(name)", file.tensor(entry).contiguous()), "\(name)")
        }
        #expect(file.root.dictionary?.compactMap(\.value.tensor).count == 10)
    }

    @Test("types that no tensor has are known by name, and are not read")
    func otherTypes() throws {
        for name in ["types.pt", "int16.pt"] {
            let file = try open(name)
            for (key, value) in try #require(file.root.dictionary) {
                let entry = try #require(value.tensor)
                let type = name == "types.pt" ? try #require(key.text) : "int16"
                #expect(entry.type.name == type && entry.dtype == nil)
                #expect {
                    try file.tensor(entry)
                } throws: { "\($0)".contains("holds \(type) (") }
            }
        }
    }

    @Test("every element type comes out bit for bit")
    func dtypes() throws {
        let file = try open("dtypes.pt")
        let tensors = try #require(file.root.dictionary)
        #expect(Set(tensors.compactMap { $0.value.tensor?.dtype }) == Set(DType.allCases))
        for (key, value) in tensors {
            let entry = try #require(value.tensor)
            #expect(entry.shape == [5])
            #expect(try isExpected("dtypes:\(key.text ?? "")", file.tensor(entry)))
        }
    }

    @Test("views come out with their own shapes, strides and places")
    func views() throws {
        let file = try open("views.pt")
        for (key, value) in try #require(file.root.dictionary) {
            let entry = try #require(value.tensor)
            #expect(
                try isExpected("views:\(key.text ?? "")", file.tensor(entry).contiguous()),
                "\(key.text ?? "")")
        }
    }

    @Test("views of one storage share memory, outlive the file object and never change the file")
    func sharing() throws {
        let path = Fixtures.path("torch/views.pt")
        let before = try Data(contentsOf: URL(fileURLWithPath: path))
        func tensors() throws -> [Tensor] {
            let file = try TorchCheckpointFile(path: path)
            return try ["base", "rows", "transposed"].map {
                try file.tensor(#require(file.root[$0]?.tensor))
            }
        }
        let views = try tensors()
        try views[0].fillInPlace(7)
        #expect(try views[1].isEqual(to: .full([2, 6], 7)))
        #expect(try views[2].isEqual(to: .full([6, 4], 7)))
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }

    @Test("a view whose elements overlap is refused, as a copy could be larger than any memory")
    func overlapping() throws {
        let file = try open("overlapping.pt")
        let entry = try #require(file.root["windows"]?.tensor)
        #expect(entry.shape == [5, 4])
        let error = #expect(throws: CheckpointError.self) { try file.tensor(entry) }
        #expect(error?.problem.contains("overlap") == true)
        #expect(error?.advice.contains("clone()") == true)
    }

    @Test("a file without checksums is read")
    func unchecked() throws {
        let file = try open("unchecked.pt")
        #expect(try isExpected("unchecked:a", file.tensor(#require(file.root["a"]?.tensor))))
    }

    @Test("archives with the records for large files are read as others", arguments: [false, true])
    func wide(isWide: Bool) throws {
        try withTemporaryFolder { folder in
            let numbers: [Float] = [1, 2, 3, 4]
            var builder = ArchiveBuilder()
            builder.isWide = isWide
            builder.storages = [("0", numbers.withUnsafeBytes(Array.init))]
            let pickle = Pickle.whole(
                Pickle.tensor(Pickle.storage(count: 4), offset: 1, shape: [3], strides: [1]))
            let path = folder + "/a.pt"
            try Data(builder.archive(pickle)).write(to: URL(fileURLWithPath: path))
            let file = try TorchCheckpointFile(path: path)
            let tensor = try file.tensor(#require(file.root.tensor))
            #expect(try tensor.floats == [2, 3, 4])
        }
    }
}
