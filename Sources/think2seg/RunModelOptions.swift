import ArgumentParser
import Configuration
import Evaluating
import SharedSettings
import Terminals
import Threads
import Torch

/// Where and how models run, where a run may say it.
struct RunModelOptions: ParsableArguments {
    @Option(help: "cpu, cuda or cuda:N (default: the run's, or cpu).")
    var device: String?

    @Option(help: "float32 or bfloat16 (default: the run's, or float32).")
    var dtype: ModelDType?

    @Option(help: "Threads of an operation; 0: as the sizes of the models say.")
    var threads = 0

    func validate() throws {
        try ModelPlacement.check(device: device ?? "cpu", threads: threads)
    }

    /// Sets the number of threads for models, and gives the device.
    func apply(policy: String, segmenter: String?, run: EvaluatedRun?) throws -> Device {
        try ModelPlacement.apply(
            device: device ?? run?.device ?? "cpu", threads: threads, policy: policy,
            segmenter: segmenter)
    }
}

/// Where a command's models compute.
enum ModelPlacement {
    /// Fails for a device that is not there, and a number of threads that no machine has.
    static func check(device: String, threads: Int) throws {
        do {
            _ = try availableDevice(device)
        } catch let error as ConfigurationError {
            throw ValidationError(
                error.problems.map { "--\($0.key) \($0.message)" }.joined(separator: "\n"))
        }
        if !(0...1024).contains(threads) {
            throw ValidationError("--threads must be from 0 to 1024")
        }
    }

    /// Sets the number of threads for models, and gives the device.
    static func apply(
        device name: String, threads: Int, policy: String?, segmenter: String?
    ) throws -> Device {
        let device = try availableDevice(name)
        let plan = ThreadPlan(
            Workload(policy: policy, segmenter: segmenter, device: device), threads: threads)
        limitSpinning(plan)
        try plan.apply()
        return device
    }
}
