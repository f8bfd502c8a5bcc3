import Foundation
import TestSupport
import Testing
import Torch

@Suite("Hostile pickles")
struct HostilePickleTests {
    /// What is wrong with a pickle beside a storage of 8 float32 numbers; nil if nothing is.
    private func problem(_ pickle: [UInt8]) throws -> String? {
        try withTemporaryFolder { folder in
            let path = folder + "/file.pt"
            var builder = ArchiveBuilder()
            builder.storages = [("0", [UInt8](repeating: 0, count: 32))]
            try Data(builder.archive(pickle)).write(to: URL(fileURLWithPath: path))
            do throws(CheckpointError) {
                _ = try TorchCheckpointFile(path: path)
                return nil
            } catch { return error.problem }
        }
    }

    private func expectProblem(
        _ body: [UInt8], _ part: String, _ location: SourceLocation = #_sourceLocation
    ) throws {
        let problem = try #require(
            try problem(Pickle.whole(body)), "\(part)", sourceLocation: location)
        #expect(problem.contains(part), "\(problem)", sourceLocation: location)
        #expect(problem.contains("data.pkl"), "\(problem)", sourceLocation: location)
    }

    @Test(
        "a name that is neither a tensor nor a container is refused by name, called or not",
        arguments: [
            ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "getattr"),
            ("torch", "load"), ("torch.storage", "_load_from_bytes"), ("torch", "QInt8Storage"),
            ("torch._utils", "_rebuild_tensor"), ("collections", "OrderedDict.fromkeys"),
            ("collections.abc", "OrderedDict"), ("", ""),
        ])
    func names(module: String, name: String) throws {
        let global = Pickle.global(module, name)
        try expectProblem(global, "\(module).\(name)")
        try expectProblem(
            global + Pickle.tuple([Pickle.text("touch /tmp/x")]) + [0x52], "\(module).\(name)")
        let byStack = Pickle.text(module) + Pickle.text(name) + [0x93]
        try expectProblem(byStack, "\(module).\(name)")
    }

    @Test("instructions that make objects, look up extensions or use outside memory are refused")
    func instructions() throws {
        let refused: [(UInt8, String)] = [
            (0x81, "NEWOBJ (0x81)"), (0x92, "NEWOBJ_EX"), (0x69, "INST"), (0x6F, "OBJ"),
            (0x82, "EXT1"), (0x83, "EXT2"), (0x84, "EXT4"), (0x50, "PERSID"),
            (0x97, "NEXT_BUFFER"), (0x98, "READONLY_BUFFER"), (0xFF, "0xFF"), (0x00, "0x00"),
        ]
        for (code, name) in refused { try expectProblem([0x4E, code], name) }
    }

    @Test("state is given to nothing but an OrderedDict, and reaches no __setstate__")
    func states() throws {
        let dictionary: [UInt8] = [0x7D]
        let ordered = Pickle.global("collections", "OrderedDict") + [0x29, 0x52]
        #expect(try problem(Pickle.whole(ordered + dictionary + [0x62])) == nil)
        try expectProblem(ordered + [0x5D, 0x62], "a dictionary is given the state a list")
        try expectProblem(dictionary + dictionary + [0x62], "a dictionary is given the state")
        try expectProblem([0x29, 0x7D, 0x62], "a tuple is given the state a dictionary")
        let tensor = Pickle.tensor(Pickle.storage(count: 8), shape: [8], strides: [1])
        try expectProblem(tensor + dictionary + [0x62], "a tensor is given the state")
        try expectProblem(
            Pickle.global("torch", "Size") + dictionary + [0x62], "torch.Size is given the state")
    }

    @Test("calls with other arguments than torch.save's are refused")
    func calls() throws {
        try expectProblem(
            Pickle.global("collections", "OrderedDict") + Pickle.tuple([[0x5D]]) + [0x52],
            "collections.OrderedDict is called with (a list)")
        try expectProblem(
            Pickle.global("torch", "FloatStorage") + [0x29, 0x52], "is called with ()")
        try expectProblem(
            Pickle.global("torch", "Size") + Pickle.tuple([Pickle.sizes([-1])]) + [0x52],
            "torch.Size is called with (a tuple)")
        try expectProblem(
            Pickle.global("torch._utils", "_rebuild_parameter")
                + Pickle.tuple([[0x4E], [0x89], [0x4E]]) + [0x52], "_rebuild_parameter is called")
        try expectProblem(Pickle.text("system") + [0x29, 0x52], "a text is called with a tuple")
        try expectProblem(Pickle.text("0") + [0x51], "a storage is described in an unknown way")
    }

    @Test("plain tensors with attributes of Python are read, and other classes refused by name")
    func attributes() throws {
        let arguments = Pickle.tuple([
            Pickle.storage(count: 8), [0x4B, 0], Pickle.sizes([8]), Pickle.sizes([1]), [0x89],
            Pickle.global("collections", "OrderedDict") + [0x29, 0x52],
        ])
        func typed(_ module: String, _ name: String, _ function: [UInt8]) -> [UInt8] {
            Pickle.global("torch._tensor", "_rebuild_from_type_v2")
                + Pickle.tuple([function, Pickle.global(module, name), arguments, [0x7D]]) + [0x52]
        }
        let plain = Pickle.global("torch._utils", "_rebuild_tensor_v2")
        let wrapper = Pickle.global("torch._utils", "_rebuild_wrapper_subclass")
        #expect(try problem(Pickle.whole(typed("torch", "Tensor", plain))) == nil)
        try expectProblem(typed("torch", "Tensor", wrapper), "_rebuild_from_type_v2 is called")
        for (module, name) in [
            ("torchao.quantization", "Int8Tensor"), ("torch.distributed.tensor", "DTensor"),
        ] {
            try expectProblem(typed(module, name, wrapper), "\(module).\(name) is neither")
        }
        let tensor = Pickle.tensor(Pickle.storage(count: 8), shape: [8], strides: [1])
        let parameter =
            Pickle.global("torch._utils", "_rebuild_parameter_with_state")
            + Pickle.tuple([tensor, [0x89], [0x4E], [0x7D]]) + [0x52]
        #expect(try problem(Pickle.whole(parameter)) == nil)
    }

    @Test("views that reach past their storage, or whose extent overflows, are refused")
    func views() throws {
        let storage = Pickle.storage(count: 8)
        func view(_ offset: Int, _ shape: [Int], _ strides: [Int]) -> [UInt8] {
            Pickle.tensor(storage, offset: offset, shape: shape, strides: strides)
        }
        for (offset, shape, strides) in [(0, [8], [1]), (1, [2, 3], [3, 1]), (7, [], [])] {
            #expect(try problem(Pickle.whole(view(offset, shape, strides))) == nil)
        }
        for (offset, shape, strides) in [
            (1, [8], [1]), (0, [3], [4]), (8, [], []), (0, [2, 5], [5, 1]), (Int.max, [1], [1]),
        ] {
            try expectProblem(view(offset, shape, strides), "reaches past its storage")
        }
        let most = Int.max
        for (offset, shape, strides) in [
            (most, [2], [1]), (0, [3], [most]), (0, [most], [0]), (0, [1 << 31, 1 << 31], [0, 0]),
            (0, [0, most, most], [0, 0, 0]), (most, [2, 2], [most, most]),
        ] {
            try expectProblem(view(offset, shape, strides), "too large for any memory")
        }
        for (offset, shape, strides) in [
            (-1, [1], [1]), (0, [-1], [1]), (0, [1], [-1]), (0, [1], []),
        ] {
            try expectProblem(view(offset, shape, strides), "unknown way")
        }
        let deep = [Int](repeating: 1, count: 65)
        try expectProblem(view(0, deep, deep), "65 dimensions")
    }

    @Test("storages that the archive lacks, or that are larger than their file, are refused")
    func storages() throws {
        func problem(_ storage: [UInt8]) throws -> String? {
            try self.problem(
                Pickle.whole(Pickle.tensor(storage, shape: [1], strides: [1])))
        }
        #expect(try problem(Pickle.storage(count: 8)) == nil)
        #expect(try problem(Pickle.storage(key: "1", count: 8))?.contains("has no") == true)
        #expect(try problem(Pickle.storage(key: "../0", count: 8))?.contains("has no") == true)
        #expect(try problem(Pickle.storage(count: 9))?.contains("has 32 bytes") == true)
        #expect(
            try problem(Pickle.storage(type: "DoubleStorage", count: 5))?.contains("32 bytes")
                == true)
        #expect(try problem(Pickle.storage(count: .max))?.contains("has 32 bytes") == true)
        #expect(try problem(Pickle.storage(count: -1))?.contains("unknown way") == true)
    }

    @Test("lengths past the end, missing values and marks, and leftovers are refused")
    func malformed() throws {
        try expectProblem([0x58] + little(UInt32.max), "cut short")
        try expectProblem([0x8D] + little(UInt64.max), "cut short")
        try expectProblem([0x8E] + little(UInt64(1) << 62), "cut short")
        try expectProblem([0x8B] + little(UInt32(1 << 31)), "cut short")
        try expectProblem([0x8A, 9] + [UInt8](repeating: 1, count: 9), "64 bits")
        try expectProblem([0x63] + Array("os".utf8), "cut short")
        try expectProblem([0x58] + little(UInt32(1)) + [0xFF], "UTF-8")
        try expectProblem([0x74], "a mark is missing")
        try expectProblem([0x28, 0x30, 0x30], "a value is missing")
        try expectProblem([0x4E, 0x28, 0x52], "a value is missing")
        try expectProblem([0x7D, 0x28, 0x4E, 0x75], "has no value")
        try expectProblem([0x7D, 0x4E, 0x61], "not into a list")
        try expectProblem([0x5D, 0x4E, 0x4E, 0x73], "not into a dictionary")
        try expectProblem([0x68, 3], "remembered under 3")
        try expectProblem([0x4E, 0x4E], "left over")
        try expectProblem([0x4E, 0x80, 2], "second pickle")
        for (pickle, part) in [
            ([], "cut short"), ([0x80], "cut short"), ([0x80, 2], "cut short"),
            ([0x80, 1, 0x4E, 0x2E], "protocol 1"), ([0x80, 6, 0x4E, 0x2E], "protocol 6"),
            ([0x28, 0x2E], "protocol 2 or later"), ([0x80, 2, 0x4E, 0x2E, 0x2E], "left over"),
        ] as [([UInt8], String)] {
            #expect(try problem(pickle)?.contains(part) == true, "\(part)")
        }
    }

    @Test("a million nested containers are read and released without recursion")
    func nesting() throws {
        let depth = 1_000_000
        let lists = [UInt8](repeating: 0x5D, count: depth)
        let appends = [UInt8](repeating: 0x61, count: depth - 1)
        #expect(try problem(Pickle.whole(lists + appends)) == nil)
        let tuples = [0x29] + [UInt8](repeating: 0x85, count: depth)
        #expect(try problem(Pickle.whole(tuples)) == nil)
        // A list that holds itself.
        #expect(try problem(Pickle.whole([0x5D, 0x71, 0, 0x68, 0, 0x61])) == nil)
    }

    @Test("a value that doubles itself by memory takes no more room than its pickle")
    func memoBombs() throws {
        // Each tuple holds the one before twice: 2^40 leaves, if anybody unfolded them.
        var body: [UInt8] = [0x4E]
        for _ in 0..<40 { body += [0x32, 0x86] }
        #expect(try problem(Pickle.whole(body)) == nil)
        // A list as long as is allowed, copied again and again.
        let copy =
            Pickle.global("builtins", "set") + [0x68, 0, 0x85, 0x52, 0x30]
        let list = [0x5D, 0x71, 0, 0x28] + [UInt8](repeating: 0x4E, count: 1 << 20) + [0x65]
        let copies = Array((0..<64).map { _ in copy }.joined())
        try expectProblem(list + copies, "builds more than")
    }
}
