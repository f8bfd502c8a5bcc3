import Evaluation
import Foundation
package import TrainingRuns

/// The checkpoints of a run as `checkpoint list` shows them: a table for people, and JSON.
package struct CheckpointTable: Encodable {
    private let checkpoints: [Entry]
    private let listings: [CheckpointListing]

    package init(_ listings: [CheckpointListing]) {
        self.listings = listings
        checkpoints = listings.map(Entry.init)
    }

    private enum CodingKeys: String, CodingKey { case checkpoints }

    /// A checkpoint in the JSON.
    private struct Entry: Encodable {
        let path: String
        let command: String
        let step: Int?
        let written: String?
        let bytes: Int
        /// By the keys of `metrics.jsonl`; null for a step that was not evaluated.
        let heldOut: [String: Double?]?
        let isBest: Bool
        let problem: String?

        init(_ listing: CheckpointListing) {
            path = listing.path
            command = listing.command
            step = listing.step
            written = listing.date.map { $0.formatted(.iso8601) }
            bytes = listing.bytes
            heldOut = listing.heldOut.map { figures in
                Dictionary(uniqueKeysWithValues: figures.map { ("eval_" + $0.name, $0.value) })
            }
            isBest = listing.isBest
            problem = listing.problem
        }

        private enum CodingKeys: String, CodingKey {
            case path, command, step, written, bytes, heldOut, isBest, problem
        }

        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: CodingKeys.self)
            try object.encode(path, forKey: .path)
            try object.encode(command, forKey: .command)
            try object.encode(step, forKey: .step)
            try object.encode(written, forKey: .written)
            try object.encode(bytes, forKey: .bytes)
            try object.encode(heldOut, forKey: .heldOut)
            try object.encode(isBest, forKey: .isBest)
            try object.encode(problem, forKey: .problem)
        }
    }

    /// The lines, a heading first.
    package var lines: [String] {
        let columns = columns
        let heading = ["step", "written", "size"] + columns.map(\.title)
        let rows = listings.map { cells($0, columns) }
        let whole = zip(listings, rows).filter { $0.0.problem == nil }.map(\.1)
        let least = [11, 18, 10] + columns.map { _ in 10 }
        let widths = heading.indices.map { place in
            (whole + [heading]).reduce(least[place]) { max($0, 2 + $1[place].count) }
        }
        func line(_ cells: [String]) -> String {
            zip(cells, widths + [0]).map {
                $0.padding(toLength: max($1, $0.count), withPad: " ", startingAt: 0)
            }
            .joined().trimmingCharacters(in: .whitespaces)
        }
        return [line(heading)]
            + zip(listings, rows).map { listing, cells in
                listing.problem.map { "damaged    \($0)" } ?? line(cells)
            }
    }

    /// What is shown of evaluations: gIoU and cIoU, what the best is told by, and the share of answers
    /// that can be read; all of the few numbers of other commands.
    private var columns: [HeldOutFigure] {
        let shown = Set(
            [Metric.gIoU, .cIoU, .formatValidity].map(\.rawValue) + listings.compactMap(\.metric))
        var columns: [HeldOutFigure] = []
        for figure in listings.compactMap(\.heldOut).joined()
        where !columns.contains(where: { $0.name == figure.name })
            && (shown.contains(figure.name) || Metric(rawValue: figure.name) == nil)
        {
            columns.append(figure)
        }
        return columns
    }

    private func cells(_ listing: CheckpointListing, _ columns: [HeldOutFigure]) -> [String] {
        let figures = columns.map { column in
            listing.heldOut?.first { $0.name == column.name }?.value.map { fixed($0, 4) } ?? "-"
        }
        return [
            listing.step.map(String.init) ?? "?", listing.date.map(minute) ?? "?",
            size(listing.bytes),
        ] + figures + [mark(listing)]
    }

    /// That a checkpoint is the best, and by what; or which command wrote it, where it is not `train`.
    private func mark(_ listing: CheckpointListing) -> String {
        if listing.isBest {
            let metric = listing.metric.flatMap(Metric.init(rawValue:))
            return "best" + (metric.map { " by \($0.title)" } ?? "")
        }
        return listing.command == "train" ? "" : "of \(listing.command)"
    }

    private func minute(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.dateFormat = "yyyy-MM-dd HH:mm"
        return formatter.string(from: date)
    }
}
