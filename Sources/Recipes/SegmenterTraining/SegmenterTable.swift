import Foundation
public import Supervised

/// How well a segmenter answered, as the commands show it and as `evaluation.json` keeps it.
public struct SegmenterTable: Sendable, Codable, Hashable {
    /// Held-out pictures.
    public var samples: Int
    /// Decides about points and noise.
    public var seed: UInt64
    /// A score per kind of prompt.
    public var scores: [SegmenterScore]

    /// Lines for people.
    public var lines: [String] {
        let width = scores.map(\.probe.count).max() ?? 0
        func line(_ cells: [String]) -> String {
            let first = cells[0].padding(
                toLength: max(width, 6), withPad: " ", startingAt: 0)
            return first
                + cells.dropFirst().map { cell in
                    "  " + String(repeating: " ", count: max(0, 8 - cell.count)) + cell
                }.joined()
        }
        func digits(_ value: Double) -> String { String(format: "%.3f", value) }
        return [line(["prompt", "objects", "IoU", "+-", "IoU>=.5", "IoU err"])]
            + scores.map {
                line([
                    $0.probe, "\($0.objects)", digits($0.meanIoU), digits($0.standardError),
                    digits($0.found), digits($0.predictionError),
                ])
            }
    }

    /// The table as JSON.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }
}
