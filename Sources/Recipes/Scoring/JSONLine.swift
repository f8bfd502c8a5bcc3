import Imaging
import Segmentation

/// One object of JSON on one line, its members in the order in which they come.
///
/// Texts keep every byte that JSON lets stand; whole numbers have no fraction.
struct JSONLine {
    /// UTF-8, with the line break.
    private(set) var bytes: [UInt8] = [UInt8(ascii: "{")]

    /// The line of what `fill` adds.
    init(_ fill: (inout JSONLine) -> Void) {
        fill(&self)
        append("}\n")
    }

    private mutating func append(_ text: StaticString) {
        for offset in 0..<text.utf8CodeUnitCount { bytes.append(text.utf8Start[offset]) }
    }

    private mutating func begin(_ name: String) {
        if bytes.last != UInt8(ascii: "{") { append(",") }
        text(name)
        append(":")
    }

    mutating func member(_ name: String, _ id: CompletionRecord.ID) {
        begin(name)
        switch id {
        case .text(let value): text(value)
        case .number(let digits): bytes.append(contentsOf: digits.utf8)
        }
    }

    mutating func member(_ name: String, _ value: Bool) {
        begin(name)
        append(value ? "true" : "false")
    }

    mutating func member(_ name: String, _ value: String?) {
        begin(name)
        if let value { text(value) } else { append("null") }
    }

    /// A number, or null.
    mutating func member(_ name: String, _ value: Double?) {
        begin(name)
        if let value { number(value) } else { append("null") }
    }

    /// An object of numbers, null where there is none.
    mutating func member(_ name: String, _ values: [(name: String, value: Double?)]) {
        begin(name)
        append("{")
        for entry in values { member(entry.name, entry.value) }
        append("}")
    }

    /// A list of prompts as an answer spells them, or null; what a prompt does not have is left
    /// out, or written as null and empty lists.
    mutating func member(
        _ name: String, _ prompts: [SegmentationPrompt]?, leavingOut: Bool
    ) {
        begin(name)
        guard let prompts else { return append("null") }
        list(prompts) { line, prompt in
            line.append("{")
            if let box = prompt.box {
                line.begin("bbox_2d")
                line.numbers([box.x1, box.y1, box.x2, box.y2])
            } else if !leavingOut {
                line.member("bbox_2d", String?.none)
            }
            for (key, points) in [
                ("positive_points", prompt.positivePoints),
                ("negative_points", prompt.negativePoints),
            ] where !points.isEmpty || !leavingOut {
                line.begin(key)
                line.list(points) { $0.numbers([$1.x, $1.y]) }
            }
            line.append("}")
        }
    }

    private mutating func list<Item>(
        _ items: [Item], _ write: (inout JSONLine, Item) -> Void
    ) {
        append("[")
        for (index, item) in items.enumerated() {
            if index > 0 { append(",") }
            write(&self, item)
        }
        append("]")
    }

    private mutating func numbers(_ values: [Double]) { list(values) { $0.number($1) } }

    private mutating func number(_ value: Double) {
        // Whole numbers up to here are spelled exactly without an exponent.
        let spelling =
            value == value.rounded() && value.magnitude < 0x1p53
            ? String(Int64(value)) : "\(value)"
        bytes.append(contentsOf: spelling.utf8)
    }

    private mutating func text(_ text: String) {
        append("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case 0x0A: append("\\n")
            case 0x0D: append("\\r")
            case 0x09: append("\\t")
            case 0..<0x20:
                append("\\u00")
                for digit in [byte >> 4, byte & 15] {
                    bytes.append(digit < 10 ? 0x30 + digit : 0x61 + digit - 10)
                }
            default: bytes.append(byte)
            }
        }
        append("\"")
    }
}
