import Testing
import Torch

/// Sums of squares in float64, in blocks by position.
@Suite(.serialized) struct SquareSumsTests {
    private let length = SquareSums.blockLength

    /// Numbers around 0 that follow from their places, of many magnitudes.
    private func numbers(_ count: Int) -> [Float] {
        var state: UInt32 = 7
        return (0..<count).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            let number = Float(Int32(bitPattern: state) >> 8) / Float(1 << 22)
            return number * number * number
        }
    }

    private func norm(_ numbers: [Float]) -> Double {
        numbers.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    }

    private func bits(_ sums: SquareSums) -> [[UInt64]] { sums.blocks.map { $0.map(\.bitPattern) } }

    @Test("The norm of 33.5 million numbers is right to ten digits")
    func large() throws {
        let ones = try globalNorm([Tensor.ones([1 << 25])])
        #expect(ones == Double(1 << 25).squareRoot())
        let part = numbers(1 << 18)
        let many = try Tensor.concatenate(
            [Tensor](repeating: Tensor.of(part), count: 128), dim: 0)
        let expected = norm(part) * 128.0.squareRoot()
        #expect(abs(try globalNorm([many]) - expected) < expected * 1e-10)
        // The reduction of a single tensor too, rounded to float32 once.
        #expect(abs(try many.norm().item() - expected) < expected * 1e-7)
    }

    @Test("A tensor that is cut at borders of blocks has the same sums to the bit")
    func cuts() throws {
        let tensor = try Tensor.of(numbers(3 * length + 1234))
        let whole = bits(try SquareSums([tensor]))[0]
        #expect(whole.count == 4)
        for cut in 1...3 {
            let parts = try [
                tensor.sliced(0, from: 0, to: cut * length),
                tensor.sliced(0, from: cut * length, to: 3 * length + 1234),
            ]
            #expect(bits(try SquareSums(parts)) == [Array(whole[..<cut]), Array(whole[cut...])])
        }
    }

    @Test("Neither the number of threads nor other tensors change a bit")
    func threads() throws {
        let tensors = try [3, 10 * length, 1, length, 7 * length + 5].map {
            try Tensor.of(numbers($0))
        }
        let before = TorchRuntime.threadCount
        defer { try? TorchRuntime.setThreadCount(before) }
        try TorchRuntime.setThreadCount(1)
        let one = bits(try SquareSums(tensors))
        let norm = try globalNorm(tensors)
        for count in [2, 3, 5] {
            try TorchRuntime.setThreadCount(count)
            #expect(bits(try SquareSums(tensors)) == one)
            #expect(try globalNorm(tensors) == norm)
        }
        #expect(try tensors.map { bits(try SquareSums([$0]))[0] } == one)
    }

    @Test("Strides do not count: the order is that of the indices")
    func strides() throws {
        let tensor = try Tensor.of(numbers(600 * 300), shape: [600, 300])
        let turned = try tensor.transposed(0, 1)
        let plain = try turned.contiguous()
        #expect(bits(try SquareSums([turned])) == bits(try SquareSums([plain])))
        #expect(bits(try SquareSums([turned])) != bits(try SquareSums([tensor])))
        let some = try tensor.sliced(1, step: 3)
        #expect(bits(try SquareSums([some])) == bits(try SquareSums([some.contiguous()])))
    }

    @Test("Every floating-point type is squared in float64", arguments: [DType.bfloat16, .float16])
    func types(type: DType) throws {
        let tensor = try Tensor.of(numbers(length + 77)).to(type)
        let wide = try tensor.to(.float32)
        #expect(bits(try SquareSums([tensor])) == bits(try SquareSums([wide])))
        let doubles = try SquareSums([tensor.to(.float64)]).norm
        #expect(abs(try SquareSums([wide]).norm - doubles) <= doubles * 1e-14)
    }

    @Test("Squares beyond float32 count, empty tensors do not, and what is not finite stays so")
    func limits() throws {
        #expect(try globalNorm([Tensor.of([3e30, 4e30] as [Float])]).rounded() > 4.99e30)
        let small = try globalNorm([Tensor.of([3e-30, 4e-30] as [Float])])
        #expect(abs(small - 5e-30) < 1e-36)
        let sums = try SquareSums([Tensor.zeros([0]), .of([2] as [Float]), .zeros([3, 0])])
        #expect(sums.blocks == [[], [4], []] && sums.norm == 2)
        #expect(try globalNorm([]) == 0)
        #expect(try globalNorm([Tensor.of([1, .nan] as [Float])]).isNaN)
        #expect(try globalNorm([Tensor.of([1, -.infinity] as [Float])]) == .infinity)
        #expect(throws: TorchError.self) { try globalNorm([Tensor.of([1, 2] as [Int])]) }
    }
}
