import Files
import Foundation
import TextFiles

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A path that cannot be read as one.
public struct PathError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with it, and what to write instead.
    public let problem: String

    /// The problem.
    public var description: String { problem }
}

/// How paths that people write are read, wherever they write them: in configurations and plans, after
/// `--set` and as options of commands.
///
/// - A leading `~` or `~/` is the home folder, `~user` that of a user.
/// - `$NAME` and `${NAME}` at the start of a component are a variable of the environment; the rest of
///   the component stays. What they stand for is taken as it is.
/// - `$$` is a dollar, anywhere.
/// - Any other `~` and `$` stays.
/// - A path does not begin with what only looks like one of them.
///
/// An unknown user, and a variable that is not set or empty, are errors: they would give other paths
/// than those that are meant.
public struct PathRule: Sendable {
    /// A variable of the environment; nil if it is not set.
    public let variable: @Sendable (String) -> String?
    /// The home folder that the password database has for a user, nil being who runs the program; nil
    /// if it knows none.
    public let home: @Sendable (String?) -> String?

    /// A rule for the variables and users that are given.
    public init(
        variable: @escaping @Sendable (String) -> String?,
        home: @escaping @Sendable (String?) -> String?
    ) {
        self.variable = variable
        self.home = home
    }

    /// The environment and the users of this machine.
    public static let system = PathRule(
        variable: { name in getenv(name).map { String(cString: $0) } }, home: registeredHome)

    /// The rule that is followed; ``system`` outside of tests.
    @TaskLocal public static var current = PathRule.system

    /// The path that a text means.
    ///
    /// - Parameter text: as it was written; the empty text stays empty
    /// - Returns: the path, which never begins with `~`
    /// - Throws: ``PathError``
    public func expand(_ text: String) throws(PathError) -> String {
        if let problem = Self.lookAlike(text) { throw PathError(problem: problem) }
        // For the system a path ends there.
        if text.unicodeScalars.contains("\0") {
            throw PathError(problem: "there is a character of number 0 in it; remove it")
        }
        var parts: [String] = []
        let components = text.split(separator: "/", omittingEmptySubsequences: false)
        for (place, component) in components.enumerated() {
            let expanded =
                place == 0 && component.first == "~"
                ? try ownerHome(String(component.dropFirst())) : try part(component)
            // A home of "/" before "/runs" is "/runs".
            parts.append(place + 1 < components.count ? expanded.withoutSlashes : expanded)
        }
        let path = parts.joined(separator: "/")
        return path.hasPrefix("~") ? "./" + path : path
    }

    /// What is wrong with a path that begins with what only looks like `~` or `$`; nil if none does.
    private static func lookAlike(_ text: String) -> String? {
        guard let first = text.unicodeScalars.first, let meant = lookAlikes[first] else {
            return nil
        }
        let what = meant == "~" ? "the home folder" : "a variable"
        return
            "\(LookAlikes.name(first)); write \(meant) for \(what), or ./\(first) for a name that begins "
            + "with it"
    }

    /// The signs by what looks like them.
    private static let lookAlikes: [Unicode.Scalar: String] = [
        "\u{FF5E}": "~", "\u{2DC}": "~", "\u{223C}": "~", "\u{301C}": "~", "\u{2053}": "~",
        "\u{FF04}": "$", "\u{FE69}": "$",
    ]

    /// A path as a text that is read as it, by this rule.
    public static func written(_ path: String) -> String {
        var text = path.hasPrefix("~") || lookAlike(path) != nil ? "./" : ""
        var startsComponent = true
        let scalars = Array(path.unicodeScalars)
        for (place, scalar) in scalars.enumerated() {
            let isPair = place + 1 < scalars.count && scalars[place + 1] == "$"
            if scalar == "$", startsComponent || isPair { text.unicodeScalars.append("$") }
            text.unicodeScalars.append(scalar)
            startsComponent = scalar == "/"
        }
        return text
    }

    // MARK: - Components

    private func ownerHome(_ user: String) throws(PathError) -> String {
        if user.isEmpty {
            if let home = variable("HOME") { return try filled(home, "HOME") }
            if let home = home(nil), !home.isEmpty { return home }
            throw PathError(problem: "~ is the home folder, but HOME is not set; set it")
        }
        if let home = home(user), !home.isEmpty { return home }
        throw PathError(
            problem: "there is no user \(user), whose home folder ~\(user) would be; for a file of "
                + "that name write ./~\(user)")
    }

    private func part(_ component: Substring) throws(PathError) -> String {
        let scalars = Array(component.unicodeScalars)
        guard scalars.first == "$", scalars.count > 1 else { return Self.paired(scalars[...]) }
        switch scalars[1] {
        case "{":
            guard let end = scalars.firstIndex(of: "}"), Self.isName(scalars[2..<end]) else {
                throw PathError(
                    problem: "\(component) is no variable: ${NAME} has a name of letters, digits "
                        + "and _, and nothing else; for a name that begins with a dollar write $$")
            }
            return try value(scalars[2..<end]) + Self.paired(scalars[(end + 1)...])
        case "(":
            throw PathError(
                problem: "\(component) would be a command, and commands are not run; for a name "
                    + "that begins with a dollar write $$")
        default:
            let name = scalars.dropFirst().prefix(while: Self.isPartOfName)
            // Among them $$.
            guard Self.isName(name) else { return Self.paired(scalars[...]) }
            return try value(name) + Self.paired(scalars[name.endIndex...])
        }
    }

    private func value(_ scalars: ArraySlice<Unicode.Scalar>) throws(PathError) -> String {
        let name = String(String.UnicodeScalarView(scalars))
        if let value = variable(name) { return try filled(value, name) }
        throw PathError(
            problem: "the variable \(name) is not set; set it, or write $$\(name) for a name that "
                + "begins with a dollar")
    }

    /// What is empty would leave a path that nobody means, such as /runs for $HOME/runs.
    private func filled(_ value: String, _ name: String) throws(PathError) -> String {
        if !value.isEmpty { return value }
        throw PathError(problem: "the variable \(name) is empty; give it a value")
    }

    private static func isPartOfName(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.isASCII && scalar.properties.isAlphabetic
            || ("0"..."9").contains(scalar)
    }

    private static func isName(_ scalars: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = scalars.first else { return false }
        return scalars.allSatisfy(isPartOfName) && !("0"..."9").contains(first)
    }

    /// The text with one dollar for each two.
    private static func paired(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        let dollar: [Unicode.Scalar] = ["$"]
        return String(String.UnicodeScalarView(scalars.replacing(dollar + dollar, with: dollar)))
    }
}

/// The home folder in the password database.
private func registeredHome(_ user: String?) -> String? {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    // Where users come from a directory of an organisation, entries are long.
    for size in [1 << 12, 1 << 16, 1 << 20] {
        var buffer = [CChar](repeating: 0, count: size)
        let status =
            user.map { getpwnam_r($0, &entry, &buffer, size, &found) }
            ?? getpwuid_r(getuid(), &entry, &buffer, size, &found)
        if status == ERANGE { continue }
        guard status == 0, found != nil, let home = entry.pw_dir else { return nil }
        return String(cString: home)
    }
    return nil
}
