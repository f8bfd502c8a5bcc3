import Yams

/// The names of the keys in a file, whatever they are, for finding out whose configuration it is.
package struct ConfigurationOutline: Sendable {
    /// The dotted names of all that has a value, in order.
    package let names: [String]

    /// Reads a file.
    ///
    /// Nil if it is no table of keys.
    ///
    /// - Parameter file: the YAML file
    package init?(file: String) {
        guard let text = try? configurationText(file, what: "configuration file"),
            let tree = ConfigurationText(text, file: file).tree, tree.mapping != nil
        else { return nil }
        names = Self.names(tree, prefix: "", depth: 0)
    }

    /// How many of the names are neither one of these keys nor a part of one's value.
    package func strangers(to keys: [String]) -> Int {
        names.count { name in
            !keys.contains { name == $0 || name.hasPrefix($0 + ".") }
        }
    }

    /// The value of a key, where it is one text.
    package static func text(_ key: String, in file: String) -> String? {
        guard let text = try? configurationText(file, what: "configuration file") else {
            return nil
        }
        return ConfigurationText(text, file: file).tree?[key]?.scalar?.string
    }

    private static func names(_ node: Node, prefix: String, depth: Int) -> [String] {
        // No configuration is deeper than that.
        guard depth < 5, let mapping = node.mapping else { return [prefix] }
        return mapping.flatMap { key, value in
            let name = key.scalar?.string ?? "?"
            return names(
                value, prefix: prefix.isEmpty ? name : "\(prefix).\(name)", depth: depth + 1)
        }
    }
}
