import Imaging

/// Whether an error of reading or decoding a sample says that this one sample is bad, so that others
/// may be fine; if not, it says that the files or the machine are not what they were, and that the
/// next sample will fare no better.
///
/// | error | what it is about |
/// |---|---|
/// | `ShardError` `checksum`: the bytes are not those that were written | one sample |
/// | `ShardError` `invalidSample`: its mask, texts or numbers cannot be read | one sample |
/// | `ImageError` `badData`: its picture cannot be decoded | one sample |
/// | `ShardError` `missing`: the file is gone | the files |
/// | `ShardError` `unreadable`: the HDF5 library or the system fails to read, or the file has another size than it had when it was opened | the files |
/// | any other `ShardError`: found when a shard is opened | the files |
/// | `ImageError` `outOfMemory`, and every other error | the machine |
public func isAboutOneSample(_ error: any Error) -> Bool {
    switch error {
    case let error as ShardError: error.kind == .checksum || error.kind == .invalidSample
    case let error as ImageError: error.kind == .badData
    default: false
    }
}
