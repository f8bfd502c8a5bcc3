import ArgumentParser
import Terminals

/// What the commands of the stages before reinforcement learning have in common.
extension QuietOption {
    /// Says what a stage has loaded, and watches for a wish to stop.
    ///
    /// - Parameters:
    ///   - warnings: what is most likely not meant
    ///   - summary: what was loaded
    func beginStage(warnings: [String], summary: [String]) {
        warnings.forEach(Console.warning)
        if !quiet { summary.forEach(Console.note) }
        Interruption.watch(rest: "with --resume it goes on from the newest checkpoint")
    }

    /// Ends the progress of a stage, before other lines.
    func endStage() { if !quiet { Console.endProgress() } }
}

/// Fails where a stage ended before its last step, which is what was asked of it.
///
/// - Parameters:
///   - step: the step that it ended after
///   - total: the step that it would end after
///   - advice: how it goes on
/// - Throws: the status of an interruption
func requireLastStep(_ step: Int, of total: Int, advice: @autoclosure () -> String) throws {
    if step >= total { return }
    Console.note("stopped after step \(step) of \(total), as asked; \(advice())")
    throw ExitCode(Interruption.exitStatus)
}
