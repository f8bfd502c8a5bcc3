import Foundation
package import Reports

/// A curve drawn with characters: braille dots, or stars where the terminal shows ASCII only.
package struct TerminalChart: Sendable {
    /// What is drawn.
    package var title: String
    /// The points, x ascending; those that are not finite are left out.
    package var points: [ChartPoint]
    /// Columns, the labels of the axis among them.
    package var width: Int
    /// Lines of the plot; title and x axis come in addition.
    package var height: Int
    /// Whether braille may be used.
    package var isUnicode: Bool

    private static let labelWidth = 8

    /// A chart from its parts.
    package init(
        title: String, points: [ChartPoint], width: Int, height: Int, isUnicode: Bool
    ) {
        self.title = title
        self.points = points.filter { $0.x.isFinite && $0.y.isFinite }
        self.width = width
        self.height = height
        self.isUnicode = isUnicode
    }

    /// The chart: title, plot, axis and steps; `height + 3` lines of `width` columns at most.
    package var lines: [String] {
        guard let first = points.first, let last = points.last, points.count > 1 else { return [] }
        let values = points.map(\.y)
        let (low, high) = Self.range(values.min() ?? 0, values.max() ?? 1)
        let bars = isUnicode ? ("│", "└", "─", "→") : ("|", "+", "-", "->")
        let room = max(4, width - Self.labelWidth - 2)
        let plot = isUnicode ? braille(room, low, high) : stars(room, low, high)
        var result = [
            "\(title)  \(Self.number(first.y)) \(bars.3) \(Self.number(last.y))"
        ]
        for (place, row) in plot.enumerated() {
            let label =
                place == 0
                ? Self.number(high) : place == plot.count - 1 ? Self.number(low) : ""
            result.append(Self.right(label, Self.labelWidth) + " " + bars.0 + row)
        }
        result.append(
            String(repeating: " ", count: Self.labelWidth + 1) + bars.1
                + String(repeating: bars.2, count: room))
        let (start, end) = ("\(Int(first.x))", "step \(Int(last.x))")
        let gap = max(1, room - start.count - end.count)
        result.append(
            String(repeating: " ", count: Self.labelWidth + 2) + start
                + String(repeating: " ", count: gap) + end)
        return result
    }

    /// A range that is not empty.
    private static func range(_ low: Double, _ high: Double) -> (Double, Double) {
        if high > low { return (low, high) }
        let margin = max(abs(low) * 0.1, 1e-6)
        return (low - margin, high + margin)
    }

    private static func number(_ value: Double) -> String { String(format: "%.3g", value) }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// The mean of the points of each of `count` columns; nil of columns without a point.
    private func columns(_ count: Int) -> [Double?] {
        guard let first = points.first?.x, let last = points.last?.x else { return [] }
        var sums = [(sum: Double, count: Int)](repeating: (0, 0), count: count)
        for point in points {
            let share = last > first ? (point.x - first) / (last - first) : 0
            let place = min(count - 1, Int(share * Double(count - 1) + 0.5))
            sums[place].sum += point.y
            sums[place].count += 1
        }
        return sums.map { $0.count == 0 ? nil : $0.sum / Double($0.count) }
    }

    /// The columns, those between two points on the line from one to the other.
    private func filledColumns(_ count: Int) -> [Double?] {
        var result = columns(count)
        var before: (place: Int, value: Double)?
        for (place, value) in result.enumerated() {
            guard let value else { continue }
            if let before {
                for between in before.place + 1..<max(place, before.place + 1) {
                    let share = Double(between - before.place) / Double(place - before.place)
                    result[between] = before.value + share * (value - before.value)
                }
            }
            before = (place, value)
        }
        return result
    }

    /// Two dots by four in each character.
    private func braille(_ room: Int, _ low: Double, _ high: Double) -> [String] {
        let (dotColumns, dotRows) = (room * 2, height * 4)
        var cells = [[UInt32]](repeating: [UInt32](repeating: 0, count: room), count: height)
        var before: Int?
        for (column, value) in filledColumns(dotColumns).enumerated() {
            guard let value else { continue }
            let row = Self.row(value, low, high, dotRows)
            // From the last column's dot on, so that the curve has no holes.
            let from = before.map { $0 < row ? $0 + 1 : $0 > row ? $0 - 1 : row } ?? row
            for dot in min(from, row)...max(from, row) {
                cells[dot / 4][column / 2] |= Self.bit(column % 2, dot % 4)
            }
            before = row
        }
        return cells.map { row in
            String(
                String.UnicodeScalarView(row.map { Unicode.Scalar(0x2800 + $0) ?? "?" }))
        }
    }

    private static func bit(_ column: Int, _ row: Int) -> UInt32 {
        [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]][column][row]
    }

    private func stars(_ room: Int, _ low: Double, _ high: Double) -> [String] {
        var cells = [[Character]](
            repeating: [Character](repeating: " ", count: room), count: height)
        for (column, value) in filledColumns(room).enumerated() {
            guard let value else { continue }
            cells[Self.row(value, low, high, height)][column] = "*"
        }
        return cells.map { String($0) }
    }

    /// The row of a value, 0 at the top.
    private static func row(_ value: Double, _ low: Double, _ high: Double, _ count: Int) -> Int {
        let share = (value - low) / (high - low)
        return min(count - 1, max(0, Int(((1 - share) * Double(count - 1)).rounded())))
    }
}
