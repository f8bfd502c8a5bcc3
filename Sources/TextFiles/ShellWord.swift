import Foundation

/// A word as a shell reads it back.
package func shellWord(_ word: String) -> String {
    let plain = word.allSatisfy {
        $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+=:,@%".contains($0))
    }
    return plain && !word.isEmpty
        ? word : "'" + word.replacingOccurrences(of: "'", with: "'\\''") + "'"
}
