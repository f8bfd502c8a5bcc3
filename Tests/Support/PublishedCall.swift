/// A case of the fixture `published_calls/calls.json`, whose generator documents it.
public struct PublishedCall: Decodable, Sendable {
    /// How many positive and negative points an instance has.
    public let grammar: [Int]
    /// The list of instances.
    public let answer: String
    /// Whether the published parser accepts it.
    public let reads: Bool
    /// Whether its call of the segmenter raises.
    public let raises: Bool
    /// What the segmenter is asked, where it does not.
    public let prompts: [Prompt]
    /// Whether the union of the masks has no pixel.
    public let empty: Bool?

    enum CodingKeys: CodingKey { case grammar, answer, reads, raises, prompts, empty }

    /// Reads a case.
    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        grammar = try fields.decode([Int].self, forKey: .grammar)
        answer = try fields.decode(String.self, forKey: .answer)
        reads = try fields.decode(Bool.self, forKey: .reads)
        raises = try fields.decode(Bool.self, forKey: .raises)
        prompts = try fields.decodeIfPresent([Prompt].self, forKey: .prompts) ?? []
        empty = try fields.decodeIfPresent(Bool.self, forKey: .empty)
    }

    /// All cases.
    public static func all() throws -> [PublishedCall] {
        try Fixtures.decode([PublishedCall].self, "published_calls/calls.json")
    }

    /// What the segmenter is asked about an instance.
    public struct Prompt: Decodable, Sendable {
        /// x1, y1, x2, y2.
        public let box: [Double]?
        /// Places inside, x and y each.
        public let positivePoints: [[Double]]
        /// Places outside.
        public let negativePoints: [[Double]]

        /// Reads a list of box, points and negative points.
        public init(from decoder: any Decoder) throws {
            var parts = try decoder.unkeyedContainer()
            let isBox = try !parts.decodeNil()
            box = isBox ? try parts.decode([Number].self).map(\.value) : nil
            positivePoints = try parts.decode([[Number]].self).map { $0.map(\.value) }
            negativePoints = try parts.decode([[Number]].self).map { $0.map(\.value) }
        }

        /// All numbers.
        public var numbers: [Double] { (box ?? []) + (positivePoints + negativePoints).joined() }
    }

    /// A number, or the text of one that JSON has not.
    private struct Number: Decodable {
        let value: Double

        init(from decoder: any Decoder) throws {
            let field = try decoder.singleValueContainer()
            if let text = try? field.decode(String.self) {
                value = Double(text) ?? .nan
            } else {
                value = try field.decode(Double.self)
            }
        }
    }
}
