import NN
import TestSupport
import Testing
import Torch

@testable import PolicyFamilies
@testable import VisionLanguage

/// An adapter of one form for modules whose names contain a word.
private struct PlanByName: AdapterPlan {
    let word: String
    let form: LowRankForm
    var tiesCopies: Bool { false }
    func form(of module: AdaptableModule) -> LowRankForm? {
        module.kind != .embedding && module.name.contains(word) ? form : nil
    }
    func replaces(_ key: String) -> Bool { false }
}

/// Gradients through layers that are computed again.
@Suite struct CheckpointedLayerTests {
    enum Trained: CaseIterable { case everything, adapter, adapterAboveTower, adapterWithDropout }

    private func model(_ trained: Trained, _ dtype: DType) throws -> VisionLanguageModel {
        let plan: PlanByName? =
            switch trained {
            case .everything: nil
            case .adapter:
                PlanByName(word: "", form: LowRankForm(rank: 3, scale: 1, start: .nonzero))
            case .adapterAboveTower:
                PlanByName(word: "layers.1.", form: LowRankForm(rank: 3, scale: 1, start: .nonzero))
            case .adapterWithDropout:
                PlanByName(
                    word: "", form: LowRankForm(rank: 3, scale: 1, dropout: 0.3, start: .nonzero))
            }
        let cases = try Cases.load()
        let model = try VisionLanguageModel(
            configuration: Qwen25VLConfiguration.load(path: fixture("tied.json")),
            generation: GenerationConfiguration(eosTokenIDs: [2, 3], padTokenID: 0),
            builder: ParameterBuilder(
                source: HashedWeights(salt: cases.salt), dtype: dtype,
                adapter: plan.map { AdapterSource(plan: $0, weights: FreshAdapter(), seed: 1) }))
        for parameter in model.parameters where plan == nil || parameter.isAdapter {
            try parameter.tensor.setRequiresGradient(true)
        }
        return model
    }

    /// Scores and all gradients of two prompts' completions.
    private func gradients(
        _ model: VisionLanguageModel, dtype: DType, _ isCheckpointed: Bool
    ) throws -> [Tensor?] {
        var model = model
        model.checkpointsLayers = isCheckpointed
        model.dropout.seed = 5
        let reference = try Reference("tied", dtype: dtype)
        for parameter in model.parameters { try parameter.tensor.setGradient(nil) }
        let scores = try model.score(
            ["odd", "two"].map {
                PromptCompletions(
                    input: try reference.input($0), completions: reference.cases.completions)
            })
        try (scores[0].logProbabilities.sum() + scores[1].logProbabilities.sum()).backward()
        return try scores.map { try $0.logProbabilities.detached() }
            + model.parameters.map(\.tensor.gradient)
    }

    @Test(
        "Gradients are the same to the bit whether layers are computed again or not",
        arguments: Trained.allCases, [DType.float32, .bfloat16])
    func sameBits(trained: Trained, dtype: DType) throws {
        let threads = TorchRuntime.threadCount
        defer { try? TorchRuntime.setThreadCount(threads) }
        for count in [1, 2] {
            try TorchRuntime.setThreadCount(count)
            let model = try model(trained, dtype)
            let plain = try gradients(model, dtype: dtype, false)
            // A copy for another thread does as its model.
            var again = model
            again.checkpointsLayers = true
            let shared = try again.sharingParameters()
            #expect(shared.checkpointsLayers)
            for twice in [
                try gradients(model, dtype: dtype, true), try gradients(shared, dtype: dtype, true),
            ] {
                #expect(plain.count == twice.count)
                for (index, (a, b)) in zip(plain, twice).enumerated() {
                    #expect((a == nil) == (b == nil), "\(index)")
                    if let a, let b { #expect(try a.isEqual(to: b), "\(index)") }
                }
            }
            #expect(plain.compactMap { $0 }.count > 4)
        }
    }

    @Test("A tower of which nothing is trained records nothing, and gives what needs no gradient")
    func frozenTower() throws {
        var model = try model(.adapterAboveTower, .float32)
        model.checkpointsLayers = true
        let input = try Reference("tied").input("odd")
        let features = try model.features(#require(input.patches), grids: input.grids)
        #expect(!features.tokens.requiresGradient)
    }
}
