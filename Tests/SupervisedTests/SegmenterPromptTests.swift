import Datasets
import Imaging
import Scenes
import Segmentation
import Supervised
import Testing

@Suite struct SegmenterPromptTests {
    /// An object of a ring's shape that touches two edges of its frame.
    private func target() throws -> PromptTarget {
        var mask = BinaryMask(width: 40, height: 30)
        for y in 0..<12 {
            for x in 25..<40 where !(3..<9).contains(y) || !(28..<37).contains(x) {
                mask[x, y] = true
            }
        }
        return try #require(PromptTarget(mask: mask))
    }

    @Test("Boxes with noise stay in the frame and have sides of a pixel or more")
    func boxes() throws {
        let target = try target()
        var random = SeededGenerator(seed: 3)
        var moved = 0
        for noise in [BoxNoise.share(0.06), .pixels(8), .pixels(1000), .share(0)] {
            for _ in 0..<500 {
                let prompt = target.prompt(.box, noise: noise, using: &random)
                let box = try #require(prompt.box)
                #expect(box.x1 >= 0 && box.y1 >= 0 && box.x2 <= 40 && box.y2 <= 30)
                // A pixel, but for the rounding of a sum in Double.
                #expect(min(box.x2 - box.x1, box.y2 - box.y1) >= 1 - 1e-12)
                if box != target.box { moved += 1 }
                if noise == .share(0) { #expect(box == target.box) }
            }
        }
        #expect(moved == 1500)
    }

    @Test("Noise has the standard deviation that is asked for, in pixels or in shares of the box")
    func deviation() throws {
        var mask = BinaryMask(width: 200, height: 200)
        for y in 60..<140 { for x in 80..<120 { mask[x, y] = true } }
        let target = try #require(PromptTarget(mask: mask))
        // 2000 draws: the sample's deviation is within 5 % of the true one but for 1 in 600 seeds.
        for (noise, expected) in [
            (BoxNoise.pixels(4), (4.0, 4.0)), (.share(0.1), (4.0, 8.0)),
        ] {
            var random = SeededGenerator(seed: 11)
            var (x, y) = (0.0, 0.0)
            for _ in 0..<2000 {
                let prompt = target.prompt(.box, noise: noise, using: &random)
                let box = try #require(prompt.box)
                x += (box.x1 - 80) * (box.x1 - 80)
                y += (box.y2 - 140) * (box.y2 - 140)
            }
            #expect(abs((x / 2000).squareRoot() / expected.0 - 1) < 0.05)
            #expect(abs((y / 2000).squareRoot() / expected.1 - 1) < 0.05)
        }
    }

    @Test(
        "Points inside are pixels of the object, points outside are not",
        arguments: PromptKind.allCases)
    func points(kind: PromptKind) throws {
        let target = try target()
        var random = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            let prompt = target.prompt(kind, noise: nil, using: &random)
            #expect(prompt.box == (kind.hasBox ? target.box : nil))
            #expect(prompt.positivePoints.count == kind.positivePoints)
            #expect(prompt.negativePoints.count == kind.negativePoints)
            #expect(prompt.positivePoints.allSatisfy { target.mask[Int($0.x), Int($0.y)] })
            #expect(prompt.negativePoints.allSatisfy { !target.mask[Int($0.x), Int($0.y)] })
        }
    }

    @Test("An object's box is the edges of its pixels, and an empty mask is no object")
    func tightBox() throws {
        #expect(try target().box == Box(x1: 25, y1: 0, x2: 40, y2: 12))
        #expect(PromptTarget(mask: BinaryMask(width: 4, height: 4)) == nil)
    }

    @Test(
        "A sample turns with all of its objects, and one without known objects is refused by name")
    func samples() throws {
        var scenes = SceneConfiguration()
        scenes.side = 64
        let synthesizer = try SceneSynthesizer(configuration: scenes)
        var sample = try synthesizer.sample(for: synthesizer.scene(seed: 1, index: 3))
        let upright = try SegmenterSample(sample, maskSide: 16, coarseSide: 4)
        let turned = try SegmenterSample(
            sample, symmetry: SquareSymmetry(5), maskSide: 16, coarseSide: 4)
        #expect(upright.objects.count == sample.instances?.count)
        for (a, b) in zip(upright.objects, turned.objects) {
            #expect(b.target.mask == SquareSymmetry(5)(a.target.mask))
            #expect(a.target.mask.count == b.target.mask.count)
            // The grid's cells are 16 pixels each; sums of sixteenths are exact in Float.
            #expect(a.coverage.reduce(0, +) * 16 == Float(a.target.mask.count))
            #expect(a.coarseCoverage.reduce(0, +) * 256 == Float(a.target.mask.count))
        }
        sample.instances = nil
        #expect {
            try SegmenterSample(sample, maskSide: 16, coarseSide: 4)
        } throws: { error in
            "\(error)".contains(sample.id) && "\(error)".contains("has no instances")
        }
    }
}
