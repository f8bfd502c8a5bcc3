import Configuration
import Foundation
import TextFiles

/// What to write for the value of an option that is refused, or that was taken for an option.
package struct OptionValues {
    private let kinds: [String: OptionKind]
    private let options: [String]

    /// Those of a command.
    package init(_ inputs: CommandInputs) {
        (kinds, options) = (inputs.kinds, inputs.options)
    }

    /// What to say of a message about an option's value; nil if there is nothing to say.
    ///
    /// - Parameters:
    ///   - message: why the command line was refused
    ///   - arguments: the words of the command line
    /// - Returns: a sentence
    package func hint(_ message: String, _ arguments: [String]) -> String? {
        if let match = message.firstMatch(
            of: /(?s)The value '(.*)' is invalid for '(--?[a-z0-9\-]+)/)
        {
            let option = String(match.2)
            return refused(String(match.1), option, kind(option))
        }
        guard let option = message.firstMatch(of: /Missing value for '(--[a-z0-9\-]+)/)?.1,
            let place = arguments.firstIndex(of: String(option)), place + 1 < arguments.count
        else { return nil }
        return minus(arguments[place + 1], String(option))
    }

    private func kind(_ option: String) -> OptionKind {
        kinds[String(option.drop { $0 == "-" })] ?? .other
    }

    /// What to say of a value that begins with a minus and was taken for an option.
    private func minus(_ value: String, _ option: String) -> String? {
        let name = value.drop { $0 == "-" }.prefix { $0 != "=" }
        guard value.hasPrefix("-"), value.count > 1, !options.contains(String(name)),
            name != "help",
            name != "h"
        else { return nil }
        let begin = "a value that begins with a minus stands behind an equals sign"
        switch kind(option) {
        case .coordinates(let count):
            return "\(begin): "
                + (Self.coordinates(value).flatMap { $0.count == count ? $0 : nil }
                    .map { "write \(option)=\($0.joined(separator: ","))" }
                    ?? Self.reason(value, option, count: count))
        case .integer, .number:
            // None of them is of something that can be below 0.
            return Double(value) == nil
                ? refused(value, option, kind(option)) : "\(option) takes no number below 0"
        case .other: return "\(begin): write \(option)=\(shellWord(value))"
        }
    }

    private func refused(_ value: String, _ option: String, _ kind: OptionKind) -> String? {
        switch kind {
        case .coordinates(let count):
            guard let numbers = Self.coordinates(value), numbers.count == count else {
                return Self.reason(value, option, count: count)
            }
            return "write \(Self.written(option, numbers.joined(separator: ",")))"
        case .integer(let isSigned):
            if !isSigned, let number = Double(value), number < 0 {
                return "\(option) takes a whole number from 0"
            }
            if let number = Self.integer(value, option) { return "write \(option)=\(number)" }
            return "\(option) takes \(Self.areSeveral(value) ? "one" : "a") whole number"
                + (isSigned ? "" : " from 0")
        case .number:
            if let number = numberAsWritten(value) ?? Self.named(value).map(String.init) {
                return "write \(option)=\(number)"
            }
            return "\(option) takes \(Self.areSeveral(value) ? "one" : "a") number"
        case .other: return nil
        }
    }

    // MARK: - Numbers

    /// The whole number that a text most likely means.
    private static func integer(_ text: String, _ option: String) -> Int? {
        let plain = text.trimmingCharacters(in: .whitespaces)
        if let value = Double(plain) ?? numberAsWritten(plain).flatMap(Double.init) {
            return Int(exactly: value).flatMap { $0 < 0 ? nil : $0 }
        }
        if let sides = plain.wholeMatch(of: /([0-9]+)\s*[x×X*]\s*([0-9]+)/), sides.1 == sides.2 {
            return Int(sides.1)
        }
        // The name of what has the number: step-2.
        if let match = plain.wholeMatch(of: /([A-Za-z]+)[\-_=: ]?([0-9]+)/),
            option.lowercased().hasSuffix("-" + match.1.lowercased())
        {
            return Int(match.2)
        }
        return named(plain)
    }

    private static func named(_ text: String) -> Int? {
        [
            "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
            "eleven", "twelve",
        ].firstIndex(of: text.lowercased())
    }

    private static func areSeveral(_ text: String) -> Bool {
        text.contains(/[0-9]\s*[\s,;x×:]\s*[0-9]/)
    }

    // MARK: - Coordinates

    /// The numbers of a box or point, however they are divided; nil where one is none.
    static func coordinates(_ text: String) -> [String]? {
        let parts = parts(text)
        return parts.isEmpty || parts.contains { !isNumber($0) } ? nil : parts
    }

    /// An option with its value, behind an equals sign where it begins with a minus.
    static func written(_ option: String, _ value: String) -> String {
        "\(option)\(value.hasPrefix("-") ? "=" : " ")\(value)"
    }

    private static func parts(_ text: String) -> [String] {
        text.split { " \t\n,;:x×/()[]{}<>\"'".contains($0) }.map(String.init)
    }

    private static func isNumber(_ text: String) -> Bool {
        text.wholeMatch(of: /[+\-]?[0-9.]+([eE][+\-]?[0-9]+)?/) != nil && Double(text) != nil
    }

    private static func reason(_ text: String, _ option: String, count: Int) -> String {
        let form = count == 4 ? "four numbers, x1,y1,x2,y2" : "two numbers, x,y"
        let pieces = text.split(separator: ",", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
        let parts = parts(text)
        let found =
            pieces.contains("")
            ? "one of them is missing"
            : parts.first { !isNumber($0) }.map { "\($0) is no number" }
                ?? "here are \(parts.count)"
        return "\(option) takes \(form); \(found)"
    }
}
