import FileSystem
import Files
import Foundation
import Imaging
import PromptedMasks
import SystemErrors
import Torch

/// Features of pictures on the disk: a safetensors file each, `KEY.safetensors`, in a folder that several
/// runs may share.
///
/// A file appears by a rename, whole; two writers of one name write the same. Its metadata has the key and
/// a SHA-256 of the tensors, both of which are compared when it is read: files that are cut short,
/// damaged, renamed or of somebody else are not there, as far as the features go, and are replaced. Nothing
/// that goes wrong here is an error: it is told in ``takeNotes()``, once for each kind of trouble.
///
/// Files are never removed. May be used from several threads; unchecked, because what changes is under
/// `lock`.
final class EmbeddingFolder: @unchecked Sendable {
    /// The folder, made with the first file.
    let path: String
    /// The most bytes that files in the folder may have together, others' included, give or take what runs
    /// that share it write at the same time.
    let capacity: Int
    private let layout: FeatureLayout
    private let lock = NSLock()
    /// Bytes in the folder: measured, then counted; nil before it was measured.
    private var byteCount: Int?
    private var writesSinceMeasured = 0
    private var isWriting = true
    private var hasToldOfDamage = false
    private var notes: [String] = []

    /// After so many files, what others have written in the meantime is found out.
    private static let measureInterval = 64
    /// Files that were not finished are left over if they are older than this, in seconds.
    private static let staleAge = 3600.0
    private static let suffix = ".safetensors"
    private static let partial = ".partial"

    /// A folder of features that have a layout; nothing is read or made yet.
    init(path: String, capacity: Int, layout: FeatureLayout) {
        self.path = path
        self.capacity = capacity
        self.layout = layout
    }

    /// What people should know since this was last called.
    func takeNotes() -> [String] {
        lock.withLock {
            defer { notes = [] }
            return notes
        }
    }

    /// The file of a key.
    func file(_ key: EmbeddingKey) -> String { "\(path)/\(key.digits)\(Self.suffix)" }

    // MARK: - Reading

    /// The features of a key, copied out of its mapped file; nil if they are not there.
    func read(_ key: EmbeddingKey) -> ImageFeatures? {
        let path = file(key)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        do {
            return try features(SafetensorsFile(path: path), key)
        } catch let error as CheckpointError where error.isMissing {
            return nil
        } catch {
            let problem = (error as? CheckpointError)?.problem ?? "\(error)"
            lock.withLock {
                if hasToldOfDamage { return }
                hasToldOfDamage = true
                notes.append(
                    "\(path): \(problem): not used; the embedding is computed again and the file "
                        + "replaced, and so are others like it, without a word")
            }
            return nil
        }
    }

    private func features(_ file: SafetensorsFile, _ key: EmbeddingKey) throws -> ImageFeatures {
        func fail(_ problem: String) -> CheckpointError {
            CheckpointError(path: file.path, problem: problem)
        }
        guard file.metadata["key"] == key.digits, file.metadata["format"] == EmbeddingKeys.format
        else { throw fail("is not the embedding that its name says") }
        let tensors = try zip(FeatureLayout.names, layout.shapes).map { name, shape in
            guard let entry = file.entry(name), entry.shape == shape, entry.dtype == layout.dtype
            else { throw fail("\(name) is missing, or of another shape or element type") }
            // Not the file's own pages: they go when somebody cuts it short.
            return try file.tensor(entry).clone()
        }
        guard try Self.digest(tensors) == file.metadata["sha256"] else {
            throw fail("the numbers are not those that were written")
        }
        return ImageFeatures(embedding: tensors[0], middle: tensors[1], fine: tensors[2])
    }

    /// A SHA-256 of numbers in main memory.
    private static func digest(_ tensors: [Tensor]) throws -> String {
        var hash = SHA256()
        for tensor in tensors { try tensor.withBytes { hash.update($0) } }
        return hash.digits()
    }

    // MARK: - Writing

    /// Writes the features of a key, if there is room; the first failure is the last attempt.
    ///
    /// - Parameters:
    ///   - features: in main memory, contiguous
    ///   - key: what they depend on
    func write(_ features: ImageFeatures, _ key: EmbeddingKey) {
        guard hasRoom(features.byteCount) else { return }
        let tensors = [features.embedding, features.middle, features.fine]
        let partial = "\(path)/\(key.digits)\(Self.partial)-\(UUID().uuidString)"
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
            // Not synced: what a power failure leaves of it is found out by the hash.
            try SafetensorsFile.write(
                zip(FeatureLayout.names, tensors).map(NamedTensor.init), to: partial,
                metadata: [
                    "format": EmbeddingKeys.format, "key": key.digits,
                    "sha256": try Self.digest(tensors),
                ], isSynced: false)
            try FileOperations.move(partial, to: file(key))
        } catch {
            try? FileManager.default.removeItem(atPath: partial)
            let problem =
                (error as? FileOperationFailure).map { "cannot rename: \($0.reason)" }
                ?? (error as? CheckpointError)?.problem ?? systemReason(error)
            stop("\(path): an embedding could not be written: \(problem)")
        }
    }

    /// Whether there is room for so many bytes, which are then taken.
    private func hasRoom(_ bytes: Int) -> Bool {
        lock.withLock {
            guard isWriting else { return false }
            if byteCount == nil || writesSinceMeasured == Self.measureInterval {
                byteCount = measure()
                writesSinceMeasured = 0
            }
            let before = byteCount ?? 0
            if before + bytes > capacity {
                isWriting = false
                notes.append(
                    "\(path) holds \(megabytes(before)) of embeddings, and "
                        + "segmenter.embedding_cache.disk_mb is \(capacity / 1_000_000): no more are "
                        + "written in this session; raise it, or remove the folder, which may be done at "
                        + "any time")
                return false
            }
            byteCount = before + bytes
            writesSinceMeasured += 1
            return true
        }
    }

    private func stop(_ reason: String) {
        lock.withLock {
            // Threads that were writing too have the same to say.
            if isWriting {
                notes.append(reason + "; no more are written in this session, which goes on")
            }
            isWriting = false
        }
    }

    /// Bytes of all files; what killed processes left half written goes first.
    private func measure() -> Int {
        let files = FileManager.default
        var sum = 0
        for name in (try? files.contentsOfDirectory(atPath: path)) ?? [] {
            let file = "\(path)/\(name)"
            guard let attributes = try? files.attributesOfItem(atPath: file) else { continue }
            let date = attributes[.modificationDate] as? Date
            if name.contains(Self.partial + "-"), let date,
                date.timeIntervalSinceNow < -Self.staleAge
            {
                try? files.removeItem(atPath: file)
            } else {
                sum += (attributes[.size] as? Int) ?? 0
            }
        }
        return sum
    }
}
