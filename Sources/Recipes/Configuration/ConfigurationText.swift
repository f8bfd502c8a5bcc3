import Yams

/// A file's YAML as a tree, without the keys that stand twice, each of which is a problem.
struct ConfigurationText {
    /// The tree; nil if the text is empty or not YAML.
    private(set) var tree: Node?
    private(set) var problems: [ConfigurationProblem] = []
    private let file: String
    /// The first characters of keys that stand twice, by what stands in their place now.
    private var marked: [Unicode.Scalar: Unicode.Scalar] = [:]

    /// Such scalars are no part of any key, and YAML takes them.
    private static let firstMark: UInt32 = 0xE000

    /// Reads a text.
    ///
    /// The parser ends at the first key that stands twice. To find all of them, and what else is wrong,
    /// the first of such a pair is renamed in the text, and the text is read again.
    init(_ text: String, file: String) {
        self.file = file
        var lines = Array(text.unicodeScalars)
            .split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
        // The parser compares keys by all that they stand for: of aliases of lists of aliases that takes
        // for ever.
        if text.contains("*"), let place = YAMLOutline(text).complexKeys.first {
            report(
                (place.line, place.column), "",
                "a key is a text: no alias, list or table, and not written with ?")
            return
        }
        while true {
            do {
                let scalars = lines.joined(separator: CollectionOfOne("\n" as Unicode.Scalar))
                let root = try compose(yaml: String(String.UnicodeScalarView(scalars)))
                tree = root.map { withoutMarked($0, path: []) }
                return
            } catch YamlError.duplicatedKeysInMapping(let names, let context) {
                if mark(names.first ?? "", at: context.mark, in: &lines) { continue }
                let place = (context.mark.line, context.mark.column)
                report(place, names.first ?? "", "stands twice in its section; keep one")
            } catch {
                let problem = YAMLDiagnosis(error)
                let hint = Self.braces(lines, problem.place)
                report(problem.place, "", "not YAML: \(problem.text)\(hint)")
            }
            return
        }
    }

    /// What to do about the braces of a variable, which YAML takes for a table's.
    private static func braces(
        _ lines: [[Unicode.Scalar]], _ place: (line: Int, column: Int)?
    ) -> String {
        guard let place, lines.indices.contains(place.line - 1) else { return "" }
        let line = String(String.UnicodeScalarView(lines[place.line - 1]))
        return line.contains("${") ? "; inside {…} and […] put a path with ${NAME} in quotes" : ""
    }

    /// Renames the key that begins at a place.
    private mutating func mark(
        _ name: String, at place: Mark, in lines: inout [[Unicode.Scalar]]
    ) -> Bool {
        let line = place.line - 1
        guard lines.indices.contains(line), let first = name.unicodeScalars.first,
            let sign = Unicode.Scalar(Self.firstMark + UInt32(marked.count)), marked.count < 1000
        else { return false }
        // A key in quotes begins after them.
        for column in [place.column - 1, place.column]
        where lines[line].indices.contains(column)
            && lines[line][column...].starts(with: name.unicodeScalars)
        {
            lines[line][column] = sign
            marked[sign] = first
            return true
        }
        return false
    }

    /// The tree without renamed keys, which are reported where the one stands that stays.
    private mutating func withoutMarked(_ node: Node, path: [String]) -> Node {
        // No configuration is deeper than that.
        guard !marked.isEmpty, path.count < 4, let mapping = node.mapping else { return node }
        var pairs: [(Node, Node)] = []
        for (key, value) in mapping {
            let text = key.scalar?.string ?? ""
            guard let sign = text.unicodeScalars.first, let first = marked[sign] else {
                pairs.append((key, withoutMarked(value, path: path + [text])))
                continue
            }
            let name = String(first) + String(text.dropFirst())
            let kept = mapping.map(\.key).last { $0.scalar?.string == name } ?? key
            report(
                kept.mark.map { ($0.line, $0.column) }, (path + [name]).joined(separator: "."),
                "stands at line \(key.mark?.line ?? 0) already; keep one")
        }
        return .mapping(.init(pairs, mapping.tag, mapping.style, mapping.mark))
    }

    private mutating func report(
        _ place: (line: Int, column: Int)?, _ key: String, _ message: String
    ) {
        problems.append(
            ConfigurationProblem(
                location: place.map { "\(file):\($0.line):\($0.column)" } ?? file, key: key,
                message: message))
    }
}
