package import Foundation
package import Reporting
import Threads

/// How fast the steps of a run go, as its files tell.
package struct RunPace: Sendable, Hashable {
    /// Seconds of a step; nil where the files do not tell.
    package let secondsPerStep: Double?
    /// Seconds until the last step; nil without a pace, or where the last step is not known.
    package let secondsLeft: Double?

    /// The pace after some steps.
    ///
    /// - Parameters:
    ///   - steps: the steps so far
    ///   - length: how long the run is to be
    ///   - session: when this session of the run began, the step that it went on after, and when it last
    ///     wrote numbers; tells the pace of steps that do not say what they took
    package init(_ steps: [RunRecord.Step], _ length: RunLength, session: RunSession?) {
        let times = steps.compactMap { $0.values["step_time"] }.filter(\.isFinite)
        let last = steps.last?.number ?? 0
        var pace = StepPace(share: CoreShare(waiting: nil))
        for seconds in times.suffix(StepPace.window) {
            _ = pace.add(seconds: seconds, share: CoreShare(waiting: nil))
        }
        secondsPerStep = pace.usual ?? session?.secondsPerStep(last)
        let ofSteps = secondsPerStep.flatMap { usual in
            length.steps.map { usual * Double(max(0, $0 - last)) }
        }
        let ofLimit = length.seconds.map { max(0, $0 - times.reduce(0, +)) }
        secondsLeft = [ofSteps, ofLimit].compactMap(\.self).min()
    }
}

/// A session of a run: from a start of its command to the last numbers that it wrote.
package struct RunSession: Sendable, Hashable {
    /// When it began.
    package let begin: Date
    /// The step that it went on after; 0 at the beginning.
    package let firstStep: Int
    /// When it last wrote numbers.
    package let lastWrite: Date

    /// A session from its parts.
    package init(begin: Date, firstStep: Int, lastWrite: Date) {
        self.begin = begin
        self.firstStep = firstStep
        self.lastWrite = lastWrite
    }

    /// The newest session of a run; nil if its `run.json` does not tell.
    package init?(run: String, lastWrite: Date?) {
        struct Description: Decodable {
            let resumedFrom: String?
            enum CodingKeys: String, CodingKey { case resumedFrom = "resumed_from" }
        }
        let path = run + "/run.json"
        guard let lastWrite,
            let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let begin = attributes[.modificationDate] as? Date,
            let json = FileManager.default.contents(atPath: path),
            let description = try? JSONDecoder().decode(Description.self, from: json)
        else { return nil }
        let checkpoint = description.resumedFrom.map { ($0 as NSString).lastPathComponent }
        let step = checkpoint.flatMap { $0.hasPrefix("step-") ? Int($0.dropFirst(5)) : nil }
        self.init(begin: begin, firstStep: step ?? 0, lastWrite: lastWrite)
    }

    fileprivate func secondsPerStep(_ last: Int) -> Double? {
        let seconds = lastWrite.timeIntervalSince(begin)
        guard last > firstStep, seconds > 0 else { return nil }
        return seconds / Double(last - firstStep)
    }
}
