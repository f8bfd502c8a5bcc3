import Testing

@testable import PolicyFamilies
@testable import VisionLanguage

@Suite("Positions and windows")
struct LayoutTests {
    @Test("Positions are those of transformers", arguments: ["odd", "two", "drawn"])
    func positions(name: String) throws {
        let entry = try #require(Cases.load().cases[name])
        let positions = try MultimodalPositions(
            tokenIDs: entry.ids, grids: entry.visionGrids, imageTokenID: 190, mergeSize: 2)
        #expect([positions.time, positions.row, positions.column] == entry.positions)
        #expect(positions.next == (entry.positions?[0].last ?? 0) + 1)
    }

    @Test("Text alone counts up from 0")
    func text() throws {
        let positions = try MultimodalPositions(
            tokenIDs: [4, 5, 6], grids: [], imageTokenID: 190, mergeSize: 2)
        #expect(positions == MultimodalPositions(text: 3))
    }

    @Test("A picture at the end is followed by the larger of its sides")
    func pictureLast() throws {
        let positions = try MultimodalPositions(
            tokenIDs: [1] + [Int](repeating: 9, count: 6), grids: [VisionGrid(rows: 4, columns: 6)],
            imageTokenID: 9, mergeSize: 2)
        #expect(positions.column == [0, 1, 2, 3, 1, 2, 3])
        #expect(positions.row == [0, 1, 1, 1, 2, 2, 2])
        #expect(positions.next == 4)
    }

    @Test("Placeholders that do not fit the pictures are refused")
    func mismatch() {
        let grid = VisionGrid(rows: 4, columns: 4)
        for (ids, grids) in [
            ([1, 9, 9, 9, 2], [grid]), ([1, 9, 9, 9, 9, 9], [grid]), ([1, 2], [grid]),
            ([9, 9, 9, 9], []), ([9, 9, 9, 9, 1], [grid, grid]),
        ] {
            #expect(throws: PolicyInputError.self) {
                try MultimodalPositions(tokenIDs: ids, grids: grids, imageTokenID: 9, mergeSize: 2)
            }
        }
    }

    @Test("Windows cover every block once; the order turns back into itself")
    func windows() {
        for (rows, columns) in [(8, 8), (18, 10), (2, 2), (16, 18)] {
            let layout = VisionLayout(
                grids: [VisionGrid(rows: rows, columns: columns), VisionGrid(rows: 4, columns: 6)],
                mergeSize: 2, windowCells: 4)
            let blocks = rows * columns / 4 + 6
            #expect(layout.order.sorted() == Array(0..<blocks))
            #expect(layout.inverse.map { layout.order[$0] } == Array(0..<blocks))
            #expect(layout.windows.reduce(0) { $0 + $1.count * $1.length } == blocks * 4)
            #expect(layout.frames.reduce(0) { $0 + $1.count * $1.length } == blocks * 4)
        }
    }

    @Test("A picture of whole windows has no empty ones, one of 9 × 5 blocks has small ones")
    func sizes() {
        let whole = VisionLayout(
            grids: [VisionGrid(rows: 16, columns: 8)], mergeSize: 2, windowCells: 4)
        #expect(whole.windows == [.init(count: 2, length: 64)])
        let rest = VisionLayout(
            grids: [VisionGrid(rows: 18, columns: 10)], mergeSize: 2, windowCells: 4)
        #expect(
            rest.windows == [
                .init(count: 2, length: 64), .init(count: 3, length: 16),
                .init(count: 1, length: 4),
            ])
        #expect(rest.rows.prefix(4) == [0, 0, 1, 1])
        #expect(rest.columns.prefix(4) == [0, 1, 0, 1])
        #expect(rest.frames == [.init(count: 1, length: 180)])
    }
}
