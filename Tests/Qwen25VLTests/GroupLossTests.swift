// Tolerances: the loss 2e-4 as log-probabilities have it; gradients 1e-3 of the tensor's norm or
// largest element, some twenty times what two ways of computing attention differ by.
import NN
import RLTrainer
import TestSupport
import Testing
import Torch

@testable import PolicyFamilies
@testable import VisionLanguage

@Suite("Gradients of the group's loss agree with transformers")
struct GroupLossTests {
    /// The loss of the fixtures' group, by the trainer's own functions.
    private func loss(_ reference: Reference, _ prompt: String) throws -> Tensor {
        let scores = try reference.model.score(
            reference.input(prompt), completions: reference.cases.completions,
            temperature: reference.cases.temperature)
        var configuration = LossConfiguration()
        configuration.lossType = prompt == "two" ? .dapo : .grpo
        configuration.usesBiasCorrectionKL = prompt == "two"
        configuration.beta = 0.04
        let advantages = groupAdvantages(rewards: [reference.cases.rewards], scale: .group)[0]
        let lengths = reference.cases.completions.map(\.count)
        let longest = lengths.max() ?? 0
        let mask = lengths.flatMap { length in
            (0..<longest).map { Float($0 < length ? 1 : 0) }
        }
        return try policyLoss(
            LossInputs(
                logProbabilities: scores.logProbabilities,
                oldLogProbabilities: reference.rows(prompt + ".old"),
                referenceLogProbabilities: reference.rows(prompt + ".reference"),
                advantages: Tensor.of(advantages.map(Float.init)),
                mask: Tensor.of(mask, shape: [lengths.count, longest]), microBatchCount: 1,
                stepTokenCount: Double(lengths.reduce(0, +))),
            configuration
        ).loss
    }

    @Test(
        "The loss and its gradient for every parameter are those of transformers, with pictures",
        arguments: Reference.models, ["odd", "two"])
    func gradients(model: String, prompt: String) throws {
        let reference = try Reference(model)
        for parameter in reference.model.parameters {
            try parameter.tensor.setRequiresGradient(true)
        }
        let loss = try loss(reference, prompt)
        #expect(try difference(loss.reshaped(1), reference.tensor(prompt + ".loss")) < 2e-4)
        try loss.backward()
        let table = try reference.tensor(prompt + ".gradients")
        let keys = try reference.recorded.keys
        #expect(table.shape == [keys.count, 26] && keys.count == reference.model.parameters.count)
        for parameter in reference.model.parameters {
            let row = try #require(keys.firstIndex(of: parameter.key), "\(parameter.key)")
            let gradient = try #require(parameter.tensor.gradient, "\(parameter.key)")
            try compare(
                gradient, try table.selected(0, row).floats, parameter.key,
                salt: reference.cases.salt)
        }
    }

    private func compare(
        _ gradient: Tensor, _ expected: [Float], _ key: String, salt: String
    ) throws {
        let flat = try gradient.reshaped(-1).floats
        let probe = hashedNumbers(salt + "probe." + key, flat.count)
        let product = try (gradient.reshaped(-1).to(.float64) * Tensor.of(probe)).sum().item()
        let norm = try gradient.norm().item()
        let largest = try gradient.abs().max().item()
        // 1e-6 more, for what is nearly 0: softmax takes most of a shift of the keys back.
        #expect(norm > 0, "\(key)")
        #expect(abs(norm - Double(expected[0])) <= 1e-3 * norm + 1e-6, "\(key)")
        #expect(abs(product - Double(expected[1])) <= 1e-3 * norm + 1e-6, "\(key)")
        for (sample, value) in expected[2...].enumerated() {
            let found = flat[(sample * 7919 + 13) % flat.count]
            #expect(abs(Double(found - value)) <= 1e-3 * largest + 1e-6, "\(key)")
        }
    }

    @Test("Without pictures the vision tower gets no gradient, everything else gets one")
    func textAlone() throws {
        let reference = try Reference("untied")
        for parameter in reference.model.parameters {
            try parameter.tensor.setRequiresGradient(true)
        }
        try reference.model.score(
            reference.input("text"), completions: reference.cases.completions
        ).logProbabilities.sum().backward()
        for parameter in reference.model.parameters {
            let isVision = parameter.key.hasPrefix("visual.")
            let norm = try parameter.tensor.gradient?.norm().item() ?? 0
            #expect(isVision ? norm == 0 : norm > 0, "\(parameter.key)")
        }
    }
}
