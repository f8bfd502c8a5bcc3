import RLTrainer
import Runs
import Trackers

extension TrainRecipe {
    /// Seconds that trackers get where little time is left.
    private static let secondsBeforeTimeLimit = 5.0

    /// Tells the trackers how the run ended, and gives them time for what is left.
    ///
    /// - Parameters:
    ///   - ending: why it ended; nil after an error
    ///   - error: what stopped it
    ///   - onNote: gets what people should know
    /// - Throws: what `onNote` throws
    func endTrackers(
        _ ending: TrainEnding?, error: (any Error)? = nil, onNote: (String) throws -> Void
    ) throws {
        trackers?.journal.addWarnings()
        try trackers?.end(
            step: trainer.stepCount, ending: ending?.word ?? "failed",
            message: error.map { "\($0)" },
            limit: ending == .timeLimit ? Self.secondsBeforeTimeLimit : .infinity, onNote: onNote)
    }
}

extension TrainEnding {
    /// What trackers are told.
    fileprivate var word: String {
        switch self {
        case .finished: "finished"
        case .outOfTime: "out_of_time"
        case .stalled: "stalled"
        case .learnsNothing: "learns_nothing"
        case .timeLimit: "time_limit"
        case .stopped: "stopped"
        }
    }
}
