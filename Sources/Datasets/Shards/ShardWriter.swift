public import Datasets
import FileSystem
import Foundation
import HDF5

/// Writes samples into a shard, one after another, in bounded memory.
///
/// The file appears under its name when ``finish()`` returns, complete and on the disk; before
/// that, and after any failure, there is at most a file `NAME.*.partial` beside it, which goes
/// with the writer. The same samples in the same order give the same bytes. The shard is of version
/// 1 of the format unless a sample or ``notes`` need version 2.
///
/// ```swift
/// let writer = try ShardWriter(path: "train.h5", dataset: "EarthReason", split: "train")
/// for sample in samples { try writer.append(sample) }
/// try writer.finish()
/// ```
public final class ShardWriter {
    /// Where the shard will be.
    public let path: String
    /// How many samples were appended.
    public private(set) var count = 0
    /// What was decided about the source's files; may be set until the shard is finished.
    public var notes = ShardNotes()

    private enum State {
        case open(HDF5File)
        case sealed
        case closed
    }

    private let partial: String
    private var state: State
    private var columns: ShardColumns?
    private var hasInstances = false
    private var ids: Set<String> = []

    /// Begins a shard.
    ///
    /// - Parameters:
    ///   - path: Where it will be; its folder exists. A file that is there is replaced in the end.
    ///   - dataset: The data set's name.
    ///   - split: The part of the data set: "train", "val", "test".
    /// - Throws: ``ShardError`` if no file can be created there.
    public init(path: String, dataset: String, split: String) throws {
        self.path = path
        partial = FileOperations.partialName(for: path)
        state = .closed
        do {
            let file = try HDF5File.create(partial)
            state = .open(file)
            try file.writeAttribute(ShardLayout.Attribute.format, ShardLayout.format)
            try file.writeAttribute(ShardLayout.Attribute.version, ShardLayout.plainVersion)
            try file.writeAttribute(ShardLayout.Attribute.dataset, dataset)
            try file.writeAttribute(ShardLayout.Attribute.split, split)
        } catch let error as HDF5Error {
            throw cannotWrite(error)
        }
    }

    deinit { cancel() }

    /// Adds a sample.
    ///
    /// - Throws: ``ShardError`` of the kind `invalidSample` or `duplicateID` if the sample cannot
    ///   stand in the shard: it is left out, and the writer goes on. Of the kind `cannotWrite` if
    ///   the file cannot be written: the shard is given up.
    public func append(_ sample: SegmentationSample) throws {
        let file = try openFile()
        let record = try makeRecord(sample)
        do {
            if columns == nil {
                hasInstances = sample.instances != nil
                columns = try ShardColumns(file, withInstances: hasInstances)
            }
            try columns?.append(record)
        } catch {
            cancel()
            throw cannotWrite(error)
        }
        ids.insert(sample.id)
        count += 1
    }

    /// Completes the shard and gives it its name.
    ///
    /// - Throws: ``ShardError`` if it holds no sample or cannot be written; nothing is left then.
    public func finish() throws {
        try seal()
        try publish()
    }

    /// Gives the shard up and removes what was written; does nothing after ``finish()``.
    public func cancel() {
        columns = nil
        if case .closed = state { return }
        state = .closed
        unlink(partial)
    }

    /// Completes the file on the disk, still under its temporary name.
    package func seal() throws {
        let file = try openFile()
        do {
            guard count > 0 else {
                throw ShardError(.cannotWrite, path: path, "a shard has at least one sample")
            }
            try columns?.finish()
            try addNotes(to: file)
            try file.flush()
            columns = nil
            state = .sealed
        } catch {
            cancel()
            throw cannotWrite(error)
        }
    }

    /// Gives the sealed file its name.
    package func publish() throws {
        guard case .sealed = state else {
            throw ShardError(.cannotWrite, path: path, "the shard is not complete")
        }
        do {
            // The file was closed when `seal` let go of it; closing reports nothing, so look.
            let written = try ShardReader(path: partial).count
            guard written == count else {
                throw ShardError(
                    .cannotWrite, path: path, "\(written) of \(count) samples were written")
            }
            try FileOperations.synchronize(partial)
            try FileOperations.publish(partial, as: path)
            state = .closed
        } catch {
            cancel()
            throw cannotWrite(error)
        }
    }

    /// Writes what was decided, and the newer version where the older one has no place for
    /// something.
    private func addNotes(to file: HDF5File) throws {
        for (name, text) in notes.attributes { try file.writeAttribute(name, text) }
        if !notes.isEmpty || columns?.needsNewVersion == true {
            try file.replaceAttribute(ShardLayout.Attribute.version, by: ShardLayout.version)
        }
    }

    private func openFile() throws -> HDF5File {
        guard case .open(let file) = state else {
            throw ShardError(.cannotWrite, path: path, "the shard is finished or was given up")
        }
        return file
    }

    private func makeRecord(_ sample: SegmentationSample) throws -> ShardRecord {
        guard !ids.contains(sample.id) else {
            throw ShardError(
                .duplicateID, path: path, id: sample.id, "the shard already has a sample of this id"
            )
        }
        guard columns == nil || hasInstances == (sample.instances != nil) else {
            throw ShardError(
                .invalidSample, path: path, id: sample.id,
                "the samples before it have \(hasInstances ? "" : "no ")instance truth: "
                    + "all samples of a shard have it, or none")
        }
        do {
            return try ShardRecord(sample)
        } catch {
            throw ShardError(.invalidSample, path: path, id: sample.id, "\(error)")
        }
    }

    private func cannotWrite(_ error: any Error) -> ShardError {
        if let error = error as? ShardError, error.kind == .cannotWrite { return error }
        if let failure = error as? FileOperationFailure {
            let what =
                switch failure.step {
                case .open: "cannot open the file to sync it"
                case .synchronize: "cannot sync the file"
                case .rename: "cannot rename to this name"
                }
            return ShardError(.cannotWrite, path: failure.path, "\(what): \(failure.reason)")
        }
        if let error = error as? HDF5Error, let reason = error.systemReason {
            return ShardError(
                .cannotWrite, path: path, "cannot write: \(reason); check the disk's free space")
        }
        return ShardError(
            .cannotWrite, path: path,
            "\(error); check that the folder exists, is writable and has space left")
    }
}
