import Imaging
import Testing

@Suite struct SymmetryTests {
    private let mask = {
        var mask = BinaryMask(width: 5, height: 3)
        for (x, y) in [(0, 0), (1, 0), (4, 1), (2, 2)] { mask[x, y] = true }
        return mask
    }()

    @Test("Picture and mask are turned alike, and the eight turns differ")
    func alike() {
        var pixels = [UInt8](repeating: 0, count: 45)
        for place in mask.pixelPlaces { pixels[3 * place + 1] = 200 }
        let image = RGBImage(width: 5, height: 3, pixels: pixels)
        var seen: Set<BinaryMask> = []
        for index in 0..<SquareSymmetry.count {
            let symmetry = SquareSymmetry(index)
            let (turnedMask, turnedImage) = (symmetry(mask), symmetry(image))
            #expect(turnedMask.frame == symmetry(mask.frame))
            #expect(turnedImage.frame == turnedMask.frame)
            #expect(turnedMask.count == mask.count)
            for y in 0..<turnedMask.height {
                for x in 0..<turnedMask.width {
                    #expect((turnedImage[x, y].1 == 200) == turnedMask[x, y])
                }
            }
            seen.insert(turnedMask)
        }
        #expect(seen.count == 8)
    }

    @Test("Mirrors and the swap of rows and columns put pixels where they should be")
    func places() {
        #expect(SquareSymmetry.identity(mask) == mask)
        #expect(SquareSymmetry(1)(mask)[0, 1])
        #expect(SquareSymmetry(2)(mask)[0, 2])
        #expect(SquareSymmetry(4)(mask)[1, 4])
        #expect(SquareSymmetry(4)(mask).frame == ImageFrame(width: 3, height: 5))
        #expect(SquareSymmetry(5)(mask)[0, 4])
    }

    @Test("Coverage is the share of each cell, also where cells cut pixels")
    func coverage() {
        var small = BinaryMask(width: 3, height: 3)
        small[1, 1] = true
        small[0, 0] = true
        // Cells are 1.5 pixels wide: the middle pixel lies in all four, a ninth of each.
        let shares = small.coverage(side: 2)
        let expected: [Float] = [5 / 9, 1 / 9, 1 / 9, 1 / 9]
        for (share, value) in zip(shares, expected) { #expect(abs(share - value) < 1e-6) }
        // A finer grid than the mask's has whole cells only.
        var one = BinaryMask(width: 2, height: 1)
        one[1, 0] = true
        #expect(one.coverage(side: 4).enumerated().allSatisfy { $1 == ($0 % 4 >= 2 ? 1 : 0) })
    }

    @Test("The places of a mask's pixels come in ascending order")
    func pixelPlaces() {
        #expect(mask.pixelPlaces == [0, 1, 9, 12])
        #expect(BinaryMask(width: 100, height: 2).pixelPlaces.isEmpty)
        let full = BinaryMask(
            width: 13, height: 11, values: [Float](repeating: 1, count: 143), above: 0)
        #expect(full.pixelPlaces == Array(0..<143))
    }
}
