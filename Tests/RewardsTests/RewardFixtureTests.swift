import Imaging
import Segmentation
import TestSupport
import Testing

@testable import Rewards

@Suite struct RewardFixtureTests {
    /// A group of completions about one picture, with the rewards of the reference.
    private struct Group: Decodable {
        let side: Int
        let truth: String
        let masks: [Int: String]
        let completions: [String]
        /// Per completion the three terms and the total.
        let rewards: [[Double]]
    }

    /// Gives the mask that a group has for the `x1` of a prompt's box.
    private final class TableImage: SegmenterImage {
        let masks: [Int: BinaryMask]

        init(_ masks: [Int: BinaryMask]) { self.masks = masks }

        func masks(
            for prompts: [SegmentationPrompt], in frame: ImageFrame, output: ImageFrame
        ) throws -> [ObjectMask] {
            try prompts.map { prompt in
                let mask = try #require(masks[Int(prompt.box?.x1 ?? -1)])
                return ObjectMask(mask: mask, predictedIoU: 1, objectScore: 1)
            }
        }
    }

    private func mask(_ pixels: String, side: Int) -> BinaryMask {
        BinaryMask(
            width: side, height: side, bytes: pixels.utf8.map { $0 == UInt8(ascii: "1") ? 1 : 0 })
    }

    private func scores(_ group: Group, of completions: [String]) throws -> [RewardBreakdown] {
        try Scorer().score(
            completions: completions,
            image: TableImage(group.masks.mapValues { mask($0, side: group.side) }),
            policyFrame: .square(group.side), truth: mask(group.truth, side: group.side))
    }

    @Test("rewards are those of the reference, empty truths and malformed boxes among them")
    func reference() throws {
        let groups = try Fixtures.decode([Group].self, "segmentation/rewards.json")
        #expect(groups.count > 20)
        var worths: Set<Double> = []
        for group in groups {
            let found = try scores(group, of: group.completions)
            for (index, breakdown) in found.enumerated() {
                let values = breakdown.terms.map(\.value) + [breakdown.total]
                // The same integers are divided, so there is nothing to tolerate.
                #expect(values == group.rewards[index], "\(group.completions[index])")
                worths.insert(breakdown.iou)
            }
        }
        #expect(worths.count > 20 && worths.isSuperset(of: [0, 1]))
    }

    @Test("a completion is worth the same alone as in its group, whatever the others hold")
    func independence() throws {
        for group in try Fixtures.decode([Group].self, "segmentation/rewards.json") {
            for (index, completion) in group.completions.enumerated() {
                let alone = try #require(scores(group, of: [completion]).first)
                #expect(alone.terms.map(\.value) + [alone.total] == group.rewards[index])
            }
        }
    }
}
