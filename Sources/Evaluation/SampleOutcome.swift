/// What an evaluation keeps of one answer: what every metric is computed from.
public struct SampleOutcome: Hashable, Sendable, Codable {
    /// The sample's name; answers to several questions about one sample share it.
    public var id: String
    /// The question's place among those of the sample, from 0.
    public var questionIndex: Int
    /// The overlap of predicted mask and truth; the predicted mask of an answer that could not be
    /// read is empty.
    public var overlap: MaskOverlap
    /// Whether the evaluation's parser could read the answer.
    public var isReadable: Bool
    /// How many objects the answer names; 0 if it could not be read.
    public var objectCount: Int
    /// Whether the strict parser accepts the answer.
    public var hasValidFormat: Bool
    /// Whether the completion is thoughts and then an answer in their tags, and nothing else.
    public var hasValidTags: Bool
    /// Tokens of the completion.
    public var length: Int
    /// The class of the target; nil where the data do not say it, or there is no target.
    public var targetClass: String?
    /// Whether the thought names ``targetClass``; nil where that is nil.
    public var thoughtNamesTarget: Bool?

    /// An outcome from its parts.
    public init(
        id: String, questionIndex: Int = 0, overlap: MaskOverlap, isReadable: Bool = true,
        objectCount: Int, hasValidFormat: Bool = true, hasValidTags: Bool = true, length: Int = 0,
        targetClass: String? = nil, thoughtNamesTarget: Bool? = nil
    ) {
        self.id = id
        self.questionIndex = questionIndex
        self.overlap = overlap
        self.isReadable = isReadable
        self.objectCount = objectCount
        self.hasValidFormat = hasValidFormat
        self.hasValidTags = hasValidTags
        self.length = length
        self.targetClass = targetClass
        self.thoughtNamesTarget = thoughtNamesTarget
    }

    /// Whether the answer says that nothing is there.
    public var predictsNothing: Bool { isReadable && objectCount == 0 }

    /// IoU of the mask by the rules of the reward, 0...1 (arXiv 2512.19302).
    ///
    /// An answer that cannot be read has 0. Where there is no target, an answer that names nothing has
    /// 1 and any other 0, even if its masks come out empty.
    public var iou: Double {
        if !isReadable { return 0 }
        if overlap.isEmptyTarget { return predictsNothing ? 1 : 0 }
        return overlap.iou
    }
}

/// Whether a text names a class, in the singular or with an s, as words of their own.
///
/// Case does not matter, and hyphens and underscores count as spaces: "two Storage-Tanks" names
/// "storage tank", "shipping" does not name "ship".
///
/// - Parameters:
///   - text: what somebody wrote
///   - className: the class, such as "storage tank"
/// - Returns: whether the class is named; false if its name has no letter or digit
public func names(_ text: String, className: String) -> Bool {
    func words(_ text: String) -> [String] {
        text.lowercased().split { !($0.isLetter || $0.isNumber) }.map(String.init)
    }
    let (said, sought) = (words(text), words(className))
    guard let last = sought.last, said.count >= sought.count else { return false }
    return (0...said.count - sought.count).contains { start in
        let part = said[start..<start + sought.count]
        guard part.dropLast().elementsEqual(sought.dropLast()) else { return false }
        return part.last == last || part.last == last + "s"
    }
}

/// The thought of a completion: what stands in its first `<think>` tag.
///
/// - Parameter completion: what a policy wrote
/// - Returns: the text up to `</think>`, or to the end where the tag is not closed; nil where none
///   opens
public func thought(of completion: String) -> String? {
    guard let start = completion.firstRange(of: "<think>") else { return nil }
    let rest = completion[start.upperBound...]
    return String(rest[..<(rest.firstRange(of: "</think>")?.lowerBound ?? rest.endIndex)])
}
