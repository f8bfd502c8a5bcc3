import Imaging
import Testing

@Suite("Masks")
struct MaskTests {
    /// A mask from rows of `#` and other characters.
    private func mask(_ rows: String...) -> BinaryMask {
        BinaryMask(
            width: rows[0].utf8.count, height: rows.count,
            bytes: rows.joined().utf8.map { $0 == UInt8(ascii: "#") ? 1 : 0 })
    }

    @Test("Diagonal neighbours are connected only in an 8-neighbourhood")
    func diagonals() {
        let corners = mask("#.#", ".#.", "#.#")
        #expect(corners.components(.four).map(\.pixelCount) == [1, 1, 1, 1, 1])
        #expect(corners.components(.eight).map(\.pixelCount) == [5])
    }

    @Test("Arms that meet below are one component, ordered by its first pixel")
    func merging() {
        let shape = mask("..#.#.#", "#.#.#.#", "#.###.#", "#.....#", "#######")
        let found = shape.components(.four)
        #expect(found.map(\.pixelCount) == [7, 14])
        #expect(
            found.map(\.box) == [Box(x1: 2, y1: 0, x2: 5, y2: 3), Box(x1: 0, y1: 0, x2: 7, y2: 5)])
    }

    @Test("A component does not go on from the end of a row to the start of the next")
    func rowsDoNotWrap() {
        #expect(mask("..##", "##..").components(.four).count == 2)
        #expect(mask("...#", "#...").components(.eight).count == 2)
    }

    @Test("Components of random masks are those of a flood fill", arguments: [5, 63, 64, 65, 130])
    func floodFill(width: Int) {
        var state: UInt64 = UInt64(width)
        var mask = BinaryMask(width: width, height: 40)
        for index in 0..<width * 40 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            mask[index % width, index / width] = state >> 60 < 8
        }
        for connectivity in [Connectivity.four, .eight] {
            let sizes = mask.components(connectivity).map(\.pixelCount)
            #expect(sizes == floodFillSizes(mask, connectivity))
        }
    }

    private func floodFillSizes(_ mask: BinaryMask, _ connectivity: Connectivity) -> [Int] {
        var left = mask
        var sizes: [Int] = []
        for start in 0..<mask.frame.area where left[start % mask.width, start / mask.width] {
            var open = [(start % mask.width, start / mask.width)]
            left[open[0].0, open[0].1] = false
            var size = 0
            while let (x, y) = open.popLast() {
                size += 1
                for dy in -1...1 {
                    for dx in -1...1 where connectivity == .eight || dx == 0 || dy == 0 {
                        let (nx, ny) = (x + dx, y + dy)
                        guard nx >= 0, ny >= 0, nx < mask.width, ny < mask.height, left[nx, ny]
                        else { continue }
                        left[nx, ny] = false
                        open.append((nx, ny))
                    }
                }
            }
            sizes.append(size)
        }
        return sizes
    }

    @Test("The bounding box covers the pixels, and an empty mask has none")
    func boundingBox() {
        #expect(BinaryMask(width: 70, height: 3).boundingBox == nil)
        #expect(
            mask("......", "..#...", "....#.").boundingBox == Box(x1: 2, y1: 1, x2: 5, y2: 3))
    }

    @Test("Bytes, values and lazy collections above the threshold make the same mask")
    func packing() {
        let bytes = (0..<201).map { UInt8(truncatingIfNeeded: $0 * 37) }
        let expected = (0..<201).filter { bytes[$0] > 99 }
        for mask in [
            BinaryMask(width: 67, height: 3, bytes: bytes, above: 99),
            BinaryMask(width: 67, height: 3, bytes: bytes.lazy.map { $0 }, above: 99),
            BinaryMask(width: 67, height: 3, values: bytes.map { Float($0) }, above: 99),
        ] {
            #expect((0..<201).filter { mask[$0 % 67, $0 / 67] } == expected)
            #expect(mask.count == expected.count)
            #expect(mask.bytes(value: 7) == bytes.map { $0 > 99 ? 7 : 0 })
        }
        #expect(BinaryMask(width: 1, height: 1, values: [.nan], above: 0).isEmpty)
    }

    @Test("Intersection over union counts pixels, and two empty masks agree")
    func overlap() {
        let (a, b) = (mask("##..", "##.."), mask(".##.", ".##."))
        #expect(a.intersectionOverUnion(b) == 2.0 / 6)
        #expect(a.intersectionOverUnion(a) == 1)
        let empty = BinaryMask(width: 4, height: 2)
        #expect(empty.intersectionOverUnion(empty) == 1)
        #expect(empty.intersectionOverUnion(a) == 0)
    }
}
