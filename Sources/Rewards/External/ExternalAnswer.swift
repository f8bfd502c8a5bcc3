import Foundation

/// What a command says about a completion.
enum ExternalAnswer: Equatable {
    case reward(Double)
    /// It has nothing to say of the completion.
    case abstention
    /// A number that is NaN or infinite, as it is spelled.
    case notFinite(String)
    /// Why the completion has no reward.
    case error(String)

    /// Reads a line: a number or null, `{"reward": number or null}` or `{"error": text}`; other members are
    /// skipped.
    ///
    /// - Returns: nil where the line is none of these.
    init?(line: [UInt8]) {
        // The decoder takes no number that a Double does not hold, as JSON does.
        for text in [line, Self.withinRange(line)] {
            let decoder = JSONDecoder()
            if let content = try? decoder.decode(Content.self, from: Data(text)) {
                if let error = content.error {
                    self = .error(error)
                    return
                }
                guard let reward = content.reward else {
                    guard content.isNull else { return nil }
                    self = .abstention
                    return
                }
                self = reward.isFinite ? .reward(reward) : .notFinite("\(reward)")
                return
            }
            // Not JSON, but what Python writes for such numbers: NaN, Infinity, -Infinity.
            decoder.allowsJSON5 = true
            if let reward = (try? decoder.decode(Content.self, from: Data(text)))?.reward,
                !reward.isFinite
            {
                self = .notFinite("\(reward)")
                return
            }
        }
        return nil
    }

    /// A line with `Infinity` and 0 in the places of numbers that are too large and too small.
    private static func withinRange(_ line: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var (isText, index) = (false, 0)
        while index < line.count {
            let byte = line[index]
            let end = isText ? index : line[index...].firstIndex { !isNumberPart($0) } ?? line.count
            if end > index {
                let spelling = String(decoding: line[index..<end], as: UTF8.self)
                result += (replacement(of: spelling) ?? spelling).utf8
                index = end
                continue
            }
            if byte == UInt8(ascii: "\"") { isText.toggle() }
            let isEscape = isText && byte == UInt8(ascii: "\\") && index + 1 < line.count
            result += line[index...(isEscape ? index + 1 : index)]
            index += isEscape ? 2 : 1
        }
        return result
    }

    private static func isNumberPart(_ byte: UInt8) -> Bool {
        "0123456789+-.eE".utf8.contains(byte)
    }

    private static func replacement(of spelling: String) -> String? {
        guard spelling.utf8.contains(where: { (0x31...0x39).contains($0) }),
            let number = Double(spelling)
        else { return nil }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return number.magnitude < .leastNormalMagnitude ? "0" : nil
    }

    private struct Content: Decodable {
        var reward: Double?
        var error: String?
        /// Whether the reward is there, and null; a missing one is no abstention but a mistake.
        var isNull = false

        init(from decoder: any Decoder) throws {
            if let value = try? decoder.singleValueContainer(), value.decodeNil() {
                isNull = true
                return
            }
            if let number = try? decoder.singleValueContainer().decode(Double.self) {
                reward = number
                return
            }
            let object = try decoder.container(keyedBy: MemberName.self)
            reward = try object.decodeIfPresent(Double.self, forKey: "reward")
            isNull = reward == nil && object.contains("reward")
            error = try object.decodeIfPresent(String.self, forKey: "error")
        }
    }
}
