/// Whether a key fits a pattern in which `*` stands for any characters.
public func keyFits(_ key: String, _ pattern: String) -> Bool {
    let (key, pattern) = (Array(key.utf8), Array(pattern.utf8))
    let star = UInt8(ascii: "*")
    var (k, p) = (0, 0)
    var retry: (key: Int, pattern: Int)?
    while k < key.count {
        if p < pattern.count, pattern[p] == star {
            retry = (k, p + 1)
            p += 1
        } else if p < pattern.count, pattern[p] == key[k] {
            (k, p) = (k + 1, p + 1)
        } else if let last = retry {
            retry = (last.key + 1, last.pattern)
            (k, p) = (last.key + 1, last.pattern)
        } else {
            return false
        }
    }
    return pattern[p...].allSatisfy { $0 == star }
}
