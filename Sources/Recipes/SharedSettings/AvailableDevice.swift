import Configuration
public import Torch

/// The device of a name.
///
/// - Parameter name: cpu, cuda or cuda:N
/// - Returns: the device
/// - Throws: `ConfigurationError` if the name is none, or no such device is there
public func availableDevice(_ name: String) throws -> Device {
    func problem(_ message: String) -> ConfigurationError {
        ConfigurationError(problems: [
            ConfigurationProblem(location: "", key: "device", message: message)
        ])
    }
    guard let device = Device(name) else {
        let plain = Nearest.squeezed(name)
        let number = plain.wholeMatch(of: /(?:cuda|gpu)([0-9]+)/).map { "cuda:\($0.1)" }
        let meant = number ?? (plain == "gpu" ? "cuda" : nil)
        let question =
            meant.map { "; did you mean \($0)?" }
            ?? Nearest.question(name, among: ["cpu", "cuda"])
        throw problem("is \(name), must be cpu, cuda or cuda:N\(question)")
    }
    let count = TorchRuntime.cudaDeviceCount
    if case .cuda(let index) = device, index >= count {
        throw problem("is \(name), but \(count == 0 ? "no" : "\(count)") CUDA devices are there")
    }
    return device
}
