import Configuration
import Files
import Foundation
import Runs

/// What of a run's folder cannot be read, although the run can be shown without it.
public enum RunDamage {
    /// The warnings about a run's folder: `run.json`, `config.yaml`, `warnings.jsonl` and `faults.jsonl`.
    ///
    /// A last line that is being written is no damage.
    ///
    /// - Parameters:
    ///   - run: the folder
    ///   - readsRollouts: whether the newest file of completions counts too, of which a page leaves damaged
    ///     lines out
    /// - Returns: lines for people, each with its file and line
    public static func warnings(run: String, readsRollouts: Bool = false) -> [String] {
        var warnings: [String] = []
        if let fault = RunDirectory.descriptionFault(of: run) { warnings.append("\(fault)") }
        if let fault = unreadableTable(run + "/config.yaml") { warnings.append(fault) }
        warnings += RunDirectory.unreadableLines(in: run).map(\.description)
        let files = RolloutFiles(run: run)
        if readsRollouts, let step = files.steps.last, let damage = files.damage(step: step) {
            warnings.append(damage.description)
        }
        return warnings
    }
}
