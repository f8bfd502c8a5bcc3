import TextFiles

/// The names of a configuration's keys, for those that are no key.
package struct KeyNames: Sendable {
    /// The keys, dotted.
    package let keys: [String]
    /// Those of other trainers.
    package let foreign: ForeignNames

    /// Names from their parts.
    package init(_ keys: [String], foreign: ForeignNames = ForeignNames()) {
        (self.keys, self.foreign) = (keys, foreign)
    }

    /// What a name that is no key was meant to be.
    package struct Guess: Sendable {
        /// What is wrong with it, and what to write; nil if nothing is close.
        package let message: String?
        /// The key or section that was most likely meant.
        package let meant: String?
    }

    /// The sections, from the outside in, each once.
    package var sections: [String] {
        var seen: Set<String> = []
        return keys.flatMap { key in
            let parts = key.split(separator: ".").dropLast()
            return parts.indices.map { parts[...$0].joined(separator: ".") }
        }.filter { seen.insert($0).inserted }
    }

    /// Guesses what was meant.
    ///
    /// - Parameters:
    ///   - name: the name, dotted
    ///   - isTable: whether a table of keys stands below it
    /// - Returns: what to say, and the name that was meant
    package func guess(_ name: String, isTable: Bool = false) -> Guess {
        if isTable, let section = nearest(name, among: sections) {
            return asked(section)
        }
        if let found = exact(name) {
            return found.key.map(asked) ?? found.foreign.map(told)
                ?? Guess(message: nil, meant: nil)
        }
        if let key = nearest(name, among: keys + sections) { return asked(key) }
        if let key = foreign.nearest(name) { return told(key) }
        return Guess(message: nil, meant: nil)
    }

    /// The key that a name says but for its section, or another trainer's key of that name.
    package func exact(_ name: String) -> (key: String?, foreign: ForeignKey?)? {
        if keys.contains(name) { return (name, nil) }
        if name.contains("."), let key = foreign.keys.first(where: { $0.name == name }) {
            return (nil, key)
        }
        let tail = Nearest.squeezed(Self.tail(name))
        let same = tail.isEmpty ? [] : keys.filter { Nearest.squeezed(Self.tail($0)) == tail }
        if !same.isEmpty { return (Self.closest(same, to: name), nil) }
        return (foreign.whole(name) ?? foreign.last(name)).map { (nil, $0) }
    }

    private func asked(_ name: String) -> Guess {
        Guess(message: "did you mean \(name)?", meant: name)
    }

    private func told(_ key: ForeignKey) -> Guess {
        let here = key.ours.filter(keys.contains)
        return Guess(
            message: key.words(known: keys), meant: here.count == 1 ? here[0] : nil)
    }

    /// The name that is close to another, whole or in its last part.
    package func nearest(_ name: String, among names: [String]) -> String? {
        let (whole, last) = (Nearest.squeezed(name), Nearest.squeezed(Self.tail(name)))
        let candidates = names.map { candidate in
            let full = editDistance(whole, Nearest.squeezed(candidate))
            let part = editDistance(last, Nearest.squeezed(Self.tail(candidate)))
            // What goes on as the text begins is meant rather than what is shorter.
            let begins = Nearest.squeezed(Self.tail(candidate)).hasPrefix(last) ? 0 : 1
            return (name: candidate, part: min(full, part), begins: begins, full: full)
        }
        guard
            let best = candidates.min(by: {
                ($0.part, $0.begins, $0.full) < ($1.part, $1.begins, $1.full)
            }),
            best.part <= max(2, last.count / 3), best.part < last.count
        else { return nil }
        return best.name
    }

    private static func closest(_ names: [String], to name: String) -> String {
        names.min { editDistance($0, name) < editDistance($1, name) } ?? names[0]
    }

    private static func tail(_ name: String) -> String {
        name.split(separator: ".").last.map(String.init) ?? name
    }
}
