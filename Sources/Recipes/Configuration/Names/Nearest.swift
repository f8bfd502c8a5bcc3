import TextFiles

/// Which of several known names a text was most likely meant to be.
///
/// Names are compared as people mix them up: without case, hyphens, underscores, dots and spaces, by the
/// edits of single characters, two that change places being one edit.
package enum Nearest {
    /// The known name that a text is closest to; nil if none is close.
    ///
    /// - Parameters:
    ///   - text: as it was written
    ///   - names: the names that are known; the first one wins among equals
    /// - Returns: one of the names
    package static func name(to text: String, among names: [String]) -> String? {
        let plain = squeezed(text)
        guard !plain.isEmpty else { return nil }
        if let same = names.first(where: { squeezed($0) == plain }) { return same }
        let begun = names.filter { squeezed($0).hasPrefix(plain) }
        if plain.count >= 3, begun.count == 1 { return begun[0] }
        // The plural of a name of one of several.
        if let one = names.first(where: { plain == squeezed($0) + "es" }) { return one }
        let distances = names.map { ($0, editDistance(plain, squeezed($0))) }
        guard let (nearest, distance) = distances.min(by: { $0.1 < $1.1 }),
            distance <= max(1, plain.count / 3), distance < squeezed(nearest).count
        else { return nil }
        return nearest
    }

    /// The pattern of dotted names that was meant by one that no name fits.
    ///
    /// The first part that no name has in its place is replaced by the nearest that one has.
    ///
    /// - Parameters:
    ///   - pattern: names with dots, `*` standing for anything
    ///   - keys: the dotted names that there are
    /// - Returns: the pattern; nil if nothing is near
    package static func pattern(to pattern: String, among keys: [String]) -> String? {
        let parts = pattern.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        var names = keys.map { $0.split(separator: ".").map(String.init) }
        for (place, part) in parts.enumerated() {
            if part.contains("*") { return nil }
            let there = names.filter { $0.count > place && $0[place] == part }
            if !there.isEmpty {
                names = there
                continue
            }
            let known = Set(names.compactMap { $0.count > place ? $0[place] : nil }).sorted()
            return name(to: part, among: known).map {
                (parts[..<place] + [$0] + parts[(place + 1)...]).joined(separator: ".")
            }
        }
        return nil
    }

    /// `; did you mean NAME?`; empty if no name is close.
    package static func question(_ text: String, among names: [String]) -> String {
        name(to: text, among: names).map { "; did you mean \($0)?" } ?? ""
    }

    /// A text's letters and digits, as they look, without case.
    package static func squeezed(_ text: String) -> String {
        LookAlikes.plain(text).lowercased().filter { $0.isLetter || $0.isNumber }
    }
}
