/// Where things stand in an ``IntervalChart``: for each row its name, and below it a lane with its values.
///
/// Upright lines are drawn in the lanes only, so that no name lies on one.
struct IntervalDrawing {
    /// The width of the drawing, in its units.
    static let width = 400.0
    private static let (left, right) = (8.0, 392.0)
    private static let (nameHeight, laneHeight) = (15.0, 22.0)
    /// About as many letters as fit beside each other.
    private static let lettersPerLine = 54

    private let chart: IntervalChart
    private let scale: ChartScale
    private let names: [[String]]
    /// Where each row's lane begins.
    private let lanes: [Double]
    /// Where the last lane ends.
    let bottom: Double

    /// A drawing of a chart.
    init(_ chart: IntervalChart) {
        self.chart = chart
        let shown = chart.rows.flatMap { row in
            [row.value, row.low, row.high].compactMap(\.self) + row.parts
        }.filter(\.isFinite)
        let bounds = chart.bounds
        scale = ChartScale(
            covering: shown.map { value in
                bounds.map { min(max(value, $0.lowerBound), $0.upperBound) } ?? value
            },
            including: chart.reference.map { [$0] } ?? [], count: 5, bounds: bounds)
        names = chart.rows.map { Self.wrapped($0.name) }
        var (top, lanes) = (2.0, [Double]())
        for name in names {
            lanes.append(top + Double(name.count) * Self.nameHeight + 3)
            top = (lanes.last ?? 0) + Self.laneHeight
        }
        self.lanes = lanes
        bottom = top
    }

    /// All that is drawn.
    var parts: [HTML] {
        grid + chart.rows.indices.flatMap { name($0) + line(chart.rows[$0], lane: lanes[$0]) }
    }

    /// A name in lines that fit, broken at spaces where there are some.
    static func wrapped(_ name: String) -> [String] {
        var lines = [""]
        for word in name.split(separator: " ", omittingEmptySubsequences: true) {
            var rest = word
            if let last = lines.last, !last.isEmpty,
                last.count + 1 + rest.count <= lettersPerLine
            {
                lines[lines.count - 1] += " " + rest
                continue
            }
            while !rest.isEmpty {
                if lines.last?.isEmpty == false { lines.append("") }
                lines[lines.count - 1] = String(rest.prefix(lettersPerLine))
                rest = rest.dropFirst(lettersPerLine)
            }
        }
        return lines
    }

    private var grid: [HTML] {
        let labels = scale.labelledTicks(length: across(scale.high) - across(scale.low))
        return scale.ticks.flatMap { upright(at: $0, "grid") }
            + (chart.reference.map { upright(at: $0, "axis") } ?? [])
            + labels.map { tick in
                .element(
                    "text",
                    [
                        "x": number(across(tick)), "y": number(bottom + 15),
                        "text-anchor": "middle",
                    ], scale.label(tick))
            }
    }

    /// A line through all lanes, which leaves out the names.
    private func upright(at value: Double, _ kind: String) -> [HTML] {
        let x = number(across(value))
        return lanes.map { lane in
            .element(
                "line",
                [
                    "class": kind, "x1": x, "x2": x, "y1": number(lane),
                    "y2": number(lane + Self.laneHeight),
                ])
        }
    }

    private func name(_ place: Int) -> [HTML] {
        let first = lanes[place] - 3 - Double(names[place].count) * Self.nameHeight
        return names[place].enumerated().map { index, line in
            .element(
                "text",
                [
                    "class": "row", "x": number(Self.left),
                    "y": number(first + Double(index + 1) * Self.nameHeight - 2),
                ], line)
        }
    }

    private func line(_ row: IntervalChart.Row, lane: Double) -> [HTML] {
        let middle = lane + Self.laneHeight / 2
        let color = "c\(row.color % LineChart.colorCount)"
        var parts: [HTML] = []
        if let low = row.low, let high = row.high, low.isFinite, high.isFinite {
            parts += interval(low, high, middle, color)
        }
        parts += row.parts.filter(\.isFinite).map { dot($0, middle, "part \(color)", "3") }
        if row.value.isFinite { parts.append(dot(row.value, middle, "mark \(color)", "5")) }
        return parts
    }

    private func dot(_ value: Double, _ middle: Double, _ kind: String, _ radius: String) -> HTML {
        .element(
            "circle",
            ["class": kind, "cx": number(across(value)), "cy": number(middle), "r": radius])
    }

    /// An interval, cut at the axis's ends, where it gets an arrow.
    private func interval(
        _ low: Double, _ high: Double, _ middle: Double, _ color: String
    ) -> [HTML] {
        let (start, end) = (across(max(low, scale.low)), across(min(high, scale.high)))
        let y = number(middle)
        var path = "M\(number(start)) \(y)H\(number(end))"
        for (isCut, x, inward) in [(low < scale.low, start, 5.0), (high > scale.high, end, -5.0)]
        where isCut {
            path +=
                "M\(number(x + inward)) \(number(middle - 4))L\(number(x)) \(y)"
                + "L\(number(x + inward)) \(number(middle + 4))"
        }
        return [.element("path", ["class": "line \(color)", "d": path])]
    }

    private func across(_ value: Double) -> Double {
        Self.left + 14 + (Self.right - Self.left - 28) * scale.place(of: value)
    }
}
