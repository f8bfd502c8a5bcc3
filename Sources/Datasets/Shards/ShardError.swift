/// What is wrong with a shard, or with what should go into one.
public struct ShardError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The ways in which a shard can be wrong.
    public enum Kind: String, Hashable, Sendable {
        /// There is no such file.
        case missing
        /// The file is no HDF5 file.
        case notHDF5
        /// It is an HDF5 file, but none of this project's shards.
        case notShard
        /// The shard's version is newer than this program.
        case newerVersion
        /// The file is cut off, damaged, of a form of HDF5 that is not read, was changed while it was
        /// open, or the library cannot read it.
        case unreadable
        /// Its arrays contradict each other.
        case inconsistent
        /// A sample's bytes are not those that were written.
        case checksum
        /// A sample cannot be what it claims to be.
        case invalidSample
        /// Two samples have the same id.
        case duplicateID
        /// The file cannot be written.
        case cannotWrite
    }

    /// Which way.
    public let kind: Kind
    /// The file.
    public let path: String
    /// The sample's index in the file, if one sample is meant.
    public let index: Int?
    /// The sample's id, if one sample is meant.
    public let id: String?
    /// What is wrong, and what to do.
    public let message: String

    package init(
        _ kind: Kind, path: String, index: Int? = nil, id: String? = nil, _ message: String
    ) {
        self.kind = kind
        self.path = path
        self.index = index
        self.id = id
        self.message = message
    }

    /// File, sample and problem in one line.
    public var description: String {
        var place = path
        if let index { place += ": sample \(index)" }
        if let id { place += index == nil ? ": sample '\(id)'" : " ('\(id)')" }
        return place + ": " + message
    }
}

/// What is wrong with a sample, before it is known where it stands.
struct SampleDefect: Error, Sendable, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
