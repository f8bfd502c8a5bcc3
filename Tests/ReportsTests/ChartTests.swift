import Foundation
import Reports
import TestSupport
import Testing

@Suite struct ChartTests {
    @Test("An axis of numbers near the largest and the smallest that there are has finite ends")
    func extremeAxes() {
        let (largest, least) = (Double.greatestFiniteMagnitude, Double.leastNonzeroMagnitude)
        for values in [
            [-largest, largest], [largest], [1e308, 1.2e308], [1e305, 0], [least],
            [least, 2 * least], [0, .leastNormalMagnitude],
        ] {
            for isTight in [false, true] {
                let axis = ChartScale(covering: values, isTight: isTight)
                #expect(axis.low.isFinite && axis.high.isFinite && axis.low < axis.high)
                #expect(axis.ticks.allSatisfy(\.isFinite) && axis.ticks.count < 100)
                for value in values { #expect(axis.place(of: value).isFinite) }
            }
        }
    }

    @Test(
        "Marks are at multiples of 1, 2 or 5 times a power of ten, and cover the numbers",
        arguments: [
            ([0.207, 0.471], ["0.2", "0.3", "0.4", "0.5"]),
            ([0, 0.96], ["0.0", "0.5", "1.0"]),
            ([3, 3], ["2.6", "2.8", "3.0", "3.2", "3.4"]),
            ([0, 0], ["-1.0", "-0.5", "0.0", "0.5", "1.0"]),
            ([-30, 250], ["-100", "0", "100", "200", "300"]),
            ([0, 1e-4], ["0", "5e-05", "0.0001"]),
            ([0.0011, 0.0019], ["0.0010", "0.0012", "0.0014", "0.0016", "0.0018", "0.0020"]),
        ] as [([Double], [String])])
    func ticks(values: [Double], labels: [String]) {
        let scale = ChartScale(covering: values)
        #expect(scale.ticks.map(scale.label) == labels)
        #expect(values.allSatisfy { (0...1).contains(scale.place(of: $0)) })
    }

    @Test("Numbers that are not finite change no axis, and are gaps in the curve")
    func gaps() {
        let scale = ChartScale(covering: [1, .nan, 2, .infinity])
        #expect(scale == ChartScale(covering: [1, 2]))
        let chart = LineChart(
            title: "a",
            series: [
                ChartSeries(
                    "", [1, .nan, 2, 3].enumerated().map { ChartPoint(x: Double($0), y: $1) })
            ])
        let path = XMLReading(chart.svg.source).attributes["d"]?.first ?? ""
        #expect(path.count(where: { $0 == "M" }) == 2 && path.count(where: { $0 == "L" }) == 1)
    }

    @Test("A chart is well-formed XML, whatever its names are and even without a point")
    func wellFormed() {
        let points = (0..<2000).map { ChartPoint(x: Double($0), y: sin(Double($0) / 50)) }
        let charts = [
            LineChart(title: "</svg><script>", xLabel: "a & b", series: []),
            LineChart(
                title: "\u{0}\u{1B}",
                series: [
                    ChartSeries("\"><b>", points, style: .smoothed),
                    ChartSeries(
                        "'", [ChartPoint(x: 1, y: 1)], style: .dashed, band: [(1, 0.5, 1.5)]),
                ], including: [0]),
        ]
        for chart in charts {
            #expect(XMLReading(chart.svg.source).problem == nil)
            #expect(XMLReading(chart.figure.source).problem == nil)
        }
    }

    @Test("A long curve keeps its extremes and no more points than can be seen")
    func thinning() throws {
        var points = (0..<5000).map { ChartPoint(x: Double($0), y: 0) }
        points[3141].y = 7
        let chart = LineChart(title: "", series: [ChartSeries("", points)])
        let path = try #require(XMLReading(chart.svg.source).attributes["d"]?.first)
        #expect(path.count(where: { $0 == "L" }) < 700)
        // 7 is below the axis's end, 8: the peak is near the top edge at 10.
        let heights = path.split(whereSeparator: { "ML".contains($0) })
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
        #expect(try #require(heights.min()) < 35)
    }

    @Test("The smoothed line is the mean over neighbours, and keeps a straight line to its ends")
    func smoothing() {
        let points = (0..<100).map { ChartPoint(x: Double($0), y: 2 * Double($0)) }
        let series = ChartSeries("", points, style: .smoothed)
        // The plain mean over fewer neighbours would bend at the ends.
        for (point, smooth) in zip(points, series.smoothed) {
            #expect(abs(point.y - smooth.y) < 1e-9)
        }
        var spiked = series
        spiked.points[50].y = 1000
        let height = (1000 - 100) / Double(2 * series.smoothingReach + 1)
        #expect(abs(spiked.smoothed[50].y - 100 - height) < 1e-9)
    }

    @Test(
        "An axis does not leave the numbers that something can have, unless what is shown does",
        arguments: [
            ([0, 0], 0...1, ["0.0", "0.5", "1.0"]),
            ([1, 1], 0...1, ["0.90", "0.95", "1.00"]),
            ([0.02, 0.98], 0...1, ["0.0", "0.5", "1.0"]),
            ([0, 0], 0...Double.infinity, ["0.0", "0.5", "1.0"]),
            ([-0.5, 0.5], 0...1, ["-0.5", "0.0", "0.5"]),
        ] as [([Double], ClosedRange<Double>, [String])])
    func bounds(values: [Double], bounds: ClosedRange<Double>, labels: [String]) {
        let scale = ChartScale(covering: values, bounds: bounds)
        #expect(scale.ticks.map(scale.label) == labels)
        #expect(values.allSatisfy { (0...1).contains(scale.place(of: $0)) })
    }

    @Test("A smoothed curve has no number beyond those of its points")
    func smoothedRange() {
        let values = [1, 1, 1, 0.2, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0.3, 1, 1, 1]
        let series = ChartSeries(
            "", values.enumerated().map { ChartPoint(x: Double($0), y: $1) })
        #expect(series.smoothed.allSatisfy { (0...1).contains($0.y) })
    }

    @Test("Numbers of an axis stand apart, however long they are")
    func labels() {
        let scale = ChartScale(covering: [0, 1_250_000], count: 10)
        #expect(scale.ticks.count > 5)
        #expect(scale.labelledTicks(length: 2000) == scale.ticks)
        let few = scale.labelledTicks(length: 200)
        #expect(few.count >= 2 && few.count < scale.ticks.count)
        let gap = 200 * (scale.place(of: few[1]) - scale.place(of: few[0]))
        #expect(gap > Double(few.map { scale.label($0).count }.max() ?? 0) * 7)
    }

    /// The numbers of an attribute of the elements of a kind.
    private func numbers(_ svg: String, _ pattern: Regex<(Substring, Substring, Substring)>)
        -> [(Double, Double)]
    {
        svg.matches(of: pattern).compactMap { match in
            Double(match.1).flatMap { first in Double(match.2).map { (first, $0) } }
        }
    }

    @Test("The names of an interval chart lie on no line, however many words they have")
    func names() {
        let long = String(repeating: "many words ", count: 20)
        let rows = ["short", long, String(repeating: "x", count: 200)].map {
            IntervalChart.Row($0, value: 0, low: -1, high: 1)
        }
        let chart = IntervalChart(title: "t", rows: rows, reference: 0)
        let svg = chart.svg.source
        let names = svg.matches(of: #/<text class="row" x="[\d.]+" y="([\d.]+)"/#).compactMap {
            Double($0.1)
        }
        #expect(names.count > 6)
        let lines = numbers(svg, #/<line [^>]*y1="([\d.]+)" y2="([\d.]+)"/#)
        #expect(lines.count >= 4 * rows.count)
        for base in names {
            for (top, bottom) in lines {
                #expect(base + 3 <= top || base - 11 >= bottom, "\(base) in \(top)...\(bottom)")
            }
        }
        #expect(XMLReading(svg).text.filter { $0 == "x" }.count >= 200, "nothing is left out")
    }

    @Test("An interval that reaches beyond what its values can be is cut there, with an arrow")
    func cut() {
        var chart = IntervalChart(
            title: "share", rows: [.init("a", value: 0.9, low: 0.1, high: 1.7)])
        let open = chart.svg.source
        chart.bounds = 0...1
        let cut = chart.svg.source
        #expect(XMLReading(open).text.contains("2.0") || XMLReading(open).text.contains("1.5"))
        #expect(!XMLReading(cut).text.contains("1.5") && XMLReading(cut).text.contains("1.0"))
        let path = XMLReading(cut).attributes["d"]?.first ?? ""
        #expect(path.count(where: { $0 == "M" }) == 2, "one line, one arrow")
    }
}
