import CHDF5

/// An HDF5 file that is open for reading, or one that is being written.
package final class HDF5File: Sendable {
    package let path: String
    private let object: HDF5Object
    /// What is in it; nil of a file that is being written.
    private let contents: HDF5Contents?
    /// What stays unpacked of the arrays.
    let cache = HDF5ChunkCache()

    private init(path: String, object: HDF5Object, contents: HDF5Contents? = nil) {
        self.path = path
        self.object = object
        self.contents = contents
    }

    /// Creates a file that does not exist yet.
    ///
    /// Its bytes depend on what is written only: no times are stored.
    package static func create(_ path: String) throws -> HDF5File {
        try HDF5.withLock {
            let creation = try makeProperties(chdf5_file_create(), path: path)
            _ = try HDF5.check(
                H5Pset_obj_track_times(creation.id, false), "H5Pset_obj_track_times", path: path)
            let id = H5Fcreate(
                path, chdf5_exclusive(), creation.id, chdf5_default_properties())
            let object = HDF5Object(try HDF5.check(id, "H5Fcreate", path: path))
            // No other process knows of a file that does not have its name yet.
            _ = try HDF5.check(
                chdf5_keep_from_programs(id, true), "H5Fget_vfd_handle", path: path)
            return HDF5File(path: path, object: object)
        }
    }

    /// Opens a file to read it, whose structure is one that the library can be trusted with.
    ///
    /// - Parameters:
    ///   - path: the file
    ///   - paths: the groups and arrays that will be read; nil for all
    /// - Returns: the file
    /// - Throws: ``HDF5Error`` that says why the file is not read
    package static func open(_ path: String, reading paths: Set<String>? = nil) throws -> HDF5File {
        let contents: HDF5Contents
        do {
            contents = try HDF5Structure.check(path: path, reading: paths)
        } catch {
            throw HDF5Error(error, path: path)
        }
        return try HDF5.withLock {
            let id = H5Fopen(path, chdf5_read_only(), chdf5_default_properties())
            let object = HDF5Object(try HDF5.check(id, "H5Fopen", path: path))
            _ = try HDF5.check(
                chdf5_keep_from_programs(id, false), "H5Fget_vfd_handle", path: path)
            return HDF5File(path: path, object: object, contents: contents)
        }
    }

    /// The bytes that HDF5 files begin with.
    package static let signature = (0..<8).map { UInt8(HDF5Bytes.signature >> ($0 * 8) & 0xFF) }

    /// Whether the file begins as HDF5 files do.
    package static func hasSignature(_ path: String) -> Bool {
        (try? HDF5Bytes(path: path).signaturePlace()) != nil
    }

    /// Hands everything that was written to the operating system.
    package func flush() throws {
        try HDF5.withLock {
            _ = try HDF5.check(H5Fflush(object.id, H5F_SCOPE_GLOBAL), "H5Fflush", path: path)
        }
    }

    /// Creates the group `name`.
    package func createGroup(_ name: String) throws {
        try HDF5.withLock {
            let properties = try makeProperties(chdf5_group_create(), path: path)
            _ = try HDF5.check(
                H5Pset_obj_track_times(properties.id, false), "H5Pset_obj_track_times", path: path)
            let id = H5Gcreate2(
                object.id, name, chdf5_default_properties(), properties.id,
                chdf5_default_properties())
            _ = HDF5Object(try HDF5.check(id, "H5Gcreate2", path: path, object: name))
        }
    }

    /// Creates an empty array that can grow, stored in pieces of `chunk` rows.
    ///
    /// A row has `columns` numbers; nil makes an array of rank 1.
    package func createArray<Element: HDF5Element>(
        _ name: String, of: Element.Type, columns: Int? = nil, chunk: Int
    ) throws -> HDF5GrowingArray<Element> {
        try HDF5.withLock {
            let columns64 = columns.map { [hsize_t($0)] } ?? []
            let space = try HDF5Object(
                HDF5.check(
                    H5Screate_simple(
                        Int32(1 + columns64.count), [0] + columns64,
                        [chdf5_unlimited()] + columns64),
                    "H5Screate_simple", path: path, object: name))
            let properties = try makeArrayProperties(
                Element.self, chunk: [hsize_t(chunk)] + columns64, name: name)
            let id = H5Dcreate2(
                object.id, name, Element.storedType, space.id, chdf5_default_properties(),
                properties.id, chdf5_default_properties())
            let array = HDF5Object(try HDF5.check(id, "H5Dcreate2", path: path, object: name))
            return HDF5GrowingArray(path: path, name: name, object: array, columns: columns)
        }
    }

    /// Opens the array `name` of a file that was opened to be read.
    package func array<Element: HDF5Element>(
        _ name: String, of: Element.Type, columns: Int? = nil
    ) throws -> HDF5Array<Element> {
        guard let contents, let stored = contents.arrays[name] else {
            throw HDF5Error(
                path: path, object: name, function: "no such array",
                message: "is missing: the file has no such array; import the data again",
                cause: .form)
        }
        let source: HDF5Array<Element>.Source
        switch stored.storage {
        case .plain: source = try .library(open(stored, name))
        case .packed(let table):
            source = .packed(HDF5PackedArray(contents.file, table, stored, cache))
        }
        return HDF5Array(path: path, name: name, columns: columns, stored: stored, source: source)
    }

    /// Opens what was checked: by its address, since the library would look for its name in what was
    /// not.
    private func open(_ stored: HDF5StoredArray, _ name: String) throws -> HDF5Object {
        try HDF5.withLock {
            let id = H5Oopen_by_addr(object.id, haddr_t(stored.header))
            return try HDF5Object(
                HDF5.check(id, "H5Oopen_by_addr", path: path, object: name))
        }
    }

    /// Whether the file, which was opened to be read, has the group or array `name`.
    ///
    /// - Throws: ``HDF5Error`` if the file is being written
    package func contains(_ name: String) throws -> Bool {
        guard let contents else {
            throw HDF5Error(
                path: path, object: name, function: "contains", message: "the file is being written"
            )
        }
        return contents.groups.contains(name) || contents.arrays[name] != nil
    }

    private func makeArrayProperties<Element: HDF5Element>(
        _: Element.Type, chunk: [hsize_t], name: String
    ) throws -> HDF5Object {
        let properties = try makeProperties(chdf5_dataset_create(), path: path)
        let id = properties.id
        var zero = Element.zero
        for status in [
            H5Pset_obj_track_times(id, false), H5Pset_chunk(id, Int32(chunk.count), chunk),
            // Without a fill value, the unused end of the last chunk would hold whatever the
            // memory held.
            H5Pset_fill_value(id, Element.nativeType, &zero),
            H5Pset_fill_time(id, H5D_FILL_TIME_ALLOC),
        ] {
            _ = try HDF5.check(status, "H5Pset", path: path, object: name)
        }
        return properties
    }
}

