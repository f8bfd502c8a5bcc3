public import Datasets
import Foundation
import HDF5
public import Imaging
import TextFiles

/// Reads the samples of a shard in any order, from any thread.
///
/// Opening reads and checks everything but pictures and texts: format, version, types, shapes,
/// and that all offsets fit together. Each sample's checksum is checked when it is read, and that the
/// file is still there: the library reads zeros where a file was cut off while it was open, and what
/// was deleted is gone when the process ends.
public final class ShardReader: SampleSource {
    /// The file.
    public let path: String
    /// The data set's name.
    public let dataset: String
    /// The part of the data set.
    public let split: String
    /// The version of the format.
    public let version: Int
    /// What the import decided about its source's files.
    public let notes: ShardNotes

    let arrays: ShardArrays
    private let ids: [String]
    /// The file's bytes when it was opened.
    private let size: Int

    /// Opens a shard.
    ///
    /// - Throws: ``ShardError`` that says why the file is no shard or a damaged one.
    public init(path: String) throws {
        self.path = path
        do {
            let file = try Self.open(path)
            size = try Self.size(of: path)
            let version = try Self.version(of: file)
            self.version = Int(version)
            dataset = try Self.requireText(ShardLayout.Attribute.dataset, file)
            split = try Self.requireText(ShardLayout.Attribute.split, file)
            notes = try version > ShardLayout.plainVersion ? ShardNotes(file) : ShardNotes()
            arrays = try ShardArrays(file, version: version)
            ids = try arrays.readIDs()
        } catch let error as HDF5Error {
            throw ShardError(
                error.cause == .value ? .inconsistent : .unreadable, path: path,
                Self.unreadable(error))
        }
        try checkIDs()
    }

    /// How many samples the shard has; at least 1.
    public var count: Int { ids.count }

    /// The name of the sample at `index`, `0..<count`.
    public func id(at index: Int) -> String { ids[index] }

    /// The frame of the image at `index`, `0..<count`, without reading it.
    public func frame(at index: Int) -> ImageFrame { arrays.frame(at: index) }

    /// Whether the sample at `index`, `0..<count`, has no target, without reading it.
    public func isEmptyTarget(at index: Int) -> Bool { arrays.emptyTarget[index] == 1 }

    /// The sample at `index`, `0..<count`.
    ///
    /// - Throws: ``ShardError`` if its bytes are not those that were written, or cannot be read.
    ///   `isAboutOneSample(_:)` tells errors of the sample from errors of the file.
    public func sample(at index: Int) throws -> SegmentationSample {
        precondition(ids.indices.contains(index), "the shard has \(count) samples")
        try requireUnchanged()
        do {
            let record = try arrays.record(at: index)
            let checksum = record.checksum
            guard checksum == arrays.checksums[index] else {
                throw ShardError(
                    .checksum, path: path, index: index, id: ids[index],
                    "the stored checksum is \(hex(arrays.checksums[index])), the bytes have "
                        + "\(hex(checksum)): the file is damaged; copy it or import it again")
            }
            return try record.sample()
        } catch let error as ShardError {
            throw error
        } catch let error as HDF5Error where error.cause == .value {
            throw ShardError(.inconsistent, path: path, Self.unreadable(error))
        } catch let error as HDF5Error {
            // Damage to numbers is that of the samples whose numbers they are, compressed or not.
            throw ShardError(
                error.cause == .damaged ? .checksum : .unreadable, path: path, index: index,
                id: ids[index], Self.unreadable(error))
        } catch let error as ImageError where error.kind == .outOfMemory {
            throw error
        } catch {
            throw ShardError(.invalidSample, path: path, index: index, id: ids[index], "\(error)")
        }
    }

    /// Requires that the file is there, as long as it was.
    private func requireUnchanged() throws {
        let now = try Self.size(of: path)
        guard now == size else {
            throw ShardError(
                .unreadable, path: path,
                "the file has \(now) bytes, and had \(size) when it was opened: it was cut off or "
                    + "replaced while it was read; put it back, or start again with the new one")
        }
    }

    private static func size(of path: String) throws -> Int {
        var status = stat()
        if stat(path, &status) == 0 { return Int(status.st_size) }
        let code = errno
        throw code == ENOENT || code == ENOTDIR
            ? ShardError(
                .missing, path: path,
                "the file is gone: it was there when it was opened; put it back")
            : ShardError(
                .unreadable, path: path, "cannot be examined: \(String(cString: strerror(code)))")
    }

