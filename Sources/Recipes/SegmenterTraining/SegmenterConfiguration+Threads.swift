import Runs
public import Threads
public import Torch

extension SegmenterConfiguration {
    /// How many threads the training of a segmenter computes with.
    public func threadPlan(device: Device) -> ThreadPlan {
        threadPlan(device: device, recorded: .init())
    }

    package func threadPlan(device: Device, recorded: ThreadPlan.Recorded) -> ThreadPlan {
        let work =
            segmenter.path.isEmpty
            ? Workload(segmenter: segmenter.architecture.configuration, device: device)
            : Workload(segmenter: segmenter.path, device: device)
        return ThreadPlan(work, threads: threads, recorded: recorded)
    }
}
