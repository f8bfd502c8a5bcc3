/// The shape that every completion should have: thoughts in one tag, then the answer in another.
public enum ThinkAnswerFormat {
    /// Whether the whole completion is `<think>…</think>`, white space, `<answer>…</answer>`.
    ///
    /// The same completions match as with Python's
    /// `re.fullmatch(r"<think>.*?</think>\s*<answer>.*?</answer>", completion, re.DOTALL)`: nothing
    /// may stand before or behind, not even a line break, but both gaps may hold more tags. The
    /// time is linear in the length.
    public static func matches(_ completion: String) -> Bool {
        let bytes = Array(completion.utf8)
        let open = Array("<think>".utf8)
        let answer = Array("<answer>".utf8)
        let close = Array("</answer>".utf8)
        guard bytes.starts(with: open), bytes.hasSuffix(close) else { return false }
        // The thoughts may end at any `</think>` that an `<answer>` follows; the first such one
        // leaves the most room for the rest, so it alone decides.
        let lastStart = bytes.count - close.count
        let end = Array("</think>".utf8)
        var position = bytes.firstRange(of: end, from: open.count)?.upperBound
        while let afterThoughts = position {
            let start = PythonText.skipSpaces(bytes, from: afterThoughts)
            if bytes.has(answer, at: start) { return start + answer.count <= lastStart }
            position = bytes.firstRange(of: end, from: start)?.upperBound
        }
        return false
    }
}

extension Array<UInt8> {
    /// Whether `part` stands at `position`.
    func has(_ part: [UInt8], at position: Int) -> Bool {
        guard position >= 0, position + part.count <= count else { return false }
        for offset in part.indices where self[position + offset] != part[offset] { return false }
        return true
    }

    /// Whether the array ends with `part`.
    func hasSuffix(_ part: [UInt8]) -> Bool { has(part, at: count - part.count) }

    /// Where `part`, which is not empty, first stands at or after `start`.
    func firstRange(of part: [UInt8], from start: Int) -> Range<Int>? {
        var position = start
        while position + part.count <= count {
            if self[position] == part[0], has(part, at: position) {
                return position..<position + part.count
            }
            position += 1
        }
        return nil
    }
}
