import Foundation

/// What a command says about a completion.
enum ExternalAnswer: Equatable {
    case reward(Double)
    /// A number that is NaN or infinite, as it is spelled.
    case notFinite(String)
    /// Why the completion has no reward.
    case error(String)

    /// Reads a line: a number, `{"reward": number}` or `{"error": text}`; other members are skipped.
    ///
    /// - Returns: nil where the line is none of these.
    init?(line: [UInt8]) {
        let data = Data(line)
        let decoder = JSONDecoder()
        if let content = try? decoder.decode(Content.self, from: data) {
            if let error = content.error {
                self = .error(error)
                return
            }
            guard let reward = content.reward else { return nil }
            self = reward.isFinite ? .reward(reward) : .notFinite("\(reward)")
            return
        }
        // Not JSON, but what Python writes for such numbers: NaN, Infinity, -Infinity.
        decoder.allowsJSON5 = true
        guard let content = try? decoder.decode(Content.self, from: data),
            let reward = content.reward, !reward.isFinite
        else { return nil }
        self = .notFinite("\(reward)")
    }

    private struct Content: Decodable {
        var reward: Double?
        var error: String?

        init(from decoder: any Decoder) throws {
            if let number = try? decoder.singleValueContainer().decode(Double.self) {
                reward = number
                return
            }
            let object = try decoder.container(keyedBy: MemberName.self)
            reward = try object.decodeIfPresent(Double.self, forKey: "reward")
            error = try object.decodeIfPresent(String.self, forKey: "error")
        }
    }
}
