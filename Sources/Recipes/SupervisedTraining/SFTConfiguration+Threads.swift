import Runs
public import Threads
public import Torch

extension SFTConfiguration {
    /// How many threads a warm start computes with.
    public func threadPlan(device: Device) -> ThreadPlan {
        threadPlan(device: device, recorded: .init())
    }

    package func threadPlan(device: Device, recorded: ThreadPlan.Recorded) -> ThreadPlan {
        let work =
            policy.start == .checkpoint
            ? Workload(policy: policy.path, device: device)
            : Workload(device: device)  // The embedded policy is small.
        return ThreadPlan(work, threads: threads, recorded: recorded)
    }
}
