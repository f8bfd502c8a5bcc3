/// Why a file, or something in it, is not read.
struct HDF5StructureFault: Error {
    /// The ways in which a file can be wrong.
    enum Kind {
        /// Bytes that no writer writes.
        case damaged
        /// The file ends before it should.
        case cutOff
        /// A whole file, of a form that is not read.
        case form(mend: HDF5Mending?)
    }

    let kind: Kind
    /// The byte of the file at which it shows.
    var place: UInt64
    /// What is wrong.
    let problem: String
    /// The array or group that is meant; empty for the file itself.
    var object = ""

    /// Bytes that no writer writes.
    init(place: UInt64, problem: String) {
        (kind, self.place, self.problem) = (.damaged, place, problem)
    }

    /// A file that ends before it should.
    init(cutOff problem: String) {
        (kind, place, self.problem) = (.cutOff, 0, problem)
    }

    /// A form that is not read, and what makes one that is.
    init(place: UInt64, form problem: String, mend: HDF5Mending?) {
        (kind, self.place, self.problem) = (.form(mend: mend), place, problem)
    }

    /// The same of an object that has a name.
    func naming(_ name: String) -> HDF5StructureFault {
        var fault = self
        if fault.object.isEmpty { fault.object = name }
        return fault
    }
}

/// What makes a file that is read from one that is not.
enum HDF5Mending {
    /// `h5repack` of the HDF5 library: unpacks every filter that it was built with, and writes the
    /// oldest form.
    case repack
    /// The same for what only newer versions of `h5repack` can open, and ``copy`` where it is older.
    case repackOrCopy
    /// Arrays and attributes alone, copied with h5py: where `h5repack` keeps the form or has not the
    /// filter.
    case copy
    /// The same with the filters of the package hdf5plugin.
    case copyWithFilters

    /// The command that makes a copy of a file, which is named beside it.
    func command(for path: String) -> String {
        let copy = (path.hasSuffix(".h5") ? String(path.dropLast(3)) : path) + "-plain.h5"
        switch self {
        case .repack:
            return "h5repack -f NONE -S FSM_AGGR -P 0 --low=0 \(quoted(path)) \(quoted(copy))"
        case .repackOrCopy:
            return HDF5Mending.repack.command(for: path)
                + " (if h5repack is of the version of HDF5 that wrote the file, or later), or with: "
                + HDF5Mending.copy.command(for: path)
        case .copy: return python("h5py", path, copy)
        case .copyWithFilters:
            return python("h5py, hdf5plugin", path, copy) + " (pip install hdf5plugin)"
        }
    }

    private func quoted(_ path: String) -> String {
        let isPlain = path.unicodeScalars.allSatisfy {
            $0.properties.isAlphabetic || ("0"..."9").contains($0)
                || "/._-+=:,@".unicodeScalars.contains($0)
        }
        return isPlain && !path.isEmpty
            ? path
            : "'"
                + path.split(
                    separator: "'", omittingEmptySubsequences: false
                ).joined(separator: "'\\''") + "'"
    }

    /// Groups are walked by hand: h5py's own walks leave out what has a second name.
    private func python(_ modules: String, _ path: String, _ copy: String) -> String {
        "python -c \"import sys, \(modules); a = h5py.File(sys.argv[1]); "
            + "b = h5py.File(sys.argv[2], 'w', libver='earliest'); b.attrs.update(a.attrs); "
            + "c = lambda g, p: [c(g[k], p + k + '/') if isinstance(g[k], h5py.Group) "
            + "and p.count('/') < 2 else isinstance(g[k], h5py.Dataset) and "
            + "b.create_dataset(p + k, data=g[k][()], dtype=g[k].dtype) for k in g "
            + "if isinstance(g.get(k, getlink=True), h5py.HardLink)]; c(a, '')\" "
            + "\(quoted(path)) \(quoted(copy))"
    }
}
