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
}
