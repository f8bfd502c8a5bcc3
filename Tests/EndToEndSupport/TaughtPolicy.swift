import Foundation
import Imaging
import NN
import Policies
import PolicyFamilies
import RLTrainer
import Segmentation
import Tokenizers
import Torch
import VisionLanguage

/// A policy that has been taught one answer by heart, so that `predict` has something to read.
package struct TaughtPolicy: Sendable {
    package static let answer =
        "<answer>[{\"bbox_2d\": [28, 20, 84, 70], \"positive_points\": [[40, 30], [60, 50]]}]"
        + "</answer>"

    package let path: String

    package static let shared = Result { try TaughtPolicy() }

    private init() throws {
        path = EndToEndFixture.root + "/taught"
        try TorchRuntime.setThreadCount(2)
        let fixture = try EndToEndFixture.shared.get()
        let policy = try fixture.loadPolicy()
        try policy.setTrainable(freezing: [])
        let image = try ImageCodec.load(path: fixture.picture)
            .resized(to: .square(112), filter: .lanczos)
        let prompt = try policy.prompt(image: image, question: "Where could fuel be stored?")
        let tokens =
            policy.tokenizer.encode(Self.answer, specialTokens: .asText)
            + [try policy.tokenizer.requiredID(for: QwenTokens.turnEnd)]
        let optimizer = try AdamW(
            parameters: policy.parameters, options: AdamWOptions(learningRate: 2e-3))
        for _ in 0..<60 {
            let scores = try policy.score(prompt, completions: [tokens], temperature: 1)
                .logProbabilities
            try (scores.mean() * -1).backward()
            try optimizer.step(learningRate: 2e-3)
            try policy.parameters.clearGradients()
            // A greedy answer follows from every token having most of the probability.
            if try scores.floats.allSatisfy({ $0 > -0.3 }) { break }
        }
        try policy.save(to: path)
    }
}
