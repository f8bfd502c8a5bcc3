import Foundation
import Imaging
import Reports

/// The masks' IoU over the steps of several runs as one picture: the mean over seeds with the range from
/// the lowest to the highest, and controls beside it.
public struct LearningCurve: Sendable {
    /// The folders of runs that differ in their seeds.
    public var runs: [String]
    /// The folders of runs to compare with, by the names that they have in the picture.
    public var controls: [(name: String, run: String)] = []
    /// How many steps each point is the mean of.
    public var window = 20

    /// A picture of runs.
    public init(runs: [String]) {
        self.runs = runs
    }

    /// Writes an SVG file.
    ///
    /// - Parameter path: the file; it appears whole or not at all
    /// - Throws: the error of a run whose metrics cannot be read, or of the file
    public func write(to path: String) throws {
        try ImageCodec.write(Array(try document().utf8), path: path)
    }

    /// The text of an SVG file.
    ///
    /// - Throws: the error of a run whose metrics cannot be read
    public func document() throws -> String {
        let curves = try runs.map(points)
        let count = curves.map(\.count).min() ?? 0
        var main = ChartSeries(
            runs.count == 1 ? "this run" : "mean of \(runs.count) seeds, and their range",
            (0..<count).map { place in
                let values = curves.map { $0[place].y }
                return ChartPoint(
                    x: curves[0][place].x, y: values.reduce(0, +) / Double(values.count))
            })
        if runs.count > 1 {
            main.band = (0..<count).map { place in
                let values = curves.map { $0[place].y }
                return (curves[0][place].x, values.min() ?? 0, values.max() ?? 0)
            }
        }
        let others = try controls.map { ChartSeries($0.name, try points($0.run), style: .dashed) }
        var chart = LineChart(
            title: "Mask IoU of sampled answers, means over \(window) steps",
            xLabel: "optimizer step", series: [main] + others, including: [0])
        chart.bounds = 0...1
        return chart.document
    }

    /// The means of a run's windows, each at its last step.
    private func points(_ run: String) throws -> [ChartPoint] {
        let curve = try RunRecord(path: run).curve("rewards/mask_iou/mean")
        return stride(from: 0, to: curve.count, by: window).map { start in
            let part = curve[start..<min(start + window, curve.count)]
            // A step in which no completion has a reward is a gap.
            let values = part.map(\.y).filter(\.isFinite)
            return ChartPoint(
                x: part.last?.x ?? 0, y: values.reduce(0, +) / Double(values.count))
        }
    }
}
