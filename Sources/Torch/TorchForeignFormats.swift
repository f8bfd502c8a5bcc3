/// What a file is, by its first bytes.
enum FileSignature {
    case gitLFS, zip, oldTorch, oldText, tar, gzip, pickle, safetensors, gguf, hdf5, page

    /// nil if the bytes tell nothing.
    init?(_ bytes: UnsafeRawBufferPointer) {
        func begins(_ signature: [UInt8], at position: Int = 0) -> Bool {
            bytes.dropFirst(position).starts(with: signature)
        }
        if begins([0x50, 0x4B]) {
            self = .zip
        } else if begins(Array("version https://git-lfs".utf8)) {
            self = .gitLFS
        } else if OldTorchFile.magicCount(bytes) != nil {
            self = .oldTorch
        } else if begins(Array("L119547037146038801333356L\n.".utf8)) {
            self = .oldText
        } else if begins(Array("ustar".utf8), at: 257) {
            self = .tar
        } else if begins([0x1F, 0x8B]) {
            self = .gzip
        } else if begins(Array("{\"".utf8), at: 8) {
            self = .safetensors
        } else if begins([0x80]), bytes.count > 1, bytes[1] <= 5 {
            self = .pickle
        } else if begins(Array("GGUF".utf8)) {
            self = .gguf
        } else if begins(Array("\u{89}HDF".unicodeScalars.map { UInt8($0.value) })) {
            self = .hdf5
        } else if begins(Array("<".utf8)) {
            self = .page
        } else {
            return nil
        }
    }

    /// What such a file is whatever was expected, and what to do about it; nil where that depends.
    private var common: (problem: String, advice: String)? {
        switch self {
        case .gitLFS:
            ("is a pointer of Git LFS, not the file itself", "run git lfs pull in its folder")
        case .gzip: ("is compressed with gzip", "unpack it with gunzip first")
        case .gguf:
            (
                "is a GGUF file, whose weights llama.cpp reads",
                "take the checkpoint that it was converted from, with config.json and safetensors"
            )
        case .hdf5:
            ("is an HDF5 file", "give a file that torch.save or safetensors wrote")
        case .page: ("is a web page", "download the file itself")
        case .zip, .oldTorch, .oldText, .tar, .pickle, .safetensors: nil
        }
    }

    /// What a file is that should be one of `torch.save`, and is not.
    func insteadOfTorch() -> (problem: String, advice: String)? {
        switch self {
        case .zip, .oldTorch: return nil
        case .oldText:
            return (
                "is a file of torch.save in pickle protocol 0 or 1, which are not read",
                "load it in Python with torch.load and write it with torch.save, which takes protocol 2"
            )
        case .tar:
            return (
                "is a tar archive", "unpack it, or load it in Python and write it with torch.save"
            )
        case .pickle:
            return (
                "is a bare pickle, not a file of torch.save",
                "load it in Python and write its tensors with torch.save"
            )
        case .safetensors:
            return (
                "is a safetensors file",
                "call it model.safetensors, and give the folder that it and its config.json are in"
            )
        default: return common
        }
    }

    /// What a file is that should be safetensors.
    func insteadOfSafetensors() -> (problem: String, advice: String)? {
        switch self {
        case .safetensors: return nil
        case .zip, .oldTorch, .oldText, .pickle:
            return (
                "is no safetensors file, but one that Python's torch.save wrote",
                "call it pytorch_model.bin"
            )
        case .tar: return ("is a tar archive", "unpack it first")
        default: return common
        }
    }
}

/// What a file is that `torch.save` did not write, and what to do about it; nil if it did.
func foreignFormat(_ bytes: UnsafeRawBufferPointer) -> (problem: String, advice: String)? {
    guard let signature = FileSignature(bytes) else {
        return ("is not a file of torch.save", "give a file that torch.save wrote")
    }
    return signature.insteadOfTorch()
}

/// What a file is that is not safetensors, and what to do about it; nil for what may be.
func notSafetensors(_ bytes: UnsafeRawBufferPointer) -> (problem: String, advice: String)? {
    FileSignature(bytes)?.insteadOfSafetensors()
}
