import Files
import TextFiles

/// What to write for words of a command line that no option and no argument takes.
package struct StrayWords {
    private let inputs: CommandInputs
    private let arguments: [String]

    /// Those of a command.
    ///
    /// - Parameters:
    ///   - inputs: what the command takes
    ///   - arguments: the words of the command line, the program's name first
    package init(_ inputs: CommandInputs, _ arguments: [String]) {
        (self.inputs, self.arguments) = (inputs, arguments)
    }

    /// What to say of a message about words that were not expected; nil if there is nothing to say.
    package func hint(_ message: String) -> String? {
        if message.contains(/^a (box|point) is (two|four) numbers/) { return divided }
        guard message.contains("nexpected argument"),
            let word = message.firstMatch(of: /nexpected arguments?:? '([^']*)'/).map({
                String($0.1)
            }),
            let place = arguments.indices.dropFirst(inputs.depth + 1)
                .first(where: { arguments[$0] == word })
        else { return nil }
        return key(word, place) ?? behindOption(place)
            ?? option(for: word).map {
                "write \($0) \(shellWord(word))"
            }
    }

    /// A box or point whose numbers are words of their own.
    private var divided: String? {
        arguments.indices.lazy
            .filter { ["--box", "--point", "--negative-point"].contains(arguments[$0]) }
            .compactMap { $0 + 2 < arguments.count ? behindOption($0 + 2) : nil }.first
    }

    /// A key with its value, without `--set` or with a space in it.
    private func key(_ word: String, _ place: Int) -> String? {
        guard inputs.options.contains("set") else { return nil }
        let before = arguments[place - 1]
        if place > 1, arguments[place - 2] == "--set", !before.hasPrefix("-") {
            let value = word == "=" && place + 1 < arguments.count ? arguments[place + 1] : word
            let sign = before.hasSuffix("=") || value.hasPrefix("=") ? "" : "="
            if !before.dropLast().contains("=") {
                return "write --set \(shellWord(before + sign + value))"
            }
        }
        return word.contains(/^[A-Za-z_][A-Za-z0-9_.]*=/) ? "write --set \(shellWord(word))" : nil
    }

    /// Words behind an option that takes one value, or none.
    private func behindOption(_ place: Int) -> String? {
        guard let start = arguments[..<place].lastIndex(where: { $0.hasPrefix("-") }),
            start > inputs.depth
        else { return nil }
        let option = arguments[start]
        let name = String(option.drop { $0 == "-" })
        if inputs.flags.contains(name), start == place - 1 {
            return "\(option) takes no value: leave \(arguments[place]) away"
        }
        let words = arguments[(start + 1)...].prefix { !$0.hasPrefix("--") }
        guard inputs.options.contains(name), words.count > 1 else { return nil }
        let text = words.joined(separator: " ")
        switch inputs.kinds[name] {
        case .coordinates(let count):
            guard let numbers = OptionValues.coordinates(text), numbers.count == count else {
                return nil
            }
            return "write " + OptionValues.written(option, numbers.joined(separator: ","))
        case .integer, .number: return "\(option) takes one number: leave \(arguments[place]) away"
        case .other where name == "question":
            return "a question of several words is quoted: \(option) \(shellWord(text))"
        case .other where inputs.repeated.contains(name):
            return "write " + words.map { "\(option) \(shellWord($0))" }.joined(separator: " ")
        default: return nil
        }
    }

    /// The option that takes what there is at a path, or what its name says.
    private func option(for word: String) -> String? {
        let name =
            switch InputKind.of(word) {
            case .shard: "data"
            case .policy: "policy"
            case .segmenter: "segmenter"
            case .picture: "image"
            default: Self.named(word)
            }
        return name.flatMap { inputs.options.contains($0) ? "--\($0)" : nil }
    }

    private static func named(_ word: String) -> String? {
        if word.hasSuffix("?") || word.contains(" ") { return "question" }
        switch word.split(separator: ".").last?.lowercased() {
        case "h5", "hdf5": return "data"
        case "png", "jpg", "jpeg", "tif", "tiff": return "image"
        default:
            return ["cpu", "cuda"].contains(word.prefix { $0 != ":" }) ? "device" : nil
        }
    }
}
