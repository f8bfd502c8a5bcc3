import Foundation
import Testing

@testable import Torch

private struct PartFault: Error, Equatable { let run: Int }

/// Parts of a network that are computed twice.
@Suite struct CheckpointedTests {
    private func leaf(_ shape: [Int], seed: UInt64) throws -> Tensor {
        let leaf = try Tensor.normal(shape, generator: Generator(seed: seed))
        try leaf.setRequiresGradient(true)
        return leaf
    }

    /// Counts what is alive.
    private final class Witness {}

    @Test("A part that is computed again has the same gradients to the bit, and runs twice")
    func gradients() throws {
        let (x, weight) = (try leaf([3, 8], seed: 1), try leaf([8, 8], seed: 2))
        let slope = try Tensor.normal([3, 8], generator: Generator(seed: 3))
        var runs: [Bool] = []
        func part(_ x: Tensor) throws -> Tensor {
            runs.append(gradientsAreEnabled)
            return try x + x.linear(weight).silu() * x
        }
        try part(part(x)).backward(gradient: slope)
        let expected = [x.gradient, weight.gradient]
        for tensor in [x, weight] { try tensor.setGradient(nil) }
        runs = []
        let y = try x.checkpointed(part).checkpointed(part)
        #expect(runs == [false, false])
        try y.backward(gradient: slope)
        #expect(runs == [false, false, true, true])
        for (gradient, expected) in zip([x.gradient, weight.gradient], expected) {
            #expect(try #require(gradient).isEqual(to: #require(expected)))
        }
    }

    @Test("Parameters of a part are trained where its input needs no gradient")
    func frozenInput() throws {
        let x = try Tensor.normal([3, 8], generator: Generator(seed: 1))
        let weight = try leaf([8, 8], seed: 2)
        let y = try x.checkpointed { try $0.linear(weight) }
        #expect(y.requiresGradient)
        try y.sum().backward()
        #expect(weight.gradient != nil && x.gradient == nil)
        let plain = try withoutGradients { try x.checkpointed { try $0.linear(weight) } }
        #expect(!plain.requiresGradient)
    }

    @Test("A part that returns its input, or a view of it, is no change in place")
    func identity() throws {
        let x = try leaf([3, 8], seed: 1)
        try (x.checkpointed { $0 } + x.checkpointed { try $0.reshaped(8, 3) }.reshaped(3, 8))
            .sum().backward()
        #expect(try #require(x.gradient).isEqual(to: Tensor.full([3, 8], 2)))
    }

    @Test("What a part throws comes out as it is, in either run, and nothing stays behind")
    func errors() throws {
        let x = try leaf([3, 8], seed: 1)
        weak var witness: Witness?
        func run(failing: Int) throws {
            let own = Witness()
            witness = own
            var count = 0
            let y = try x.checkpointed { x in
                _ = own
                count += 1
                if count == failing { throw PartFault(run: count) }
                return try x * 2
            }
            try (y * 3).sum().backward()
        }
        #expect(throws: PartFault(run: 1)) { try run(failing: 1) }
        #expect(witness == nil)
        #expect(throws: PartFault(run: 2)) { try run(failing: 2) }
        #expect(witness == nil)
        try run(failing: 0)
        #expect(witness == nil)
        #expect(throws: TorchError.self) { try x.checkpointed { try $0.reshaped(5, 5) } }
    }

    @Test("Of a chain of parts nothing inner is kept, and one part's while the gradient is taken")
    func memory() throws {
        let path = FileManager.default.temporaryDirectory.path + "/part-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(repeating: 0, count: 256).write(to: URL(fileURLWithPath: path))
        /// What is alive of tensors that a product keeps: after all parts, and at most later on.
        func kept(_ isCheckpointed: Bool) throws -> (after: Int, most: Int) {
            var files: [Weak] = []
            var most = 0
            func part(_ x: Tensor) throws -> Tensor {
                let file = try MappedFile(path: path)
                files.append(Weak(file: file))
                let result = try x * file.tensor(0..<256, shape: [8, 8], dtype: .float32)
                most = max(most, files.count { $0.file != nil })
                return result
            }
            var x = try leaf([8, 8], seed: 1)
            for _ in 0..<6 { x = try isCheckpointed ? x.checkpointed(part) : part(x) }
            let after = files.count { $0.file != nil }
            most = 0
            try x.sum().backward()
            return (after, most)
        }
        #expect(try kept(false) == (6, 0))
        #expect(try kept(true) == (0, 1))
    }

    private struct Weak {
        weak var file: MappedFile?
    }
}
