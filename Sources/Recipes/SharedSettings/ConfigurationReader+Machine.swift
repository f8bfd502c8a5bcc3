package import Configuration

extension ConfigurationReader {
    /// Reports files and a device that are named and not there.
    package mutating func requireMachine(_ configuration: Root) where Root: KeyedConfiguration {
        requireInputs(configuration.inputs)
        requireDevice(configuration.device)
    }

    /// Reports a device that is not there.
    package mutating func requireDevice(_ name: String) {
        do {
            _ = try availableDevice(name)
        } catch let error as ConfigurationError {
            report("device", error.problems.map(\.message).joined(separator: "; "))
        } catch {
            report("device", "\(error)")
        }
    }
}
