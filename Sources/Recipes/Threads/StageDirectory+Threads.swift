package import Runs

extension StageDirectory {
    /// Makes the folder, or cuts its metrics back to the checkpoint that the run goes on from.
    package convenience init(
        _ opening: Opening, _ plan: ThreadPlan, configuration: String, command: [String],
        device: String, seed: Int, isTracked: Bool
    ) throws {
        try self.init(
            opening,
            description: RunDirectory.description(
                device: device, threads: plan.threads, workers: plan.workers, seed: seed,
                command: command, resumedFrom: opening.checkpoint),
            configuration: configuration, isTracked: isTracked)
    }
}
