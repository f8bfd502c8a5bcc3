/// Values with intervals, one line each, as SVG that takes its colours from the page and the width it
/// gets.
public struct IntervalChart: Sendable {
    /// A line of the chart.
    public struct Row: Hashable, Sendable {
        /// What it is.
        public var name: String
        /// The value; not finite where there is none.
        public var value: Double
        /// The ends of its interval, if it has one.
        public var low: Double?
        /// The upper end.
        public var high: Double?
        /// Single values behind it, such as one per seed.
        public var parts: [Double]
        /// The place of its colour, from 0.
        public var color: Int

        /// A line from its parts.
        public init(
            _ name: String, value: Double, low: Double? = nil, high: Double? = nil,
            parts: [Double] = [], color: Int = 0
        ) {
            self.name = name
            self.value = value
            self.low = low
            self.high = high
            self.parts = parts
            self.color = color
        }
    }

    /// What the chart shows.
    public var title: String
    /// One sentence about it; empty for none.
    public var note: String
    /// The lines, from the top.
    public var rows: [Row]
    /// A value that all are compared with: an upright line.
    public var reference: Double?

    /// A chart.
    public init(title: String, note: String = "", rows: [Row], reference: Double? = nil) {
        self.title = title
        self.note = note
        self.rows = rows
        self.reference = reference
    }

    /// The chart with title and note.
    public var figure: HTML {
        .element(
            "figure", ["class": "chart wide"],
            [
                .element("figcaption", title), svg,
                note.isEmpty ? .none : .element("p", ["class": "note"], note),
            ])
    }

    private static let width = 400.0
    private static let rowHeight = 40.0
    private static let (left, right) = (8.0, 392.0)

    /// The drawing alone: a well-formed XML document.
    public var svg: HTML {
        let bottom = Self.rowHeight * Double(rows.count) + 6
        let scale = ChartScale(
            covering: rows.flatMap { row in
                [row.value, row.low, row.high].compactMap(\.self).filter(\.isFinite)
                    + row.parts.filter(\.isFinite)
            }, including: reference.map { [$0] } ?? [], count: 5)
        func across(_ value: Double) -> Double {
            Self.left + 14 + (Self.right - Self.left - 28) * scale.place(of: value)
        }
        var parts: [HTML] = [.element("title", title), .element("desc", description)]
        for tick in scale.ticks {
            let x = number(across(tick))
            parts.append(
                .element(
                    "line",
                    ["class": "grid", "x1": x, "x2": x, "y1": "2", "y2": number(bottom)]))
            parts.append(
                .element(
                    "text", ["x": x, "y": number(bottom + 15), "text-anchor": "middle"],
                    scale.label(tick)))
        }
        if let reference {
            let x = number(across(reference))
            parts.append(
                .element(
                    "line",
                    ["class": "axis", "x1": x, "x2": x, "y1": "2", "y2": number(bottom)]))
        }
        for (place, row) in rows.enumerated() {
            parts += line(row, top: Self.rowHeight * Double(place), across)
        }
        return .element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": "0 0 \(number(Self.width)) \(number(bottom + 22))", "role": "img",
                "class": "plot",
            ], parts)
    }

    private func line(_ row: Row, top: Double, _ across: (Double) -> Double) -> [HTML] {
        let middle = number(top + 29)
        let color = "c\(row.color % LineChart.colorCount)"
        var parts: [HTML] = [
            .element(
                "text", ["class": "row", "x": number(Self.left), "y": number(top + 15)], row.name)
        ]
        if let low = row.low, let high = row.high, low.isFinite, high.isFinite {
            parts.append(
                .element(
                    "path",
                    [
                        "class": "line \(color)",
                        "d": "M\(number(across(low))) \(middle)H\(number(across(high)))",
                    ]))
        }
        parts += row.parts.filter(\.isFinite).map { value in
            .element(
                "circle",
                ["class": "part \(color)", "cx": number(across(value)), "cy": middle, "r": "3"])
        }
        if row.value.isFinite {
            parts.append(
                .element(
                    "circle",
                    [
                        "class": "mark \(color)", "cx": number(across(row.value)), "cy": middle,
                        "r": "5",
                    ]))
        }
        return parts
    }

    /// The values in words, for those who hear the page.
    private var description: String {
        rows.map { row in
            guard row.value.isFinite else { return "\(row.name): no value." }
            guard let low = row.low, let high = row.high else {
                return "\(row.name): \(number(row.value))."
            }
            return "\(row.name): \(number(row.value)), from \(number(low)) to \(number(high))."
        }.joined(separator: " ")
    }
}
