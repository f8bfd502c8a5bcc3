package import EventFiles
package import Files
import Foundation

/// What TensorBoard shows of a run: event files in the run's folder, so that it calls the run by its name.
///
/// A run that was begun when they stood in its folder `tensorboard/` goes on there. Each session of a run writes one file, made with the session's first step: the metrics of every step
/// by the names that they have in `metrics.jsonl`; and of some steps, pictures and answers. TensorBoard's
/// scalars have 32 bits: a number there is the float nearest to the one in `metrics.jsonl`. One that is
/// not finite, null there, is left out here; so is one that no float reaches.
///
/// What is written is there when the process is killed. A failure is a ``FileError``.
package final class RunEvents {
    /// The folder in the run's folder that event files stood in before.
    package static let folder = "tensorboard"

    /// The folder of the event files.
    package let path: String
    private let firstStep: Int
    private var file: EventFileWriter?

    /// The events of a session.
    ///
    /// - Parameters:
    ///   - run: the run's folder
    ///   - step: the step that the session continues after
    package init(run: String, after step: Int) {
        path = Self.place(run)
        firstStep = step + 1
    }

    /// The folder of a run's event files.
    package static func place(_ run: String) -> String {
        let before = "\(run)/\(folder)"
        return files(in: before).isEmpty ? run : before
    }

    /// The names of the event files in a folder, in alphabetic order.
    package static func files(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter(EventFile.isName).sorted()
    }

    /// Adds the metrics of a step.
    package func append(_ metrics: StepMetrics) throws {
        try write(scalars: metrics.entries.map { ($0.name, $0.value) }, step: metrics.step)
    }

    /// Adds numbers of a step, under names that no metric has; those that are not finite are left out.
    ///
    /// On resuming, numbers of the checkpoint's step stay, those of later steps go.
    package func write(scalars: [(name: String, value: Double)], step: Int) throws {
        let numbers = scalars.map { ($0.name, Float($0.value)) }.filter(\.1.isFinite)
        try write(numbers.map { LoggedValue($0, .scalar($1)) }, step: step)
    }

    /// Adds values of a step.
    package func write(_ values: [LoggedValue], step: Int) throws {
        if values.isEmpty { return }
        do {
            let time = Date().timeIntervalSince1970
            let file = try self.file ?? begin(time: time)
            self.file = file
            try file.append(LoggedEvent(step: step, time: time, .values(values)))
        } catch let error as EventFileError {
            throw FileError(
                path: error.path, message: error.message, kind: .cannotWrite)
        } catch {
            throw FileError.writing(path, error)
        }
    }

    /// Waits until all events of the run in a folder are on the disk; on any thread.
    package static func synchronize(_ run: String) throws {
        let place = place(run)
        for name in files(in: place) { try DurableFiles.synchronize("\(place)/\(name)") }
        try DurableFiles.synchronize(place)
    }

    /// What people look at first, and in which order.
    private static let layout = ScalarLayout([
        ScalarLayout.Category(
            "What it learns",
            [
                .init("reward", ["^reward$"]), .init("mask IoU", ["^rewards/mask_iou/mean$"]),
                .init("held-out gIoU and cIoU", ["^eval_giou$", "^eval_ciou$"]),
                .init("answers that cannot be read", ["^parse_failure_rate$"]),
                .init("tokens per answer", ["^completions/mean_length$"]),
            ]),
        ScalarLayout.Category(
            "How it learns",
            [
                .init("reward terms", ["^rewards/.*/mean$"]), .init("KL", ["^kl$"]),
                .init("groups that teach nothing", ["^frac_reward_zero_std$"]),
                .init("entropy", ["^entropy$"]), .init("loss", ["^loss$"]),
                .init("gradient norm", ["^grad_norm$"]),
                .init("learning rate", ["^learning_rate$"]),
                .init("clip ratio", ["^clip_ratio/region_mean$"]),
            ]),
        ScalarLayout.Category(
            "What it takes",
            [
                .init("seconds per step", ["^step_time$"]),
                .init("seconds of its parts", ["^timing_s/.*$"]),
            ]),
    ])

    private func begin(time: Double) throws -> EventFileWriter {
        let files = FileManager.default
        try files.createDirectory(atPath: path, withIntermediateDirectories: true)
        let names = try files.contentsOfDirectory(atPath: path)
        let file = try EventFileWriter(
            path: "\(path)/\(EventFile.name(after: names, time: time))", time: time)
        // A TensorBoard that watches forgets what it read of steps that are made again.
        try file.append(LoggedEvent(step: firstStep, time: time, .start))
        let layout = LoggedValue(ScalarLayout.tag, .layout(Self.layout.serialized))
        try file.append(LoggedEvent(step: firstStep, time: time, .values([layout])))
        return file
    }

    /// Brings the events of the run in a folder to the state of a step: what came later goes.
    package static func cutBack(_ run: String, to step: Int) throws {
        let (files, path) = (FileManager.default, place(run))
        for name in Self.files(in: path) {
            let file = "\(path)/\(name)"
            let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
            let kept = EventFile.cut(bytes, upTo: step)
            if kept == bytes { continue }
            if kept.isEmpty {
                try files.removeItem(atPath: file)
            } else {
                try DurableFiles.write(Data(kept), to: file)
            }
        }
    }
}
