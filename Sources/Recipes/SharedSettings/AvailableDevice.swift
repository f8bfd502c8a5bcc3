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
        throw problem("is \(name), must be cpu, cuda or cuda:N")
    }
    let count = TorchRuntime.cudaDeviceCount
    if case .cuda(let index) = device, index >= count {
        throw problem("is \(name), but \(count == 0 ? "no" : "\(count)") CUDA devices are there")
    }
    return device
}
