import NN
import Testing
import Torch

@testable import Adapters

@Suite("Merging large matrices")
struct MergedRowsTests {
    /// Asks a builder for one module's adapter.
    private struct Everything: AdapterPlan {
        let form: LowRankForm
        func form(of module: AdaptableModule) -> LowRankForm? { form }
        func replaces(_ key: String) -> Bool { false }
        var tiesCopies: Bool { false }
    }

    @Test("Rows merged in parts are those merged at once", arguments: [false, true])
    func parts(isWeightDecomposed: Bool) throws {
        let form = LowRankForm(
            rank: 2, scale: 0.5, isWeightDecomposed: isWeightDecomposed, start: .nonzero)
        let builder = ParameterBuilder(
            source: RandomWeights(seed: 3),
            adapter: AdapterSource(plan: Everything(form: form), weights: FreshAdapter(), seed: 5))
        // More than 64 MiB of float32 each.
        let table = try Embedding(builder.root / "table", 300_000, 60)
        let layer = try Linear(builder.root / "layer", 60, 300_000, bias: false)
        let whole = try #require(layer.adapter).merged(into: layer.weight)
        let parts = try #require(layer.adapter).merged(into: layer.weight, as: .float32)
        #expect(try difference(whole, parts) < 1e-6)
        let rounded = try #require(layer.adapter).merged(into: layer.weight, as: .bfloat16)
        #expect(try rounded.isEqual(to: parts.to(.bfloat16)))
        let words = try #require(table.adapter).merged(into: table.weight)
        let wordParts = try #require(table.adapter).merged(into: table.weight, as: .float32)
        #expect(try difference(words, wordParts) < 1e-4)
    }
}