// MARK: - Attributes of the root

extension HDF5File {
    /// Writes a text attribute: UTF-8 of fixed length, which needs no heap.
    package func writeAttribute(_ name: String, _ text: String) throws {
        try HDF5.withLock {
            let bytes = Array(text.utf8)
            let type = try HDF5Object(
                HDF5.check(H5Tcopy(chdf5_c_s1()), "H5Tcopy", path: path, object: name))
            for status in [
                H5Tset_size(type.id, max(bytes.count, 1)), H5Tset_cset(type.id, H5T_CSET_UTF8),
                H5Tset_strpad(type.id, H5T_STR_NULLPAD),
            ] {
                _ = try HDF5.check(status, "H5Tset", path: path, object: name)
            }
            try createAttribute(name, type: type.id, value: bytes.isEmpty ? [0] : bytes)
        }
    }

    /// Writes a whole number as an attribute.
    package func writeAttribute(_ name: String, _ number: Int64) throws {
        try HDF5.withLock {
            let bytes = withUnsafeBytes(of: number) { Array($0) }
            try createAttribute(
                name, type: Int64.storedType, memory: Int64.nativeType, value: bytes)
        }
    }

    /// Gives the whole-number attribute `name`, which is there, another value.
    package func replaceAttribute(_ name: String, by number: Int64) throws {
        try HDF5.withLock {
            let id = H5Aopen(object.id, name, chdf5_default_properties())
            let attribute = HDF5Object(try HDF5.check(id, "H5Aopen", path: path, object: name))
            var value = number
            _ = try HDF5.check(
                H5Awrite(attribute.id, Int64.nativeType, &value), "H5Awrite", path: path,
                object: name)
        }
    }

    /// The attribute `name` of a file that was opened to be read; nil if there is none.
    ///
    /// The library would read every attribute on its way, of whatever kind.
    package func attribute(_ name: String) throws -> HDF5Attribute? {
        guard let contents, let message = contents.attributes[name] else { return nil }
        do {
            return try HDF5Attribute(message, contents.file)
        } catch {
            throw HDF5Error(error.naming(name), path: path)
        }
    }

    private func createAttribute(
        _ name: String, type: hid_t, memory: hid_t? = nil, value: [UInt8]
    ) throws {
        let space = try HDF5Object(
            HDF5.check(H5Screate(H5S_SCALAR), "H5Screate", path: path, object: name))
        let id = H5Acreate2(
            object.id, name, type, space.id, chdf5_default_properties(),
            chdf5_default_properties())
        let attribute = HDF5Object(try HDF5.check(id, "H5Acreate2", path: path, object: name))
        _ = try HDF5.check(
            H5Awrite(attribute.id, memory ?? type, value), "H5Awrite", path: path, object: name)
    }
}

private func makeProperties(_ kind: hid_t, path: String) throws -> HDF5Object {
    try HDF5Object(HDF5.check(H5Pcreate(kind), "H5Pcreate", path: path))
}

extension HDF5Error {
    /// What is told of a fault of the file at `path`.
    init(_ fault: HDF5StructureFault, path: String) {
        var (message, cause) = (fault.problem, Cause.damaged)
        switch fault.kind {
        case .damaged: break
        case .cutOff: cause = .cutOff
        case .form(let mend):
            cause = .form
            if let mend { message += "; make one that is with: " + mend.command(for: path) }
        }
        self.init(
            path: path, object: fault.object, function: "byte \(fault.place)", message: message,
            cause: cause)
    }
}
