// Tolerances: 1e-5 of the largest element, some ten roundings of float32, between two libraries that
// add up in another order.
import Testing
import Torch

/// Products with weights, whichever library computes them, against products of plain matrices.
@Suite struct ProductTests {
    /// 600 rows of 300 numbers with so many outputs are above 2^27 multiplications, from which on oneDNN
    /// is asked; fewer rows are below.
    private static let outputs = 800
    private let generator: Generator

    init() throws { generator = try Generator(seed: 3) }

    private func difference(_ a: Tensor, _ b: Tensor) throws -> Double {
        #expect(a.shape == b.shape)
        let largest = try max(1, b.abs().max().item())
        return try (a - b).abs().max().item() / largest
    }

    @Test(
        "A product with a weight is the plain product plus the bias, for inputs of any rank",
        arguments: [[300], [5, 300], [600, 300], [2, 300, 300], [1, 1, 600, 300]])
    func values(shape: [Int]) throws {
        let x = try Tensor.normal(shape, generator: generator)
        let weight = try Tensor.normal([Self.outputs, 300], generator: generator)
        let bias = try Tensor.normal([Self.outputs], generator: generator)
        let plain = try x.matmul(weight.transposed(0, 1))
        #expect(try difference(x.linear(weight), plain) < 1e-5)
        #expect(try difference(x.linear(weight, bias), plain + bias) < 1e-5)
    }

    @Test("Views of other layouts, and inputs without rows, are multiplied like any others")
    func layouts() throws {
        let x = try Tensor.normal([300, 600], generator: generator).transposed(0, 1)
        let weight = try Tensor.normal([300, Self.outputs], generator: generator).transposed(0, 1)
        #expect(try difference(x.linear(weight), x.matmul(weight.transposed(0, 1))) < 1e-5)
        #expect(try Tensor.zeros([0, 300]).linear(weight).shape == [0, Self.outputs])
    }

    @Test("Input, weight and bias get the gradients of the plain product")
    func gradients() throws {
        func leaves() throws -> [Tensor] {
            let own = try Generator(seed: 11)
            return try [[2, 300, 300], [Self.outputs, 300], [Self.outputs]].map { shape in
                let leaf = try Tensor.normal(shape, generator: own)
                try leaf.setRequiresGradient(true)
                return leaf
            }
        }
        let (fast, slow) = (try leaves(), try leaves())
        let slope = try Tensor.normal([2, 300, Self.outputs], generator: generator)
        try fast[0].linear(fast[1], fast[2]).backward(gradient: slope)
        try (slow[0].matmul(slow[1].transposed(0, 1)) + slow[2]).backward(gradient: slope)
        for (a, b) in zip(fast, slow) {
            #expect(try difference(#require(a.gradient), #require(b.gradient)) < 1e-5)
        }
    }

    @Test("A weight that needs no gradient gets none, and the input has its own")
    func frozenWeight() throws {
        let x = try Tensor.normal([600, 300], generator: generator)
        try x.setRequiresGradient(true)
        let weight = try Tensor.normal([Self.outputs, 300], generator: generator)
        try x.linear(weight).sum().backward()
        #expect(weight.gradient == nil)
        #expect(try difference(#require(x.gradient).selected(0, 2), weight.sum(0)) < 1e-5)
    }

    @Test(
        "A packed weight gives the products of the plain one, for more and fewer rows than it was packed for",
        .enabled(if: TorchRuntime.hasOneDNN), arguments: [DType.float32, .bfloat16], [1, 8, 33])
    func packing(dtype: DType, rows: Int) throws {
        let x = try Tensor.normal([rows, 48], generator: generator).to(dtype)
        let weight = try Tensor.normal([80, 48], generator: generator).to(dtype)
        let bias = try Tensor.normal([80], generator: generator).to(dtype)
        try withoutGradients {
            let packed = try weight.packed(rows: 8)
            let (fast, slow) = try (
                x.packedLinear(packed, bias).to(.float32), x.linear(weight, bias).to(.float32)
            )
            // bfloat16 has eight bits: the last one may differ.
            #expect(try difference(fast, slow) < (dtype == .float32 ? 1e-5 : 0.01))
        }
    }

    @Test(
        "A packed weight is refused while gradients are recorded, and what is no matrix always",
        .enabled(if: TorchRuntime.hasOneDNN))
    func refusals() throws {
        let weight = try Tensor.ones([4, 4])
        let packed = try weight.packed(rows: 2)
        let error = try #require(throws: TorchError.self) { try weight.packedLinear(packed) }
        #expect(error.description.contains("no gradient"))
        #expect(throws: TorchError.self) { try Tensor.ones([4]).packed(rows: 2) }
        #expect(throws: TorchError.self) { try weight.packed(rows: 0) }
    }

    @Test("Every change in place is a new version, also through a view and a detached tensor")
    func versions() throws {
        let x = try Tensor.zeros([2, 3])
        let first = x.version
        try x.sliced(0, to: 1).copyInPlace(from: Tensor.ones([1, 3]))
        let second = x.version
        #expect(second > first)
        try x.detached().scaleInPlace(by: 2)
        #expect(x.version > second)
        let third = x.version
        _ = try x + 1
        #expect(x.version == third)
    }
}
