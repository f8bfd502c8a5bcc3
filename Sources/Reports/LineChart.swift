import Foundation

/// A point of a curve.
public struct ChartPoint: Hashable, Sendable {
    /// Across.
    public var x: Double
    /// Up; a number that is not finite is a gap.
    public var y: Double

    /// A point.
    public init(x: Double, y: Double) {
        self.x = x
        self.y = y
    }
}

/// A curve of a ``LineChart``.
public struct ChartSeries: Hashable, Sendable {
    /// How a curve is drawn.
    public enum Style: Hashable, Sendable {
        /// A line.
        case line
        /// A line with a mark at each point: few points, each worth seeing.
        case marked
        /// A dashed line with a mark at each point, for what others are compared with.
        case dashed
        /// The points faint, and their mean over neighbours as a line.
        case smoothed
    }

    /// What it is; empty if the chart has no other.
    public var name: String
    /// The points, ascending in x.
    public var points: [ChartPoint]
    /// How it is drawn.
    public var style: Style
    /// Lower and upper edge of a band around the curve at x, such as the range of several seeds.
    public var band: [(x: Double, low: Double, high: Double)] {
        get { bands.map { ($0.x, $0.low, $0.high) } }
        set { bands = newValue.map { Band(x: $0.x, low: $0.low, high: $0.high) } }
    }
    private var bands: [Band] = []

    private struct Band: Hashable, Sendable { var x, low, high: Double }

    /// A curve from its parts.
    public init(
        _ name: String, _ points: [ChartPoint], style: Style = .line,
        band: [(x: Double, low: Double, high: Double)] = []
    ) {
        self.name = name
        self.points = points
        self.style = style
        self.band = band
    }

    /// How many neighbours on each side the smoothed line takes the mean over.
    public var smoothingReach: Int { max(1, points.count / 25) }

    /// The straight line through the neighbours, by least squares, at every point.
    ///
    /// In the middle it is their mean, near the ends what those on one side say, but nothing beyond them.
    /// Gaps are left out.
    public var smoothed: [ChartPoint] {
        points.indices.map { index in
            let first = max(0, index - smoothingReach)
            let last = min(points.count - 1, index + smoothingReach)
            let near = points[first...last].filter { $0.y.isFinite }
            let x = points[index].x
            return ChartPoint(x: x, y: Self.line(through: near, at: x))
        }
    }

    private static func line(through points: [ChartPoint], at x: Double) -> Double {
        if points.isEmpty { return .nan }
        let count = Double(points.count)
        let middle = points.reduce(0) { $0 + $1.x } / count
        let mean = points.reduce(0) { $0 + $1.y } / count
        let spread = points.reduce(0) { $0 + ($1.x - middle) * ($1.x - middle) }
        if spread == 0 { return mean }
        let slope = points.reduce(0) { $0 + ($1.x - middle) * ($1.y - mean) } / spread
        // Near an end the line may leave what its points have, and so what they can be.
        let values = points.map(\.y)
        return min(max(mean + slope * (x - middle), values.min() ?? mean), values.max() ?? mean)
    }
}

/// Curves over one axis, as SVG that takes its colours from the page and the width it gets.
public struct LineChart: Sendable {
    /// What the chart shows.
    public var title: String
    /// One sentence about it; empty for none.
    public var note: String
    /// What goes across.
    public var xLabel: String
    /// The curves; at most ``colorCount`` have colours of their own.
    public var series: [ChartSeries]
    /// Numbers that the upward axis covers in any case.
    public var including: [Double]
    /// The numbers that what goes up can have, such as 0 to 1 for a share; nil for any.
    public var bounds: ClosedRange<Double>?
    /// Whether the chart is wider than others.
    public var isWide = false

    /// How many colours there are.
    public static let colorCount = 6

    /// A chart.
    public init(
        title: String, note: String = "", xLabel: String = "step", series: [ChartSeries],
        including: [Double] = []
    ) {
        self.title = title
        self.note = note
        self.xLabel = xLabel
        self.series = series
        self.including = including
    }

    /// The chart with title, legend and note.
    public var figure: HTML {
        let named = series.enumerated().filter { !$0.element.name.isEmpty }
        let legend = named.map { index, series in
            HTML.element(
                "span", ["class": "key c\(index % Self.colorCount)"],
                [
                    .element("span", ["class": series.style == .dashed ? "swatch dash" : "swatch"]),
                    .text(series.name),
                ])
        }
        return .element(
            "figure", ["class": isWide ? "chart wide" : "chart"],
            [
                .element("figcaption", title),
                legend.isEmpty
                    ? .none
                    : .element(
                        "div", ["class": "legend"], legend),
                svg, note.isEmpty ? .none : .element("p", ["class": "note"], note),
            ])
    }

    private var size: (width: Double, height: Double) { isWide ? (480, 250) : (360, 200) }

    /// The drawing alone: a well-formed XML document.
    public var svg: HTML {
        return .element(
            "svg",
            [
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": "0 0 \(number(size.width)) \(number(size.height))", "role": "img",
                "class": isWide ? "plot broad" : "plot",
            ],
            [.element("title", title), .element("desc", description)]
                + parts(width: size.width, height: size.height))
    }

    /// Axes and curves in a box.
    func parts(width: Double, height: Double) -> [HTML] {
        Drawing(self, width: width, height: height).parts
    }

    /// The curves' ends in words, for those who hear the page.
    private var description: String {
        series.map { series in
            let ends = [series.points.first, series.points.last].compactMap(\.self)
                .map { "\(number($0.y)) at \(xLabel) \(number($0.x))" }
            let name = series.name.isEmpty ? title : series.name
            return "\(name): \(ends.joined(separator: ", then "))."
        }.joined(separator: " ")
    }
}

