import Foundation
import Imaging
import Segmentation
import Testing

@testable import Rewards

/// The term that the documentation shows.
@Suite struct ExampleRewardTests {
    private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Self.here.appendingPathComponent(path), encoding: .utf8)
    }

    @Test("The document shows the example that is compiled here")
    func document() throws {
        let source = try text("ExampleReward.swift")
        let begin = try #require(source.range(of: "// begin\n"))
        let end = try #require(source.range(of: "// end\n"))
        let example = source[begin.upperBound..<end.lowerBound]
        let document = try text("../../Documentation/rewards.md")
        let blocks = document.matches(of: /```swift[^\n]*\n((?s).*?)```\n/).map { String($0.1) }
        #expect(blocks.contains(String(example)))
    }

    @Test("The document names every term of the project, and every parameter with its default")
    func terms() throws {
        let document = try text("../../Documentation/rewards.md")
        let rows = document.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let own = customRewards.map { $0.name }
        for kind in RewardRegistry.standard.kinds where !own.contains(kind.name) {
            let row = rows.first { $0.hasPrefix("| `\(kind.name)` |") }
            #expect(row != nil, "\(kind.name) has no row")
            for parameter in kind.parameters {
                let name = "`\(parameter.name)`"
                let standard = parameter.standard.map { String(format: "%g", $0) }
                let words = standard.map { "\(name) \($0)" } ?? name
                #expect(row?.contains(words) == true, "\(kind.name): \(words)")
            }
        }
    }

    @Test("The example is used like any other term, with its parameters")
    func use() throws {
        var registry = RewardRegistry()
        for kind in customRewardsOfTheExample { registry.register(kind) }
        let term = try registry.function(
            for: RewardSpecification("few_instances", parameters: ["limit": 2]))
        func value(_ count: Int?) throws -> Double? {
            let prompt = SegmentationPrompt(box: Box(x1: 0, y1: 0, x2: 1, y2: 1))
            return try term.value(
                RewardContext(
                    completion: ScoredCompletion(""),
                    parse: count.map {
                        .success(
                            ParsedAnswer(
                                prompts: [SegmentationPrompt](repeating: prompt, count: $0)))
                    } ?? .failure(.noFence), mask: nil,
                    truth: BinaryMask(width: 2, height: 2), iou: 0))
        }
        #expect(try [nil, 0, 1, 2, 4].map { try value($0) } == [0, 1, 1, 1, 0.5])
        #expect(throws: RewardConfigurationError.self) {
            try registry.function(
                for: RewardSpecification("few_instances", parameters: ["limit": 0]))
        }
    }

    /// The list of the example's file.
    private var customRewardsOfTheExample: [any Reward.Type] { customRewards }
}