    private static func open(_ path: String) throws -> HDF5File {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw ShardError(.missing, path: path, "no such file\(NearestPath.question(path))")
        }
        if isFolder.boolValue {
            throw ShardError(.notHDF5, path: path, "is a folder; name the shards in it")
        }
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw ShardError(.unreadable, path: path, "no permission to read the file")
        }
        guard HDF5File.hasSignature(path) else { throw notHDF5(path) }
        return try HDF5File.open(path, reading: ShardLayout.paths)
    }

    private static func notHDF5(_ path: String) -> ShardError {
        let hint = "; make shards with 'think2seg data import'"
        let begin: Data
        do {
            let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            begin = try file.read(upToCount: 8) ?? Data()
        } catch {
            return ShardError(
                .unreadable, path: path, "the system does not read it; check the disk")
        }
        if (1..<8).contains(begin.count), HDF5File.signature.starts(with: begin) {
            return ShardError(
                .unreadable, path: path,
                "the file ends after \(begin.count) bytes, within the signature of HDF5: it was "
                    + "cut off; copy it or import it again")
        }
        let problem =
            if begin.isEmpty {
                "the file is empty"
            } else if begin.starts(with: [0x89] + Array("HDF".utf8)) {
                "an HDF5 file whose line ends were changed, as copying it as a text does; copy it as it is"
            } else {
                "not an HDF5 file"
            }
        return ShardError(.notHDF5, path: path, problem + hint)
    }

    private static func version(of file: HDF5File) throws -> Int64 {
        typealias Attribute = ShardLayout.Attribute
        let (format, version) = try (
            file.attribute(Attribute.format), file.attribute(Attribute.version)
        )
        guard format == .text(ShardLayout.format), let version else {
            throw ShardError(
                .notShard, path: file.path,
                "an HDF5 file, but not a shard: \(missing(format, version)); make shards with "
                    + "'think2seg data import'")
        }
        guard case .number(let version) = version, version >= 1 else {
            throw ShardError(
                .notShard, path: file.path,
                "the attribute 'version' holds \(version.words), where a shard has a whole number from 1 on"
            )
        }
        guard version <= ShardLayout.version else {
            throw ShardError(
                .newerVersion, path: file.path,
                "shard format version \(version); this program reads up to "
                    + "\(ShardLayout.version): update it, or import the data again")
        }
        return version
    }

    /// What a shard has and a file has not, in words.
    private static func missing(_ format: HDF5Attribute?, _ version: HDF5Attribute?) -> String {
        let stated = "'\(ShardLayout.Attribute.format)' = '\(ShardLayout.format)'"
        return switch (format, version) {
        case (nil, nil): "the attributes \(stated) and 'version' are missing"
        case (nil, _): "the attribute \(stated) is missing"
        case (.text(ShardLayout.format), _): "the attribute 'version' is missing"
        case (let other?, _):
            "the attribute 'format' holds \(other.words), where a shard has '\(ShardLayout.format)'"
        }
    }

    private static func requireText(_ name: String, _ file: HDF5File) throws -> String {
        guard let text = try file.shardText(name) else {
            throw ShardError(
                .inconsistent, path: file.path, "the text attribute '\(name)' is missing")
        }
        return text
    }

    private static func unreadable(_ error: HDF5Error) -> String {
        let place = error.object.isEmpty ? "" : "'\(error.object)'"
        switch error.cause {
        case .library:
            return "cannot read \(place.isEmpty ? "the file" : place): \(error.message) "
                + "(\(error.function)); copy the file or import it again"
        case .damaged:
            return "the file is damaged\(place.isEmpty ? "" : " in " + place): \(error.message) "
                + "(\(error.function)); copy it or import it again"
        case .cutOff: return "\(error.message); copy it or import it again"
        case .value: return "the array \(place) \(error.message)"
        case .form: return place.isEmpty ? error.message : "\(place) \(error.message)"
        }
    }

    private func checkIDs() throws {
        var indices: [String: Int] = [:]
        for (index, id) in ids.enumerated() {
            if let other = indices.updateValue(index, forKey: id) {
                throw ShardError(
                    .duplicateID, path: path, index: index, id: id,
                    "sample \(other) has the same id")
            }
        }
    }
}

/// A checksum as people read it.
func hex(_ checksum: UInt32) -> String {
    let digits = String(checksum, radix: 16, uppercase: true)
    return String(repeating: "0", count: 8 - digits.count) + digits
}

extension HDF5File {
    /// The text attribute `name`; nil if there is none.
    ///
    /// - Throws: `HDF5Error` of a damaged file, ``ShardError`` if the attribute is no text
    func shardText(_ name: String) throws -> String? {
        switch try attribute(name) {
        case nil: return nil
        case .text(let text): return text
        case let other?:
            throw ShardError(
                .inconsistent, path: path,
                "the attribute '\(name)' holds \(other.words), where a shard has a text")
        }
    }
}