/// Where things stand in a chart.
private struct Drawing {
    let chart: LineChart
    let x: ChartScale
    let y: ChartScale
    let left: Double
    let right: Double
    let top = 10.0
    let bottom: Double

    init(_ chart: LineChart, width: Double, height: Double) {
        self.chart = chart
        let points = chart.series.flatMap(\.points)
        let bands = chart.series.flatMap(\.band)
        x = ChartScale(covering: points.map(\.x), count: 5, isTight: true)
        let upward = ChartScale(
            covering: points.map(\.y) + bands.flatMap { [$0.low, $0.high] },
            including: chart.including, bounds: chart.bounds)
        y = upward
        let longest = upward.ticks.map { upward.label($0).count }.max() ?? 1
        left = Double(longest) * 7 + 10
        // Half of the number at the end stands beyond it.
        right = width - max(12, Double(Self.digits(x)) * 3.5 + 1)
        bottom = height - 41
    }

    var parts: [HTML] {
        horizontal + vertical
            + [
                .element(
                    "text",
                    [
                        "x": number((left + right) / 2), "y": number(bottom + 36),
                        "text-anchor": "middle",
                    ], chart.xLabel)
            ] + chart.series.enumerated().flatMap { curve($0.element, color: $0.offset) }
    }

    /// How many characters the number at the end of an axis has.
    private static func digits(_ scale: ChartScale) -> Int {
        scale.ticks.last.map { scale.label($0).count } ?? 0
    }

    private var horizontal: [HTML] {
        y.ticks.flatMap { tick -> [HTML] in
            let height = number(up(tick))
            return [
                .element(
                    "line",
                    [
                        "class": "grid", "x1": number(left), "x2": number(right), "y1": height,
                        "y2": height,
                    ]),
                .element(
                    "text",
                    [
                        "x": number(left - 6), "y": number(up(tick) + 4), "text-anchor": "end",
                    ], y.label(tick)),
            ]
        }
    }

    private var vertical: [HTML] {
        let marks = x.ticks.map { tick -> HTML in
            let place = number(across(tick))
            return .element(
                "line",
                [
                    "class": "axis", "x1": place, "x2": place, "y1": number(bottom),
                    "y2": number(bottom + 4),
                ])
        }
        let labels = x.labelledTicks(length: right - left).map { tick -> HTML in
            .element(
                "text",
                ["x": number(across(tick)), "y": number(bottom + 20), "text-anchor": "middle"],
                x.label(tick))
        }
        let axis = HTML.element(
            "line",
            [
                "class": "axis", "x1": number(left), "x2": number(right),
                "y1": number(bottom), "y2": number(bottom),
            ])
        return marks + labels + [axis]
    }

    private func curve(_ series: ChartSeries, color: Int) -> [HTML] {
        let name = "c\(color % LineChart.colorCount)"
        var parts: [HTML] = []
        if !series.band.isEmpty {
            let edge =
                series.band.map { ChartPoint(x: $0.x, y: $0.high) }
                + series.band.reversed().map { ChartPoint(x: $0.x, y: $0.low) }
            parts.append(
                .element("path", ["class": "band \(name)", "d": path(edge) + "Z"]))
        }
        switch series.style {
        case .smoothed:
            parts.append(
                .element("path", ["class": "raw \(name)", "d": path(thinned(series.points))]))
            parts.append(
                .element("path", ["class": "line \(name)", "d": path(thinned(series.smoothed))]))
        case .line, .marked, .dashed:
            let kind = series.style == .dashed ? "line dash" : "line"
            parts.append(
                .element("path", ["class": "\(kind) \(name)", "d": path(thinned(series.points))]))
        }
        let marks = series.style == .marked || series.style == .dashed || series.points.count == 1
        guard marks else { return parts }
        return parts
            + series.points.filter { $0.y.isFinite }.map { point in
                .element(
                    "circle",
                    [
                        "class": "mark \(name)", "cx": number(across(point.x)),
                        "cy": number(up(point.y)), "r": "3",
                    ])
            }
    }

    private func across(_ value: Double) -> Double { left + (right - left) * x.place(of: value) }
    private func up(_ value: Double) -> Double { bottom - (bottom - top) * y.place(of: value) }

    private func path(_ points: [ChartPoint]) -> String {
        var isOpen = false
        return points.map { point in
            guard point.y.isFinite else {
                isOpen = false
                return ""
            }
            defer { isOpen = true }
            return (isOpen ? "L" : "M") + "\(number(across(point.x))) \(number(up(point.y)))"
        }.joined()
    }

    /// No more points than pixels: of each stretch the lowest and the highest.
    private func thinned(_ points: [ChartPoint]) -> [ChartPoint] {
        let most = 600
        guard points.count > most else { return points }
        let length = (points.count * 2 + most - 1) / most
        return stride(from: 0, to: points.count, by: length).flatMap { start -> [ChartPoint] in
            let part = points[start..<min(start + length, points.count)].filter { $0.y.isFinite }
            guard let low = part.min(by: { $0.y < $1.y }), let high = part.max(by: { $0.y < $1.y })
            else { return [points[start]] }
            return low.x < high.x ? [low, high] : low.x == high.x ? [low] : [high, low]
        }
    }
}

/// A coordinate with two digits, or a number of a description, without needless zeros.
func number(_ value: Double) -> String {
    guard value.isFinite else { return "?" }
    let text = String(format: value.magnitude < 10 ? "%.3f" : "%.1f", value)
    var trimmed = Substring(text)
    while trimmed.hasSuffix("0") { trimmed.removeLast() }
    if trimmed.hasSuffix(".") { trimmed.removeLast() }
    return trimmed == "-0" ? "0" : String(trimmed)
}
