import ArgumentParser
import Terminals

extension OptionKind {
    /// The kinds of a command's options, by their names without dashes.
    static func all(of command: any ParsableArguments.Type) -> [String: OptionKind] {
        var kinds: [String: OptionKind] = [:]
        for child in Mirror(reflecting: command.init()).children {
            let type = type(of: child.value)
            if let group = type as? any OptionBundle.Type {
                kinds.merge(all(of: group.members)) { first, _ in first }
            } else if let option = type as? any ValuedOption.Type, let label = child.label {
                let name = hyphenated(String(label.drop { $0 == "_" }))
                kinds[name] = OptionKind(of: option.value, name)
            }
        }
        return kinds
    }

    private init(of type: Any.Type, _ name: String) {
        switch type {
        case is Int.Type, is Int?.Type: self = .integer(isSigned: true)
        case is UInt64.Type, is UInt64?.Type: self = .integer(isSigned: false)
        case is Double.Type, is Double?.Type: self = .number
        case is [Coordinates].Type: self = .coordinates(name == "box" ? 4 : 2)
        default: self = .other
        }
    }

    /// A property's name as the parser writes it: `image-size` of `imageSize`.
    private static func hyphenated(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "-\($1.lowercased())" : String($1) }
    }
}

/// An option, which has a value.
private protocol ValuedOption {
    static var value: Any.Type { get }
}

/// Options that several commands have.
private protocol OptionBundle {
    static var members: any ParsableArguments.Type { get }
}

extension Option: ValuedOption {
    static var value: Any.Type { Value.self }
}

extension OptionGroup: OptionBundle {
    static var members: any ParsableArguments.Type { Value.self }
}
