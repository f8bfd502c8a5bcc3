// Tolerances: 1e-5 absolute for log-probabilities and 1e-5 of the largest element for gradients, a few
// roundings of float32.
import Testing
import Torch

/// The log-probabilities of tokens, without logits of all positions, against the plain way.
@Suite struct TokenProbabilityTests {
    // Legend: T tokens, C hidden size, V vocabulary.
    private static let (tokens, size, vocabulary) = (11, 6, 37)
    private let targets: [Int] = (0..<tokens).map { ($0 * 7 + 3) % 30 }
    private let suppressed = [31, 33]

    private struct Outcome {
        let scores: Tensor
        let entropies: Tensor?
        let hidden: Tensor
        let head: Tensor
    }

    private func leaves(_ dtype: DType = .float32) throws -> (hidden: Tensor, head: Tensor) {
        let generator = try Generator(seed: 5)
        let hidden = try Tensor.normal([Self.tokens, Self.size], generator: generator).to(dtype)
        let head = try Tensor.normal([Self.vocabulary, Self.size], generator: generator).to(dtype)
        for leaf in [hidden, head] { try leaf.setRequiresGradient(true) }
        return (hidden, head)
    }

    /// Different numbers, so that a gradient in another place would show.
    private func slope() throws -> Tensor {
        try Tensor.of((0..<Self.tokens).map { Float($0) - 3.5 })
    }

    private func fast(
        chunk: Int, keptBytes: Int, temperature: Double = 0.7, dtype: DType = .float32
    ) throws -> Outcome {
        let (hidden, head) = try leaves(dtype)
        let result = try hidden.tokenProbabilities(
            of: Tensor.of(targets), head: head, suppressed: Tensor.of(suppressed),
            temperature: temperature, withEntropies: true, chunk: chunk, keptBytes: keptBytes)
        try result.logProbabilities.backward(gradient: slope())
        return Outcome(
            scores: result.logProbabilities, entropies: result.entropies, hidden: hidden, head: head
        )
    }

    private func slow(temperature: Double = 0.7, dtype: DType = .float32) throws -> Outcome {
        let (hidden, head) = try leaves(dtype)
        var bias = [Float](repeating: 0, count: Self.vocabulary)
        for id in suppressed { bias[id] = -.infinity }
        let logits =
            try (hidden.matmul(head.transposed(0, 1)).to(.float32) + Tensor.of(bias))
            / temperature
        let all = try logits.logSoftmax(-1)
        let index = try Tensor.of(targets, shape: [Self.tokens, 1])
        let scores = try all.gathered(-1, index).squeezed(-1)
        try scores.backward(gradient: slope())
        let entropies = try -(all.exp() * all.clamped(min: -1e30)).sum(-1)
        return Outcome(scores: scores, entropies: entropies, hidden: hidden, head: head)
    }

    private func difference(_ a: Tensor?, _ b: Tensor?) throws -> Double {
        let (a, b) = (try #require(a).to(.float32), try #require(b).to(.float32))
        #expect(a.shape == b.shape)
        return try (a - b).abs().max().item() / max(1, b.abs().max().item())
    }

    @Test(
        "Scores, entropies and gradients are those of all logits at once, kept or computed again, in pieces of any size",
        arguments: [1, 4, 11, 500], [0, 1 << 20])
    func plainWay(chunk: Int, keptBytes: Int) throws {
        let (fast, slow) = (try fast(chunk: chunk, keptBytes: keptBytes), try slow())
        #expect(try difference(fast.scores, slow.scores) < 1e-5)
        #expect(try difference(fast.entropies, slow.entropies) < 1e-5)
        #expect(try difference(fast.hidden.gradient, slow.hidden.gradient) < 1e-5)
        #expect(try difference(fast.head.gradient, slow.head.gradient) < 1e-5)
    }

    @Test("Probabilities that are kept give the same bits as those that are computed again")
    func keptOrNot() throws {
        let (kept, again) = (
            try fast(chunk: 4, keptBytes: 1 << 20), try fast(chunk: 4, keptBytes: 0)
        )
        #expect(try kept.scores.isEqual(to: again.scores))
        #expect(try #require(kept.head.gradient).isEqual(to: #require(again.head.gradient)))
        #expect(try #require(kept.hidden.gradient).isEqual(to: #require(again.hidden.gradient)))
    }

    @Test("In bfloat16 scores are float32, and gradients agree within bfloat16's precision")
    func narrow() throws {
        let (fast, slow) = (
            try fast(chunk: 4, keptBytes: 0, dtype: .bfloat16), try slow(dtype: .bfloat16)
        )
        #expect(fast.scores.dtype == .float32)
        #expect(fast.head.gradient?.dtype == .bfloat16)
        #expect(try difference(fast.scores, slow.scores) < 0.03)
        #expect(try difference(fast.hidden.gradient, slow.hidden.gradient) < 0.03)
        #expect(try difference(fast.head.gradient, slow.head.gradient) < 0.03)
    }

    @Test("Without gradients the scores are the same bits, and a frozen head gets no gradient")
    func frozen() throws {
        let recorded = try fast(chunk: 4, keptBytes: 0)
        let (hidden, head) = try leaves()
        func scores() throws -> TokenProbabilities {
            try hidden.tokenProbabilities(
                of: Tensor.of(targets), head: head, suppressed: Tensor.of(suppressed),
                temperature: 0.7, withEntropies: false, chunk: 4, keptBytes: 0)
        }
        let plain = try withoutGradients { try scores() }
        #expect(plain.entropies == nil)
        #expect(try plain.logProbabilities.isEqual(to: recorded.scores.detached()))
        try head.setRequiresGradient(false)
        try scores().logProbabilities.backward(gradient: slope())
        #expect(head.gradient == nil)
        #expect(try difference(hidden.gradient, recorded.hidden.gradient) < 1e-6)
    }

    @Test(
        "A suppressed token, a temperature of 0 and shapes that do not fit are refused or impossible"
    )
    func impossible() throws {
        let (hidden, head) = try leaves()
        func scores(_ targets: [Int], temperature: Double) throws -> [Float] {
            try withoutGradients {
                try hidden.tokenProbabilities(
                    of: Tensor.of(targets), head: head, suppressed: Tensor.of(suppressed),
                    temperature: temperature, withEntropies: true, chunk: 4, keptBytes: 0
                ).logProbabilities.floats
            }
        }
        #expect(try scores([31] + targets.dropFirst(), temperature: 1)[0] == -.infinity)
        #expect(throws: TorchError.self) { try scores(targets, temperature: 0) }
        #expect(throws: TorchError.self) { try scores([1], temperature: 1) }
    }
}
