import Foundation
import RLTrainer

/// What tells the files that a run works with from others of the same names.
///
/// A SHA-256 over names, sizes and contents; of a file above 64 MiB its first and last 32 MiB count, and
/// 64 KiB of each of 256 equal parts between.
enum InputFingerprint {
    private static let whole = 64 << 20
    private static let block = 64 << 10

    /// The inputs that all steps of a run depend on, by key.
    ///
    /// The starting policy counts where it is the reference that the policy is held to; else only the
    /// first session reads it.
    static func inputs(of configuration: RunConfiguration) -> [String: FingerprintedInput] {
        var inputs = [
            "segmenter.path": FingerprintedInput.segmenter(configuration.segmenter.path),
            "data.train": .data(configuration.data.train),
        ]
        if configuration.grpo.loss.beta != 0 {
            inputs["policy.path"] = .policy(configuration.policy.path)
        }
        if let path = configuration.prompt.chatTemplate.path {
            inputs["prompt.chat_template"] = .file(path)
        }
        return inputs
    }

    /// The fingerprint of every input that all steps of a run depend on, by its key.
    ///
    /// - Parameters:
    ///   - configuration: what is run
    ///   - digest: what tells files and folders from others
    /// - Returns: the fingerprints
    /// - Throws: ``MissingInputError`` if one is not there, or an error that names the file that cannot be
    ///   read
    static func all(
        of configuration: RunConfiguration,
        digest: (FingerprintedInput) throws -> String = InputFingerprint.digest
    ) throws -> [String: String] {
        try inputs(of: configuration).mapValues(digest)
    }

    /// The keys whose files are not those that a run was started with.
    ///
    /// - Parameters:
    ///   - now: the fingerprints of now
    ///   - saved: those of the run
    ///   - configuration: what is run
    /// - Returns: the keys, sorted
    /// - Throws: an error that names the file that cannot be read
    static func changedKeys(
        _ now: [String: String], from saved: [String: String], _ configuration: RunConfiguration
    ) throws -> [String] {
        let inputs = inputs(of: configuration)
        return try now.keys.sorted().filter { key in
            guard now[key] != saved[key] else { return false }
            // Earlier versions counted all files of a folder, those that are not read too.
            return try inputs[key].map { try digest($0.paths) != saved[key] } ?? true
        }
    }

    /// The fingerprint of the files that are read of an input.
    static func digest(_ input: FingerprintedInput) throws -> String {
        guard let (folder, names) = input.files else { return try digest(input.paths) }
        var hash = SHA256()
        for name in names { try add("\(folder)/\(name)", name, to: &hash) }
        return hash.digits()
    }

    /// The fingerprint of files and of all files below folders.
    static func digest(_ paths: [String]) throws -> String {
        var hash = SHA256()
        for path in paths {
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
                throw MissingInputError(path: path, what: "file or folder")
            }
            let names =
                isFolder.boolValue
                ? try FileManager.default.subpathsOfDirectory(atPath: path).sorted() : [""]
            for name in names {
                try add(name.isEmpty ? path : "\(path)/\(name)", name, to: &hash)
            }
        }
        return hash.digits()
    }

    private static func add(_ path: String, _ name: String, to hash: inout SHA256) throws {
        // Follows links, as reading does; one that leads to a folder or nowhere is no file.
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
            !isFolder.boolValue
        else { return }
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        let size = Int(try file.seekToEnd())
        hash.update(Data("\(name)\n\(size)\n".utf8))
        for range in ranges(size) {
            try file.seek(toOffset: UInt64(range.lowerBound))
            hash.update(try file.read(upToCount: range.count) ?? Data())
        }
    }

    /// What is read of a file of so many bytes, in blocks of 1 MiB at most.
    static func ranges(_ size: Int) -> [Range<Int>] {
        func blocks(_ range: Range<Int>) -> [Range<Int>] {
            stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20).map {
                $0..<min($0 + 1 << 20, range.upperBound)
            }
        }
        if size <= whole { return blocks(0..<size) }
        let ends = whole / 2
        let between = size - whole
        return blocks(0..<ends)
            + (0..<256).map { part in
                let start = ends + between / 256 * part
                return start..<min(start + block, size - ends)
            } + blocks(size - ends..<size)
    }
}
