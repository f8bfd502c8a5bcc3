import Foundation
import NN

/// A file or folder that a configuration names.
public struct ConfigurationInput: Sendable, Hashable {
    /// The key that names it.
    public let key: String
    /// Where it should be.
    public let path: String
    /// Whether it is there.
    public var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// Those of a key, without empty paths.
    static func of(_ key: String, _ paths: [String]) -> [Self] {
        paths.filter { !$0.isEmpty }.map { Self(key: key, path: $0) }
    }
}

/// The configuration of a command: a table of keys, its defaults, and what its values mean together.
public protocol KeyedConfiguration: Sendable {
    /// The command that it is for.
    static var command: String { get }
    /// Every key, in the order of the resolved file.
    static var keys: [ConfigurationKey<Self>] { get }
    /// The defaults.
    init()
    /// Reads a configuration file and overrides.
    ///
    /// - Parameters:
    ///   - file: the YAML file; nil for the defaults
    ///   - overrides: `key=value` each, the later one wins
    ///   - requiresInputs: whether files that are named and not there are problems, and a device that is not
    /// - Returns: the configuration, complete and checked
    /// - Throws: ``ConfigurationError`` with every problem that there is
    static func load(file: String?, overrides: [String], requiresInputs: Bool) throws -> Self
    /// Where models compute.
    var device: String { get }
    /// The files and folders that it names.
    var inputs: [ConfigurationInput] { get }
    /// What is allowed, but most likely not meant; a sentence each, with the keys.
    var warnings: [String] { get }
}

extension KeyedConfiguration {
    /// The configuration with every key, as a file that reads back equal.
    public func resolved(comments: Bool = false) -> String {
        resolvedYAML(self, keys: Self.keys, comments: comments)
    }

    /// The command that shows every key.
    static var listing: String {
        "think2seg config show" + (command == RunConfiguration.command ? "" : " --of \(command)")
    }
}

extension ConfigurationReader {
    /// Reports files and a device that are named and not there.
    mutating func requireMachine(_ configuration: Root) where Root: KeyedConfiguration {
        requireInputs(configuration.inputs)
        requireDevice(configuration.device)
    }

    /// Reports a device that is not there.
    mutating func requireDevice(_ name: String) {
        do {
            _ = try availableDevice(name)
        } catch let error as ConfigurationError {
            report("device", error.problems.map(\.message).joined(separator: "; "))
        } catch {
            report("device", "\(error)")
        }
    }

    /// Reports files that are named and not there.
    mutating func requireInputs(_ inputs: [ConfigurationInput]) {
        for input in inputs where !input.exists { report(missing: input.path, input.key) }
    }

    /// Reports files that a list names twice, however they are written.
    mutating func requireDistinct(_ paths: [String], _ key: String) {
        var seen: Set<String> = []
        for path in paths {
            let file = URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().path
            if !seen.insert(file).inserted { report(key, "names \(path) twice; keep one") }
        }
    }
}

extension CheckpointSettings {
    /// What is most likely not meant, where the limit is not the `standard` one.
    func warnings(standard: Int?) -> [String] {
        guard saveSteps == 0, let saveTotalLimit, saveTotalLimit != standard else { return [] }
        return [
            "logging.save_total_limit is \(saveTotalLimit), but with logging.save_steps 0 a session "
                + "has one checkpoint, after its last step"
        ]
    }
}

extension LearningRateSchedule.Kind {
    /// What is most likely not meant about a warm-up of so many steps, or of such a share, of a run of
    /// `maxSteps`, where that is known.
    func warnings(
        warmupSteps: Int, warmupRatio: Double = 0, maxSteps: Int? = nil
    ) -> [String] {
        if self == .constant, warmupSteps > 0 || warmupRatio > 0 {
            let key = warmupSteps > 0 ? "warmup_steps" : "warmup_ratio"
            return [
                "training.\(key) does nothing with training.lr_scheduler_type constant; use "
                    + "constant_with_warmup"
            ]
        }
        guard let maxSteps, warmupSteps > maxSteps else { return [] }
        return [
            "training.warmup_steps is \(warmupSteps), more than training.max_steps, \(maxSteps): the "
                + "learning rate does not reach its peak"
        ]
    }
}
