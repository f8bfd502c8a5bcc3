import CHDF5

/// An array that is being written: rows of `columns` numbers, or single numbers where that is nil.
package struct HDF5GrowingArray<Element: HDF5Element>: Sendable {
    let path: String
    let name: String
    let object: HDF5Object
    let columns: Int?

    /// Writes whole rows after the last.
    func append(_ elements: ArraySlice<Element>) throws {
        let added = elements.count / (columns ?? 1)
        guard added > 0 else { return }
        try HDF5.withLock {
            let start = try Int(clamping: readShape().first ?? 0)
            let shape = [hsize_t(start + added)] + (columns.map { [hsize_t($0)] } ?? [])
            _ = try HDF5.check(
                H5Dset_extent(object.id, shape), "H5Dset_extent", path: path, object: name)
            let (fileSpace, memorySpace) = try object.select(
                start..<start + added, columns, path: path, name: name)
            try elements.withUnsafeBufferPointer { buffer in
                _ = try HDF5.check(
                    H5Dwrite(
                        object.id, Element.nativeType, memorySpace.id, fileSpace.id,
                        chdf5_default_properties(), buffer.baseAddress),
                    "H5Dwrite", path: path, object: name)
            }
        }
    }

    private func readShape() throws -> [hsize_t] {
        let space = try HDF5Object(
            HDF5.check(H5Dget_space(object.id), "H5Dget_space", path: path, object: name))
        let rank = try HDF5.check(
            H5Sget_simple_extent_ndims(space.id), "H5Sget_simple_extent_ndims", path: path,
            object: name)
        var shape = [hsize_t](repeating: 0, count: Int(rank))
        _ = try HDF5.check(
            H5Sget_simple_extent_dims(space.id, &shape, nil), "H5Sget_simple_extent_dims",
            path: path, object: name)
        return shape
    }
}

extension HDF5Object {
    /// The rows `rows` of this array in the file and in memory; the lock is held.
    func select(
        _ rows: Range<Int>, _ columns: Int?, path: String, name: String
    ) throws -> (file: HDF5Object, memory: HDF5Object) {
        let fileSpace = try HDF5Object(
            HDF5.check(H5Dget_space(id), "H5Dget_space", path: path, object: name))
        let width = columns.map { [hsize_t($0)] } ?? []
        let start = [hsize_t(rows.lowerBound)] + width.map { _ in 0 }
        let extent = [hsize_t(rows.count)] + width
        _ = try HDF5.check(
            H5Sselect_hyperslab(fileSpace.id, H5S_SELECT_SET, start, nil, extent, nil),
            "H5Sselect_hyperslab", path: path, object: name)
        let memorySpace = try HDF5Object(
            HDF5.check(
                H5Screate_simple(Int32(extent.count), extent, nil), "H5Screate_simple",
                path: path, object: name))
        return (fileSpace, memorySpace)
    }
}

/// Writes an array as its numbers come, holding back less than one chunk.
package struct HDF5Column<Element: HDF5Element> {
    private let array: HDF5GrowingArray<Element>
    private let pieceSize: Int
    private var pending: [Element] = []
    /// How many numbers were appended.
    package private(set) var count = 0

    /// A column that writes `array`, whose chunks have `chunk` rows.
    package init(_ array: HDF5GrowingArray<Element>, chunk: Int) {
        self.array = array
        pieceSize = chunk * (array.columns ?? 1)
    }

    /// Adds numbers at the end.
    package mutating func append(_ elements: [Element]) throws {
        count += elements.count
        pending += elements
        let whole = pending.count / pieceSize * pieceSize
        guard whole > 0 else { return }
        try array.append(pending[..<whole])
        pending.removeFirst(whole)
    }

    /// Writes what was held back; nothing is appended after that.
    package mutating func finish() throws {
        try array.append(pending[...])
        pending = []
    }
}
