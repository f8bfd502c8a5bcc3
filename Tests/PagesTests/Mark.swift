import Foundation

/// What is to be done with a block: the line behind its fence, as `sh skip="needs a GPU"`.
struct Mark: Equatable {
    /// What a block is for.
    enum Purpose: Equatable {
        /// Commands that run, and the status that they end with.
        case run(status: Int32)
        /// Commands that do not run here, and why; `slow` run when all are asked for.
        case skip(why: String), slow(why: String)
        /// What the commands above print.
        case output(errors: Bool)
        /// What the reader saves under a name.
        case file(String)
        /// A part of the configuration of a command.
        case configuration(of: String)
        /// Text that stands in a file of the checkout.
        case part(of: String)
        /// What is only shown.
        case shown
    }

    let language: String
    let purpose: Purpose
    /// A program without which the commands do not run.
    let needs: String?
    /// Numbers with a unit of time, or of something by time, may differ.
    let times: Bool
    /// So far may a number with a point be off.
    let within: Double

    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    init(_ information: String) throws {
        var words = try Self.words(information)
        guard let language = words.first?.key, words[0].value == nil else {
            throw Problem(
                description: "the block has no language: sh, yaml, python, swift, json or text")
        }
        words.removeFirst()
        var values: [String: String] = [:]
        for word in words {
            guard values.updateValue(word.value ?? "", forKey: word.key) == nil else {
                throw Problem(description: "\(word.key) stands twice behind the fence")
            }
        }
        self.language = language
        needs = values.removeValue(forKey: "needs")
        times = values.removeValue(forKey: "times") != nil
        within = try values.removeValue(forKey: "within").map(Self.number) ?? 0
        purpose = try Self.purpose(language, &values)
        if let unknown = values.keys.sorted().first {
            throw Problem(description: "\(unknown) is no mark of a block of \(language)")
        }
        if needs != nil, language != "sh" {
            throw Problem(description: "needs=PROGRAM is for commands")
        }
        if times || within > 0, purpose != .output(errors: true), purpose != .output(errors: false)
        {
            throw Problem(description: "times and within are for output")
        }
    }

    private static func purpose(_ language: String, _ values: inout [String: String]) throws
        -> Purpose
    {
        if let why = values.removeValue(forKey: "skip") { return .skip(why: try reason(why)) }
        if let name = values.removeValue(forKey: "file") { return .file(name) }
        switch language {
        case "sh":
            if let why = values.removeValue(forKey: "slow") { return .slow(why: try reason(why)) }
            let status = try values.removeValue(forKey: "status").map(number) ?? 0
            return .run(status: Int32(status))
        case "yaml":
            if let command = values.removeValue(forKey: "config") {
                return .configuration(of: command.isEmpty ? "train" : command)
            }
            throw Problem(
                description: "a block of yaml has config=COMMAND, file=NAME or skip=\"why\"")
        case "swift", "python":
            if let path = values.removeValue(forKey: "from") { return .part(of: path) }
            throw Problem(
                description: "a block of \(language) has from=FILE, file=NAME or skip=\"why\"")
        case "json", "text":
            if values.removeValue(forKey: "output") != nil { return .output(errors: false) }
            if values.removeValue(forKey: "errors") != nil { return .output(errors: true) }
            return .shown
        default:
            throw Problem(
                description: "\(language) is not one of sh, yaml, python, swift, json, text")
        }
    }

    private static func reason(_ text: String) throws -> String {
        guard text.count >= 8 else {
            throw Problem(description: "no reason why the block does not run")
        }
        return text
    }

    private static func number(_ text: String) throws -> Double {
        guard let number = Double(text) else { throw Problem(description: "\(text) is no number") }
        return number
    }

    /// Words between spaces; a value stands behind `=`, in quotation marks if it has spaces.
    private static func words(_ text: String) throws -> [(key: String, value: String?)] {
        var result: [(key: String, value: String?)] = []
        var rest = text[...]
        while let first = rest.firstIndex(where: { $0 != " " }) {
            rest = rest[first...]
            let key = rest.prefix { $0 != " " && $0 != "=" }
            rest = rest.dropFirst(key.count)
            guard rest.first == "=" else {
                result.append((String(key), nil))
                continue
            }
            rest = rest.dropFirst()
            let isQuoted = rest.first == "\""
            if isQuoted { rest = rest.dropFirst() }
            let value = rest.prefix { $0 != (isQuoted ? "\"" : " ") }
            rest = rest.dropFirst(value.count)
            if isQuoted {
                guard rest.first == "\"" else {
                    throw Problem(description: "a quotation mark is open behind the fence")
                }
                rest = rest.dropFirst()
            }
            result.append((String(key), String(value)))
        }
        return result
    }
}
