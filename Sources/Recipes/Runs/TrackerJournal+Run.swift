import EventFiles
package import Files
import Foundation
import TextFiles
package import Trackers

extension TrackerJournal {
    /// Adds the numbers of a step, or of an evaluation.
    package func add(_ numbers: StepMetrics) {
        if let record = TrackerRecord(metricsLine: numbers.jsonLine) { add(record) }
    }

    /// Adds the warnings that the run's folder holds.
    package func addWarnings() {
        var counts: [Int: Int] = [:]
        for warning in RunWarnings.read(run: run) {
            let index = counts[warning.step, default: 0]
            counts[warning.step] = index + 1
            add(
                .warning(
                    step: warning.step, index: index, name: warning.name,
                    message: warning.message, hint: warning.hint))
        }
    }

    /// Adds what the run's files hold and the journal does not: of a run that had no trackers, of steps
    /// that could not be written down, or whose process was killed in between.
    ///
    /// Times are those that TensorBoard shows, or else when the metrics were last written.
    ///
    /// - Throws: what keeps a file from being read
    package func complete() throws {
        let file = "\(run)/metrics.jsonl"
        let files = FileManager.default
        guard let data = files.contents(atPath: file) else { return }
        let lines = data.split(separator: UInt8(ascii: "\n")).map {
            String(decoding: $0, as: UTF8.self)
        }
        let records = lines.compactMap { TrackerRecord(metricsLine: $0) }
        let written = try files.attributesOfItem(atPath: file)[.modificationDate] as? Date
        let events = Dictionary(grouping: try RunEvents.all(run), by: \.step)
        for record in records {
            let step = record.step
            let events = events[step] ?? []
            let time =
                events.first?.time ?? written?.timeIntervalSince1970 ?? Date().timeIntervalSince1970
            add(record, time: time)
            if record.isEvaluation { continue }
            if files.fileExists(atPath: "\(run)/rollouts/step-\(step).jsonl") {
                add(.completions(step: step), time: time)
            }
            for event in events { add(picturesOf: event) }
        }
        addWarnings()
    }

    /// Adds the pictures of an event, each with the text that belongs to it.
    private func add(picturesOf event: LoggedEvent) {
        guard case .values(let values) = event.content else { return }
        for value in values {
            let parts = value.tag.split(separator: "/")
            guard case .picture(let picture) = value.content, parts.count == 3,
                let index = Int(parts[1])
            else { continue }
            var text = ""
            for other in values where other.tag.hasPrefix("\(parts[0])/\(index)/") {
                if case .text(let words) = other.content { text = words }
            }
            add(picture: picture.file, text: text, step: event.step, index: index, time: event.time)
        }
    }
}

extension RunEvents {
    /// What the event files of the run in a folder hold.
    static func all(_ run: String) throws -> [LoggedEvent] {
        let path = place(run)
        return try files(in: path).flatMap {
            EventFile.events(
                in: [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(path)/\($0)"))))
        }
    }
}
