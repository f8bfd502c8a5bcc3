import Pickles

/// The memory that tensors share, as a pickle describes it.
struct PickleStorage: Sendable {
    /// The name of its file in the archive's folder `data`.
    let key: String
    let type: StoredType
    /// Elements.
    let count: Int

    /// Bytes; nil if nobody can count them.
    var byteCount: Int? { type.byteCount(count) }
}

/// A tensor, as a pickle describes it; it does not reach past its storage.
struct PickleTensor: Sendable {
    /// Its storage, by its place among the pickle's.
    let storage: Int
    let type: StoredType
    /// The first element's place in the storage, in elements.
    let offset: Int
    let shape: [Int]
    /// In elements, one per dimension.
    let strides: [Int]
}

extension PickleTensor {
    /// libtorch's own limit.
    private static let rankLimit = 64

    /// Fails if an element would stand outside the storage, or if nothing can count the elements.
    func check(against storage: PickleStorage) throws(PickleFault) {
        let described = "a tensor of shape \(shape.prefix(8)) with strides \(strides.prefix(8))"
        guard shape.count <= Self.rankLimit else {
            throw PickleFault("\(described) has \(shape.count) dimensions")
        }
        guard let width = type.byteCount(1) else { throw PickleFault("\(described) has no size") }
        // Whether so many bytes are there is the archive's to tell.
        let size = storage.byteCount ?? .max
        var bytes = width
        var last = offset
        for (size, stride) in zip(shape, strides) {
            let (product, overflows) = bytes.multipliedReportingOverflow(by: max(size, 1))
            let (reach, reachOverflows) = max(size - 1, 0).multipliedReportingOverflow(by: stride)
            let (sum, sumOverflows) = last.addingReportingOverflow(reach)
            if overflows || reachOverflows || sumOverflows {
                throw PickleFault("\(described) is too large for any memory")
            }
            (bytes, last) = (product, sum)
        }
        if !shape.contains(0), last >= size / width {
            throw PickleFault(
                "\(described) at \(offset) reaches past its storage of \(size / width) elements")
        }
    }
}
