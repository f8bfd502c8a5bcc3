import Configuration
import Files
import Foundation
import Settings
import Shards

extension AblationPlan {
    /// Reports what the plan itself names and cannot be used, before anything runs.
    func checkInputs(_ reader: inout ConfigurationReader<AblationPlan>) {
        var probe = ShardProbe()
        for (place, path) in measure.data.enumerated() {
            if FileManager.default.fileExists(atPath: path) {
                if let problem = probe.problem(path) {
                    reader.report("measure.data", entry: place, problem)
                }
            } else if let input = ConfigurationInput.shards("measure.data", [path]).first {
                reader.report(missing: input.at(entry: place))
            }
        }
        for (place, path) in reuse.enumerated() {
            if let problem = Self.reuseProblem(path) {
                reader.report("reuse", entry: place, problem)
            }
        }
        if let problem = Self.folderProblem(outputDirectory) {
            reader.report("output_dir", problem)
        }
    }

    /// Why finished runs cannot be looked for in a folder; one that is not there has none.
    private static func reuseProblem(_ path: String) -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        if !path.isFolder {
            return "\(path) is \(what(path)); name the output_dir of another ablation, or a "
                + "folder of such"
        }
        switch InputKind.of(path) {
        case .run, .checkpoint, .evaluation, .policy, .segmenter, .adapter, .dataSet, .shards:
            return "\(path) is \(what(path)); name the output_dir of another ablation, or a "
                + "folder of such"
        default: return nil
        }
    }

    /// Why runs and results cannot be written to a folder.
    private static func folderProblem(_ path: String) -> String? {
        var place = path
        while !FileManager.default.fileExists(atPath: place), place != place.parentFolder {
            place = place.parentFolder
        }
        if FileManager.default.fileExists(atPath: place), !place.isFolder {
            return "\(place) is \(what(place)); name a folder that is new, or this ablation's"
        }
        switch InputKind.of(path) {
        case .run, .checkpoint, .evaluation, .policy, .segmenter, .adapter:
            return "\(path) is \(what(path)); name a folder that is new, or this ablation's"
        default: break
        }
        return FileManager.default.isWritableFile(atPath: place)
            ? nil : "\(place) may not be written to; check its permissions, or name another folder"
    }

    /// What is at a path, in a few words.
    private static func what(_ path: String) -> String {
        let words = InputKind.of(path)?.words(path).prefix { $0 != ";" }
        return words.map(String.init) ?? "a file"
    }
}

/// Opens shards, each once.
struct ShardProbe {
    private var known: [String: String?] = [:]

    /// Why a file that is there is no shard that can be read; nil if it is one.
    mutating func problem(_ path: String) -> String? {
        if let problem = known[path] { return problem }
        let problem: String? =
            if path.isFolder {
                "\(path) is "
                    + (InputKind.of(path)?.words(path) ?? "a folder; name the .h5 files of shards")
            } else if let mismatch = InputKind.mismatch(path, wanted: .shard) {
                mismatch
            } else {
                Self.opening(path)
            }
        known[path] = .some(problem)
        return problem
    }

    private static func opening(_ path: String) -> String? {
        do {
            _ = try ShardReader(path: path)
            return nil
        } catch {
            return "\(error)"
        }
    }
}

extension ConfigurationReader {
    /// Reports files of a configuration that are there and no shards; those of other kinds have been told.
    mutating func requireShards(_ configuration: RunConfiguration, _ probe: inout ShardProbe) {
        for (key, paths) in [
            ("data.train", configuration.data.train),
            ("data.validation", configuration.data.validation),
        ] {
            for (place, path) in paths.enumerated()
            where InputKind.mismatch(path, wanted: .shard) == nil
                && FileManager.default.fileExists(atPath: path)
            {
                if let problem = probe.problem(path) { report(key, entry: place, problem) }
            }
        }
    }
}
