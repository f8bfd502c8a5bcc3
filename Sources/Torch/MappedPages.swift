import Synchronization

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The mapped files that there are, by where their bytes begin.
enum MappedPages {
    private static let ranges = Mutex<[UInt: Int]>([:])

    static func add(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        ranges.withLock { $0[UInt(bitPattern: base)] = bytes.count }
    }

    static func remove(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        ranges.withLock { $0[UInt(bitPattern: base)] = nil }
    }

    /// Whether bytes are all a mapped file's.
    static func contain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let start = UInt(bitPattern: bytes.baseAddress)
        return ranges.withLock {
            $0.contains { $0 <= start && start + UInt(bytes.count) <= $0 + UInt($1) }
        }
    }
}

extension Tensor {
    /// Gives the memory of a tensor back that is a mapped file's.
    ///
    /// It is read from the file again when it is touched. Other tensors stay as they are.
    ///
    /// - Precondition: nothing has written to the tensor, or shares its pages and was written to: what was
    ///   written is lost
    public func releaseMappedPages() {
        guard device == .cpu, isContiguous else { return }
        // A tensor that has no bytes to lend has no pages.
        try? withBytes { bytes in
            guard let base = bytes.baseAddress, MappedPages.contain(bytes) else { return }
            let page = UInt(sysconf(Int32(_SC_PAGESIZE)))
            // Pages at the ends are other tensors' too.
            let start = (UInt(bitPattern: base) + page - 1) / page * page
            let end = (UInt(bitPattern: base) + UInt(bytes.count)) / page * page
            guard start < end, let address = UnsafeMutableRawPointer(bitPattern: start) else {
                return
            }
            madvise(address, Int(end - start), MADV_DONTNEED)
        }
    }
}
