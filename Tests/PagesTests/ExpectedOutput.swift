import Foundation

/// What a page says that commands print.
struct ExpectedOutput {
    let text: String
    /// Numbers with a unit of time, or of something by time, may differ, and the unit too.
    let times: Bool
    /// So far may a number with a point be off.
    let within: Double

    /// The first difference, in words; nil if there is none.
    ///
    /// `…` stands for anything within a line, and a line that is `…` for any number of lines. Spaces at
    /// the ends of lines do not count.
    func difference(from found: String) -> String? {
        let expected = Self.lines(text)
        let found = Self.lines(found)
        guard let place = mismatch(expected[...], found[...]) else { return nil }
        let there = place.found < found.count ? "\"\(found[place.found])\"" : "the end"
        let here = place.expected < expected.count ? "\"\(expected[place.expected])\"" : "the end"
        return "the page has \(here), the command printed \(there)"
    }

    private static func lines(_ text: String) -> [String] {
        // What a bar of progress has overwritten is not there any more.
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.split(separator: "\r").last ?? "")
        }.map { $0.replacing(/\s+$/, with: "") }
        return Array(lines.drop { $0.isEmpty }.reversed().drop { $0.isEmpty }.reversed())
    }

    private typealias Place = (expected: Int, found: Int)

    private func mismatch(_ expected: ArraySlice<String>, _ found: ArraySlice<String>) -> Place? {
        var expected = expected
        var found = found
        while let line = expected.first {
            if line == "…" {
                let rest = expected.dropFirst()
                var first: Place?
                for start in found.startIndex...found.endIndex {
                    guard let place = mismatch(rest, found[start...]) else { return nil }
                    // The furthest that any start comes is what a reader wants to see.
                    if first.map({ place.expected > $0.expected }) ?? true { first = place }
                }
                return first
            }
            guard let there = found.first, matches(line, there) else {
                return (expected.startIndex, found.startIndex)
            }
            expected = expected.dropFirst()
            found = found.dropFirst()
        }
        return found.isEmpty ? nil : (expected.startIndex, found.startIndex)
    }

    /// Whether a printed line is what the page shows.
    private func matches(_ line: String, _ found: String) -> Bool {
        let number = times || within > 0
        guard line.contains("…") || number else { return line == found }
        var pattern = "^"
        var checked: [Double] = []
        for piece in Self.pieces(line, unit: times) {
            switch piece {
            case .text(let text): pattern += NSRegularExpression.escapedPattern(for: text)
            case .anything: pattern += ".*?"
            case .time:
                pattern += " *[0-9]+(?:[.:][0-9]+)* ?(?:[GT]FLOP/s|[MG]B/s|ms|min|s|h)\\b"
            case .number(let text) where within > 0:
                pattern += "(-?[0-9]+\\.[0-9]+(?:[eE][-+]?[0-9]+)?)"
                checked.append(Double(text) ?? .nan)
            case .number(let text): pattern += NSRegularExpression.escapedPattern(for: text)
            }
        }
        guard let expression = try? NSRegularExpression(pattern: pattern + "$"),
            let match = expression.firstMatch(
                in: found, range: NSRange(found.startIndex..., in: found))
        else { return false }
        for (index, value) in checked.enumerated() {
            guard let range = Range(match.range(at: index + 1), in: found),
                let number = Double(found[range]), abs(number - value) <= within * (1 + 1e-9)
            else { return false }
        }
        return true
    }

    private enum Piece {
        case text(String), number(String), time, anything
    }

    private static func pieces(_ line: String, unit: Bool) -> [Piece] {
        var pieces: [Piece] = []
        var rest = line[...]
        let time = /^ *[0-9]+(?:[.:][0-9]+)* ?(?:[GT]FLOP\/s|[MG]B\/s|ms|min|s|h)\b/
        let number = /^-?[0-9]+\.[0-9]+(?:[eE][-+]?[0-9]+)?/
        var text = ""
        var isInNumber = false
        func flush() {
            if !text.isEmpty { pieces.append(.text(text)) }
            text = ""
        }
        while let first = rest.first {
            if first == "…" {
                flush()
                pieces.append(.anything)
                rest = rest.dropFirst()
            } else if unit, !isInNumber, let match = rest.prefixMatch(of: time) {
                flush()
                pieces.append(.time)
                rest = rest[match.range.upperBound...]
            } else if !isInNumber, let match = rest.prefixMatch(of: number) {
                flush()
                pieces.append(.number(String(match.output)))
                rest = rest[match.range.upperBound...]
            } else {
                text.append(first)
                rest = rest.dropFirst()
            }
            isInNumber = text.last.map { $0.isNumber || $0.isLetter || $0 == "." } ?? false
        }
        flush()
        return pieces
    }
}
