/// A command's options, and its arguments, as its help calls them.
package struct CommandInputs {
    /// The names of options and flags, without dashes.
    package let options: [String]
    /// Those that take no value.
    package let flags: [String]
    /// Those that can stand several times.
    package let repeated: [String]
    /// The names of the words without options.
    package let arguments: [String]
    /// What the options' values are.
    package let kinds: [String: OptionKind]
    /// How many words the command's name has, without the program's.
    package let depth: Int

    package init(
        options: [String], flags: [String], repeated: [String], arguments: [String],
        kinds: [String: OptionKind], depth: Int
    ) {
        (self.options, self.flags, self.repeated) = (options, flags, repeated)
        (self.arguments, self.kinds, self.depth) = (arguments, kinds, depth)
    }
}

/// What an option's value is, for what is said of one that is refused.
package enum OptionKind: Hashable {
    /// A whole number, from 0 where it has no sign.
    case integer(isSigned: Bool)
    /// A number.
    case number
    /// So many numbers of a place in a picture: a box's edges, or a point.
    case coordinates(Int)
    /// A text, a path, one of several words.
    case other
}
