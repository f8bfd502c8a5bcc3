package import Trackers

/// Does what a stage before reinforcement learning does, while trackers are told of it.
///
/// - Parameters:
///   - trackers: the trackers; nil without any
///   - step: the last step that is done
///   - total: the step that the stage ends after
///   - onNote: gets what people should know
///   - body: the stage
/// - Throws: what `body` throws
package func track(
    _ trackers: RunTrackers?, step: () -> Int, of total: Int, onNote: (String) throws -> Void,
    _ body: () throws -> Void
) throws {
    trackers?.start()
    do {
        try body()
    } catch {
        try? trackers?.end(step: step(), ending: "failed", message: "\(error)", onNote: onNote)
        throw error
    }
    try trackers?.end(
        step: step(), ending: step() >= total ? "finished" : "stopped", onNote: onNote)
}
