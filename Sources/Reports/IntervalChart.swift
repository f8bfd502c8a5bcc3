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
    /// The numbers that values can have, such as 0 to 1 for shares; nil for any.
    ///
    /// Intervals that reach beyond are cut there, and end in an arrow.
    public var bounds: ClosedRange<Double>?

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
            "figure", ["class": "chart rows"],
            [
                .element("figcaption", title), svg,
                note.isEmpty ? .none : .element("p", ["class": "note"], note),
            ])
    }

    /// The drawing alone: a well-formed XML document.
    public var svg: HTML {
        let drawing = IntervalDrawing(self)
        return .element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox":
                    "0 0 \(number(IntervalDrawing.width)) \(number(drawing.bottom + 22))",
                "role": "img", "class": "plot",
            ],
            [.element("title", title), .element("desc", description)] + drawing.parts)
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
