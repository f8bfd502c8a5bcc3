import CHDF5

/// An array in a file that is read: rows of `columns` numbers, or single numbers where that is nil.
package struct HDF5Array<Element: HDF5Element>: Sendable {
    /// Who gets the numbers out of the file.
    enum Source: Sendable {
        /// The library, which has the array open.
        case library(HDF5Object)
        case packed(HDF5PackedArray)
    }

    let path: String
    package let name: String
    let columns: Int?
    private let stored: HDF5StoredArray
    private let source: Source

    /// More bytes are not unpacked at once: no picture has so many, and a few bytes could claim them.
    private static var unpackedLimit: Int { 1 << 30 }

    init(path: String, name: String, columns: Int?, stored: HDF5StoredArray, source: Source) {
        (self.path, self.name, self.columns) = (path, name, columns)
        (self.stored, self.source) = (stored, source)
    }

    /// Why the array is not what its reader expects, in words; nil if it is.
    ///
    /// Checks the type, the rank, the columns, and that what is stored can be as many bytes as the
    /// shape claims, so that no reader allocates what a damaged shape asks for.
    package func mismatch() -> String? {
        guard isReadable else {
            return
                "holds \(stored.type.name), where \(Self.elementName) is expected: store it as that "
                + "(h5py: astype('\(Self.elementName)'))"
        }
        let shape = stored.dimensions
        guard shape.count == (columns == nil ? 1 : 2),
            shape.dropFirst().elementsEqual(columns.map { [UInt64($0)] } ?? [])
        else {
            return "has the shape \(shape), which is not \(columns.map { "[_, \($0)]" } ?? "[_]")"
        }
        return stored.excess
    }

    /// The name that NumPy has for the numbers.
    private static var elementName: String {
        Element.self == Double.self ? "float64" : "\(Element.self)".lowercased()
    }

    /// Whether the file's numbers can be these: the same, or whole numbers of another width or order of
    /// bytes, or other floating-point numbers for floating-point numbers.
    private var isReadable: Bool {
        if case .float = stored.type.kind { return Element.self == Double.self }
        return stored.type.isNumber
    }

    /// How many rows there are.
    package var count: Int { Int(clamping: stored.dimensions.first ?? 0) }

    /// The numbers of the rows in `rows`, row after row.
    package func read(_ rows: Range<Int>) throws -> [Element] {
        guard !rows.isEmpty else { return [] }
        guard Element.isStored(as: stored.type) else {
            return try stored.type.numbers(readBytes(rows)) { try value($0, at: rows, $1) }
        }
        guard case .library(let object) = source else {
            let bytes = try readBytes(rows)
            return [Element](unsafeUninitializedCapacity: rows.count * (columns ?? 1)) {
                buffer, initialized in
                UnsafeMutableRawBufferPointer(buffer).copyBytes(from: bytes)
                initialized = buffer.count
            }
        }
        return try HDF5.withLock { try read(rows, object, Element.nativeType) }
    }

    /// All numbers, row after row.
    package func readAll() throws -> [Element] {
        try read(0..<count)
    }

    /// A number of the file as one of these; `place` counts within `rows`.
    private func value(
        _ number: StoredNumber?, at rows: Range<Int>, _ place: Int
    ) throws -> Element {
        let element: Element? =
            switch number {
            case .whole(let number): Element(exactly: number)
            case .floating(let number): number as? Element
            case nil: nil
            }
        if let element { return element }
        let row = rows.lowerBound + place / (columns ?? 1)
        throw HDF5Error(
            path: path, object: name, function: "row \(row)",
            message: "holds \(number.map { "\($0.text)" } ?? "a number above \(Int64.max)") "
                + "in row \(row), which is no \(Self.elementName)", cause: .value)
    }

    /// The bytes of rows as they are in the file.
    private func readBytes(_ rows: Range<Int>) throws -> [UInt8] {
        let size = rows.count * (columns ?? 1) * stored.type.size
        switch source {
        case .packed(let array):
            guard size <= Self.unpackedLimit else {
                throw HDF5Error(
                    path: path, object: name, function: "rows \(rows)",
                    message: "\(size) bytes in one piece are too many to unpack", cause: .damaged)
            }
            do {
                return try array.read(rows)
            } catch {
                throw HDF5Error(error.naming(name), path: path)
            }
        case .library(let object):
            return try HDF5.withLock {
                let type = try HDF5Object(
                    HDF5.check(H5Dget_type(object.id), "H5Dget_type", path: path, object: name))
                return try read(rows, object, type.id, size: stored.type.size)
            }
        }
    }

    /// Lets the library read rows as values of a type in memory, of which `size` fill a number of the
    /// file; the lock is held.
    private func read<Value: BitwiseCopyable>(
        _ rows: Range<Int>, _ object: HDF5Object, _ type: hid_t, size: Int = 1
    ) throws -> [Value] {
        let (fileSpace, memorySpace) = try object.select(rows, columns, path: path, name: name)
        return try [Value](unsafeUninitializedCapacity: rows.count * (columns ?? 1) * size) {
            buffer, initialized in
            _ = try HDF5.check(
                H5Dread(
                    object.id, type, memorySpace.id, fileSpace.id, chdf5_default_properties(),
                    buffer.baseAddress),
                "H5Dread", path: path, object: name)
            initialized = buffer.count
        }
    }
}
