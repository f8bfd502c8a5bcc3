import FileSystem

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension ImageCodec {
    /// The picture in the PNG, JPEG or TIFF file at `path`, of 8 bits per sample; see
    /// ``decode(_:name:)``.
    ///
    /// - Throws: ``ImageError`` naming the path.
    public static func load(path: String) throws(ImageError) -> RGBImage {
        try load(path: path, stretch: nil).image
    }

    /// The label in the PNG, JPEG or TIFF file at `path`; see ``decodeLabel(_:name:)``.
    ///
    /// - Throws: ``ImageError`` naming the path.
    public static func loadLabel(path: String) throws(ImageError) -> BinaryMask {
        try decodeLabel(read(path: path), name: path)
    }

    /// All bytes of the file at `path`.
    ///
    /// - Throws: ``ImageError`` naming the path and the reason of the system.
    public static func read(path: String) throws(ImageError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            throw systemError(path, "cannot be opened", "check the path", .missing)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else {
            throw systemError(path, "cannot be examined", "check the disk", .missing)
        }
        var bytes: [UInt8] = []
        // One more than the size, so that the read which finds the end needs no room of its own.
        var chunk = max(Int(status.st_size) + 1, 1 << 16)
        while true {
            var got = 0
            let part = [UInt8](unsafeUninitializedCapacity: chunk) { buffer, used in
                repeat {
                    got = systemRead(file, buffer.baseAddress, chunk)
                } while got < 0 && errno == EINTR
                used = max(got, 0)
            }
            guard got >= 0 else {
                throw systemError(path, "cannot be read", "check the path and the disk", .missing)
            }
            if got == 0 { return bytes }
            if bytes.isEmpty { bytes = part } else { bytes += part }
            chunk = 1 << 16
        }
    }

    /// Writes a file as a whole or not at all: into a new file of the same folder, which then
    /// takes the name `path`.
    ///
    /// - Parameters:
    ///   - bytes: The contents, such as ``encodePNG(_:)-(RGBImage)`` gives.
    ///   - path: Where; an existing file is replaced, the folder must exist.
    /// - Throws: ``ImageError`` naming the path and the reason of the system; no file is left.
    public static func write(_ bytes: [UInt8], path: String) throws(ImageError) {
        var existing = stat()
        if stat(path, &existing) == 0, existing.st_mode & S_IFMT != S_IFREG {
            throw ImageError(
                name: path, what: "is not a regular file, and would be replaced by one",
                hint: "give the path of a file", kind: .cannotWrite)
        }
        let temporary = path + ".\(getpid())-\(UInt32.random(in: .min ... .max)).tmp"
        let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard file >= 0 else {
            throw systemError(
                path, "cannot be created", "check that the folder exists and may be written to",
                .cannotWrite)
        }
        var written = 0
        var failure: Int32?
        while written < bytes.count && failure == nil {
            let count = bytes.withUnsafeBytes {
                systemWrite(file, $0.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                failure = errno
            }
        }
        do throws(FileOperationFailure) {
            if failure == nil { try FileOperations.synchronize(descriptor: file) }
        } catch {
            failure = error.code
        }
        if close(file) != 0 && failure == nil { failure = errno }
        do throws(FileOperationFailure) {
            if failure == nil { try FileOperations.move(temporary, to: path) }
        } catch {
            failure = error.code
        }
        guard let reason = failure else { return }
        unlink(temporary)
        throw systemError(
            path, "cannot be written", "check the disk's free space", .cannotWrite, reason)
    }

    private static func systemError(
        _ path: String, _ what: String, _ hint: String, _ kind: ImageError.Kind,
        _ code: Int32 = errno
    ) -> ImageError {
        ImageError(
            name: path.isEmpty ? "(no path)" : path,
            what: "\(what): \(String(cString: strerror(code)))", hint: hint, kind: kind)
    }
}

// `ImageCodec.read` and `ImageCodec.write` hide the functions of the same name.
private func systemRead(_ file: Int32, _ target: UnsafeMutableRawPointer?, _ count: Int) -> Int {
    read(file, target, count)
}

private func systemWrite(_ file: Int32, _ source: UnsafeRawPointer?, _ count: Int) -> Int {
    write(file, source, count)
}
