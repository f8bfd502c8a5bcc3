import CHDF5

/// An HDF5 file that is open for reading, or one that is being written.
final class HDF5File: Sendable {
    let path: String
    private let object: HDF5Object

    private init(path: String, object: HDF5Object) {
        self.path = path
        self.object = object
    }

    /// Creates a file that does not exist yet.
    ///
    /// Its bytes depend on what is written only: no times are stored.
    static func create(_ path: String) throws -> HDF5File {
        try HDF5.withLock {
            let creation = try makeProperties(chdf5_file_create(), path: path)
            _ = try HDF5.check(
                H5Pset_obj_track_times(creation.id, false), "H5Pset_obj_track_times", path: path)
            let id = H5Fcreate(
                path, chdf5_exclusive(), creation.id, chdf5_default_properties())
            return HDF5File(
                path: path, object: HDF5Object(try HDF5.check(id, "H5Fcreate", path: path)))
        }
    }

    /// Opens a file to read it, whose structure is one that the library can be trusted with.
    static func open(_ path: String) throws -> HDF5File {
        do {
            try HDF5Structure.check(path: path)
        } catch {
            throw HDF5Error(
                path: path, object: "", function: "byte \(error.place)", message: error.problem)
        }
        return try HDF5.withLock {
            let id = H5Fopen(path, chdf5_read_only(), chdf5_default_properties())
            return HDF5File(
                path: path, object: HDF5Object(try HDF5.check(id, "H5Fopen", path: path)))
        }
    }

    /// Whether the file begins as HDF5 files do.
    static func hasSignature(_ path: String) -> Bool {
        HDF5.withLock { H5Fis_hdf5(path) > 0 }
    }

    /// Hands everything that was written to the operating system.
    func flush() throws {
        try HDF5.withLock {
            _ = try HDF5.check(H5Fflush(object.id, H5F_SCOPE_GLOBAL), "H5Fflush", path: path)
        }
    }

    /// Creates the group `name`.
    func createGroup(_ name: String) throws {
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
    func createArray<Element: HDF5Element>(
        _ name: String, of: Element.Type, columns: Int? = nil, chunk: Int
    ) throws -> HDF5Array<Element> {
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
            return HDF5Array(path: path, name: name, object: array, columns: columns)
        }
    }

    /// Opens the array `name`.
    func array<Element: HDF5Element>(
        _ name: String, of: Element.Type, columns: Int? = nil
    ) throws -> HDF5Array<Element> {
        try HDF5.withLock {
            let id = H5Dopen2(object.id, name, chdf5_default_properties())
            let array = HDF5Object(try HDF5.check(id, "H5Dopen2", path: path, object: name))
            return HDF5Array(path: path, name: name, object: array, columns: columns)
        }
    }

    /// Whether the file has the group or array `name`, whose parent exists.
    func contains(_ name: String) throws -> Bool {
        try HDF5.withLock {
            try HDF5.check(
                H5Lexists(object.id, name, chdf5_default_properties()), "H5Lexists", path: path,
                object: name) > 0
        }
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
    func writeAttribute(_ name: String, _ text: String) throws {
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
    func writeAttribute(_ name: String, _ number: Int64) throws {
        try HDF5.withLock {
            let bytes = withUnsafeBytes(of: number) { Array($0) }
            try createAttribute(
                name, type: Int64.storedType, memory: Int64.nativeType, value: bytes)
        }
    }

    /// Gives the whole-number attribute `name`, which is there, another value.
    func replaceAttribute(_ name: String, by number: Int64) throws {
        try HDF5.withLock {
            let id = H5Aopen(object.id, name, chdf5_default_properties())
            let attribute = HDF5Object(try HDF5.check(id, "H5Aopen", path: path, object: name))
            var value = number
            _ = try HDF5.check(
                H5Awrite(attribute.id, Int64.nativeType, &value), "H5Awrite", path: path,
                object: name)
        }
    }

    /// Whether there is an attribute `name`.
    func hasAttribute(_ name: String) throws -> Bool {
        try HDF5.withLock { try openAttribute(name) != nil }
    }

    /// The text attribute `name`; nil if there is none, or it is no text of fixed length.
    func textAttribute(_ name: String) throws -> String? {
        try HDF5.withLock {
            guard let attribute = try openAttribute(name) else { return nil }
            let type = try HDF5Object(
                HDF5.check(H5Aget_type(attribute.id), "H5Aget_type", path: path, object: name))
            guard H5Tget_class(type.id) == H5T_STRING, H5Tis_variable_str(type.id) == 0 else {
                return nil
            }
            var bytes = [UInt8](repeating: 0, count: H5Tget_size(type.id))
            guard H5Aget_storage_size(attribute.id) == bytes.count else { return nil }
            _ = try HDF5.check(
                H5Aread(attribute.id, type.id, &bytes), "H5Aread", path: path, object: name)
            return String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// The whole-number attribute `name`; nil if there is none, or it is no single whole number.
    func numberAttribute(_ name: String) throws -> Int64? {
        try HDF5.withLock {
            guard let attribute = try openAttribute(name) else { return nil }
            let type = try HDF5Object(
                HDF5.check(H5Aget_type(attribute.id), "H5Aget_type", path: path, object: name))
            guard H5Tget_class(type.id) == H5T_INTEGER,
                H5Aget_storage_size(attribute.id) == H5Tget_size(type.id)
            else { return nil }
            var number: Int64 = 0
            _ = try HDF5.check(
                H5Aread(attribute.id, Int64.nativeType, &number), "H5Aread", path: path,
                object: name)
            return number
        }
    }

    private func openAttribute(_ name: String) throws -> HDF5Object? {
        let exists = try HDF5.check(
            H5Aexists(object.id, name), "H5Aexists", path: path, object: name)
        guard exists > 0 else { return nil }
        let id = H5Aopen(object.id, name, chdf5_default_properties())
        return HDF5Object(try HDF5.check(id, "H5Aopen", path: path, object: name))
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
