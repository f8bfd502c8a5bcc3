/// What a file is that is no zip archive, and what to do about it; nil for archives.
func foreignFormat(_ bytes: UnsafeRawBufferPointer) -> (problem: String, advice: String)? {
    func begins(_ signature: [UInt8], at position: Int = 0) -> Bool {
        bytes.dropFirst(position).starts(with: signature)
    }
    if begins([0x50, 0x4B]) { return nil }
    if begins(Array("version https://git-lfs".utf8)) {
        return ("is a pointer of Git LFS, not the file itself", "run git lfs pull in its folder")
    }
    if begins(legacyMagic, at: 2), begins([0x80]) {
        return (
            "was written by torch.save before version 1.6, which made no zip archives",
            "load it in Python and write it with torch.save"
        )
    }
    if begins(Array("ustar".utf8), at: 257) {
        return (
            "is a tar archive", "unpack it, or load it in Python and write it with torch.save"
        )
    }
    if begins([0x1F, 0x8B]) { return ("is compressed with gzip", "unpack it with gunzip first") }
    if begins([0x80]), bytes.count > 1, bytes[1] <= 5 {
        return (
            "is a bare pickle, not a file of torch.save",
            "load it in Python and write its tensors with torch.save"
        )
    }
    if begins(Array("{\"".utf8), at: 8) {
        return ("is a safetensors file", "give the folder that it and its config.json are in")
    }
    if begins(Array("<".utf8)) {
        return ("is a web page", "download the file itself")
    }
    return ("is not a file of torch.save", "give a file that torch.save wrote")
}

/// What follows the protocol in the first pickle of an old file: the number that is its magic.
private let legacyMagic: [UInt8] = [
    0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19,
]
