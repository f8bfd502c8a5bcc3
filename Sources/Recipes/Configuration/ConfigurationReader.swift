import Files
import TextFiles
package import Yams

/// Reads YAML into a configuration by its table of keys.
///
/// Every problem is found in one go.
package struct ConfigurationReader<Root> {
    package let keys: [ConfigurationKey<Root>]
    /// The command that lists all keys.
    package let listing: String
    /// The names of the keys, and those that other trainers have for them.
    package let names: KeyNames
    package private(set) var problems: [ConfigurationProblem] = []
    /// Where each key was set, for problems that show only later.
    package private(set) var locations: [String: String] = [:]
    /// What people should know of values that nobody set.
    package private(set) var notes: [String] = []
    /// Keys whose values could not be read: what else they lack is beside the point.
    private var unread: Set<String> = []
    /// The lines of the keys of the file that is being read.
    private var lines: [String: Int] = [:]
    /// Where the entries of lists stand.
    private var entries: [String: [String]] = [:]

    package init(
        keys: [ConfigurationKey<Root>], listing: String = "think2seg config show",
        foreign: ForeignNames = ForeignNames()
    ) {
        self.keys = keys
        self.listing = listing
        names = KeyNames(keys.map(\.name), foreign: foreign)
    }

    /// Reads a file's text into `root`.
    package mutating func read(_ text: String, file: String, into root: inout Root) {
        let reading = ConfigurationText(text, file: file)
        problems += reading.problems
        guard let tree = reading.tree else { return }
        guard tree.mapping != nil else {
            report(notTable: tree, file: file)
            return
        }
        read(tree: tree, file: file, into: &root)
    }

    /// Reads a table of keys, part of a file, into `root`.
    package mutating func read(tree: Node, file: String, into root: inout Root) {
        lines = [:]
        read(tree, prefix: "", file: file, into: &root)
    }

    private mutating func read(
        _ node: Node, prefix: String, file: String, into root: inout Root
    ) {
        for (keyNode, value) in node.mapping ?? [:] {
            let name = prefix + (keyNode.scalar?.string ?? "?")
            let mark = keyNode.mark.map { "\(file):\($0.line):\($0.column)" } ?? file
            if keys.contains(where: { $0.name == name }) {
                if let line = lines.updateValue(keyNode.mark?.line ?? 0, forKey: name) {
                    report(mark, name, "stands at line \(line) already; keep one")
                    continue
                }
                let below = MissingColon.place(value, below: keyNode)
                assign(
                    name, value, location: mark,
                    below: below.map { "\(file):\($0.line):\($0.column)" }, into: &root)
            } else if keys.contains(where: { $0.name.hasPrefix(name + ".") }) {
                if value.mapping != nil {
                    read(value, prefix: name + ".", file: file, into: &root)
                } else if value.scalar?.string.isEmpty != true {
                    let below = MissingColon.place(value, below: keyNode)
                    let place = value.sequence == nil ? below : value.mark
                    report(
                        place.map { "\(file):\($0.line):\($0.column)" } ?? mark, name,
                        Self.notSection(value))
                }
            } else if name.hasSuffix("<<") {
                report(mark, name, "merge keys are not read: write the keys out")
            } else {
                let others = (node.mapping ?? [:]).compactMap { $0.key.scalar?.string }
                readUnknown(
                    name, value, at: mark, besides: others.map { prefix + $0 }, file: file,
                    into: &root)
            }
        }
    }

    /// Reports a name that is no key; of a section the keys below it are read as what was meant.
    private mutating func readUnknown(
        _ name: String, _ value: Node, at mark: String, besides others: [String], file: String,
        into root: inout Root
    ) {
        let isTable = value.mapping?.isEmpty == false
        let guess = names.guess(name, isTable: isTable)
        let section = guess.meant.flatMap { names.sections.contains($0) ? $0 : nil }
        if isTable, section == nil, names.foreign.isSection(name) {
            read(value, prefix: name + ".", file: file, into: &root)
            return
        }
        report(mark, name, unknown(name, isTable: isTable))
        guard let meant = guess.meant, !others.contains(meant) else { return }
        if isTable, section != nil {
            read(value, prefix: meant + ".", file: file, into: &root)
        } else if locations[meant] == nil {
            unread.insert(meant)
        }
    }

    /// What is wrong with a value that should be a table of keys.
    private static func notSection(_ value: Node) -> String {
        let begin = "is a section: its keys stand below it, indented"
        if value.sequence != nil { return begin + ", without - before them" }
        return begin + (MissingColon.reason(value).map { "; \($0)" } ?? "")
    }

    /// What is wrong with a file that should be a table of keys, and where.
    private mutating func report(notTable tree: Node, file: String) {
        let place = tree.mark.map { "\(file):\($0.line):\($0.column)" } ?? file
        let begin = "the file is not a table of keys, but "
        if tree.sequence != nil {
            report(place, "", begin + "a list: write its keys without - before them")
        } else {
            let reason = MissingColon.reason(tree) ?? "a line is key: value"
            report(place, "", begin + "a text: \(reason)")
        }
    }

    /// Reads `key=value` into `root`, as `--set` has it.
    package mutating func override(_ assignment: String, into root: inout Root) {
        let location = "--set \(assignment)"
        guard let split = assignment.firstIndex(of: "=") else {
            let note = LookAlikes.note(assignment).map { ": \($0)" } ?? ""
            // Of what is written as in a file, the key is what stands before the colon.
            let parts = assignment.split(separator: ":", maxSplits: 1).map(String.init)
            let isKey = keys.contains { $0.name == parts.first }
            let value = parts.count > 1 ? parts[1].drop { $0 == " " } : "VALUE"
            let form = isKey ? ": write --set \(parts[0])=\(value)" : note
            report(location, "", "expected key=value\(form)")
            return
        }
        let name = String(assignment[..<split])
        let text = String(assignment[assignment.index(after: split)...])
        guard keys.contains(where: { $0.name == name }) else {
            report(location, name, unknown(name))
            if let meant = names.guess(name).meant, locations[meant] == nil { unread.insert(meant) }
            return
        }
        do {
            let node = try compose(yaml: text) ?? Node("", .implicit, .plain)
            assign(name, node, location: location, into: &root)
        } catch {
            report(location, name, "the value is not YAML: \(YAMLDiagnosis(error).text)")
        }
    }

    /// Gives keys that nobody set values from elsewhere.
    ///
    /// - Parameters:
    ///   - values: values as YAML by key; keys that are none of these are left out
    ///   - origin: where the values are from
    ///   - root: what gets them
    /// - Returns: the keys that have another value than before, in order
    package mutating func complete(
        _ values: [(key: String, yaml: String)], from origin: String, into root: inout Root
    ) -> [String] {
        values.compactMap { name, yaml in
            guard locations[name] == nil, let key = keys.first(where: { $0.name == name }) else {
                return nil
            }
            let before = key.write(root)
            let node = (try? compose(yaml: yaml)).flatMap(\.self) ?? Node("", .implicit, .plain)
            assign(name, node, location: origin, into: &root)
            return key.write(root) == before ? nil : name
        }
    }

    /// Adds what people should know, although nothing is wrong.
    package mutating func note(_ text: String) { notes.append(text) }

    private mutating func assign(
        _ name: String, _ node: Node, location: String, below: String? = nil, into root: inout Root
    ) {
        guard let key = keys.first(where: { $0.name == name }) else { return }
        locations[name] = location
        entries[name] = node.sequence?.map { node in
            node.mark.flatMap { Self.place(($0.line, $0.column), in: location) } ?? location
        }
        let found = elsewhere(name, node).map { [$0] } ?? key.read(node, &root)
        if found.isEmpty { unread.remove(name) } else { unread.insert(name) }
        let isText = key.kind.isTable && node.scalar != nil
        for problem in found {
            let place = problem.place.flatMap { Self.place($0, in: location) }
            var reason = isText ? MissingColon.reason(node).map { "; \($0)" } ?? "" : ""
            if reason.isEmpty, !problem.message.contains("write "), let text = node.scalar?.string,
                let advice = names.foreign.nearAdvice(name, text)
            {
                reason = "; \(advice)"
            }
            report(
                place ?? (isText ? below : nil) ?? location,
                [name, problem.key].filter { !$0.isEmpty }.joined(separator: "."),
                problem.message + reason)
        }
    }

    /// What is wrong with a value that is another trainer's.
    private func elsewhere(_ name: String, _ node: Node) -> LocatedProblems.Problem? {
        guard let text = node.scalar?.string, let advice = names.foreign.advice(name, text) else {
            return nil
        }
        return .init(place: nil, key: "", message: "is \(text): \(advice)")
    }

    /// A place in the file that a location is in; nil if it is in none.
    private static func place(_ place: (line: Int, column: Int), in location: String) -> String? {
        let parts = location.split(separator: ":", omittingEmptySubsequences: false)
        guard !location.hasPrefix("--set "), parts.count >= 3 else { return nil }
        return parts.dropLast(2).joined(separator: ":") + ":\(place.line):\(place.column)"
    }

    /// Adds a problem of a key, at the place where the key was set.
    package mutating func report(_ key: String, _ message: String) {
        if unread.contains(key) { return }
        report(locations[key] ?? "", key, message)
    }

    /// Adds a problem of an entry of a list, where it stands.
    package mutating func report(_ key: String, entry: Int?, _ message: String) {
        guard let entry, let places = entries[key], places.indices.contains(entry) else {
            report(key, message)
            return
        }
        if unread.contains(key) { return }
        report(places[entry], key, "entry \(entry + 1): \(message)")
    }

    /// Adds a key that names a file or folder which is not there.
    package mutating func report(missing input: ConfigurationInput) {
        if unread.contains(input.key) { return }
        let count = problems.count
        report(input.key, entry: input.entry, "\(input.path) does not exist\(input.advice)")
        for place in count..<problems.count { problems[place].isMissingInput = true }
    }

    /// Adds problems that were found elsewhere.
    package mutating func report(_ found: [ConfigurationProblem]) { problems += found }

    private mutating func report(_ location: String, _ key: String, _ message: String) {
        problems.append(ConfigurationProblem(location: location, key: key, message: message))
    }

    private func unknown(_ name: String, isTable: Bool = false) -> String {
        let note = LookAlikes.note(name).map { ": \($0)" } ?? ""
        // A key whose value is a table is set as a whole.
        if let table = keys.first(where: { name.hasPrefix($0.name + ".") }) {
            return "is part of a table: set \(table.name) as a whole, '\(table.name)={…}'"
        }
        if let inside = keys.first(where: { $0.name.hasPrefix(name + ".") }) {
            return "is a section: set its keys, \(inside.name) and others"
        }
        if Double(name.split(separator: ".").last ?? "") != nil {
            return "unknown key; if it is a part of a number, write the number with a point"
        }
        if let colon = name.firstIndex(of: ":") {
            let begin = String(name[..<colon])
            let key = names.keys.contains(begin) || names.sections.contains(begin) ? begin : nil
            let guess = key.map { "write \($0): \(name[name.index(after: colon)...])…" }
            return "unknown key; a space is missing after its :"
                + ((guess ?? names.guess(begin).message).map { "; \($0)" } ?? "")
        }
        let guess = names.guess(name, isTable: isTable)
        return "unknown key\(note); \(guess.message ?? "`\(listing)` lists all keys")"
    }
}

/// Writes a configuration with every key, section by section, each with its meaning as a comment.
func resolvedYAML<Root>(_ root: Root, keys: [ConfigurationKey<Root>], comments: Bool) -> String {
    func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }
    var lines: [String] = []
    var open: [String] = []
    for key in keys {
        let sections = Array(key.path.dropLast())
        if comments, sections.first != open.first { lines.append("") }
        let shared = zip(open, sections).prefix { $0 == $1 }.count
        for depth in shared..<sections.count {
            lines.append("\(indent(depth))\(sections[depth]):")
        }
        open = sections
        let margin = indent(sections.count)
        if comments { lines.append("\(margin)# \(key.help) (\(key.values))") }
        lines.append("\(margin)\(key.path[sections.count]): \(key.write(root))")
    }
    return lines.joined(separator: "\n") + "\n"
}
