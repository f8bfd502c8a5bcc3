public import ChatTemplates
public import Tokenizers

/// One way to ask for prompts: what the policy is told to give for each target, an example of
/// it, and the grammar that reads it back.
///
/// An ablation of the prompt is another value of this type; nothing else changes.
public struct PromptVariant: Hashable, Sendable {
    /// The name in configurations.
    public var name: String
    /// What to give for each target, one numbered line each.
    public var requests: [String]
    /// The JSON list that the user's text shows.
    public var example: String
    /// What the parser accepts.
    public var grammar: AnswerGrammar

    /// A variant from its parts.
    public init(name: String, requests: [String], example: String, grammar: AnswerGrammar) {
        self.name = name
        self.requests = requests
        self.example = example
        self.grammar = grammar
    }
}

extension PromptVariant {
    private static let boxRequest = "`bbox_2d`: A tight bounding box."

    private static func pointsRequest(_ count: String) -> String {
        "`positive_points`: Exactly \(count) points, placed inside the target."
    }

    /// A box and two points inside the target: the method's own prompt (arXiv 2512.19302), which
    /// its released weights were trained with.
    public static let box2Points = PromptVariant(
        name: "box_2points",
        requests: [boxRequest, pointsRequest("two")],
        example: """
            [{"bbox_2d": [310,360,567,586], "positive_points": [[434, 474], [450, 460]]}, \
            {"bbox_2d": [10,200,100,320], "positive_points": [[50, 250], [90, 300]]}]
            """,
        grammar: AnswerGrammar(positivePoints: 2))

    /// A box alone.
    public static let boxOnly = PromptVariant(
        name: "box",
        requests: [boxRequest],
        example: """
            [{"bbox_2d": [310,360,567,586]}, {"bbox_2d": [10,200,100,320]}]
            """,
        grammar: AnswerGrammar(box: .required, positivePoints: 0))

    /// Two points inside the target and no box.
    public static let pointsOnly = PromptVariant(
        name: "2points",
        requests: [pointsRequest("two")],
        example: """
            [{"positive_points": [[434, 474], [450, 460]]}, \
            {"positive_points": [[50, 250], [90, 300]]}]
            """,
        grammar: AnswerGrammar(box: .forbidden, positivePoints: 2))

    /// A box and four points inside the target.
    public static let box4Points = PromptVariant(
        name: "box_4points",
        requests: [boxRequest, pointsRequest("four")],
        example: """
            [{"bbox_2d": [310,360,567,586], \
            "positive_points": [[434, 474], [450, 460], [390, 520], [500, 410]]}, \
            {"bbox_2d": [10,200,100,320], \
            "positive_points": [[50, 250], [90, 300], [40, 230], [70, 280]]}]
            """,
        grammar: AnswerGrammar(positivePoints: 4))

    /// A box, two points inside the target and two beside it.
    public static let box2PointsNegatives = PromptVariant(
        name: "box_2points_2negatives",
        requests: [
            boxRequest, pointsRequest("two"),
            "`negative_points`: Exactly two points, placed outside the target, close to its edge.",
        ],
        example: """
            [{"bbox_2d": [310,360,567,586], "positive_points": [[434, 474], [450, 460]], \
            "negative_points": [[330, 380], [550, 570]]}, \
            {"bbox_2d": [10,200,100,320], "positive_points": [[50, 250], [90, 300]], \
            "negative_points": [[15, 315], [95, 210]]}]
            """,
        grammar: AnswerGrammar(positivePoints: 2, negativePoints: 2))

    /// Every variant that has a name in configurations, the method's own first.
    public static let all: [PromptVariant] = [
        box2Points, boxOnly, pointsOnly, box4Points, box2PointsNegatives,
    ]

    /// The variant with this name, or nil.
    public static func named(_ name: String) -> PromptVariant? { all.first { $0.name == name } }
}

/// The words that ask a policy for prompts.
///
/// The text of ``PromptVariant/box2Points`` is the method's, byte for byte (arXiv 2512.19302 and
/// its code): weights that were trained with it answer worse to any other, down to the space
/// that ends the line before the last.
public struct PromptTemplate: Hashable, Sendable {
    /// The method's own instructions above the conversation.
    public static let methodSystem =
        "You are a remote sensing analysis assistant. Your task is to generate spatial prompts "
        + "for the Segment Anything Model (SAM) based on a user's request."

    /// What is asked for.
    public var variant: PromptVariant
    /// The instructions above the conversation; without a system's turn if empty.
    public var system: String
    /// How the conversation becomes one text.
    public var format: ChatFormat

    /// The template of a variant.
    ///
    /// - Parameters:
    ///   - variant: what is asked for
    ///   - system: the instructions above the conversation; without a system's turn if empty
    ///   - format: how the conversation becomes one text
    public init(
        _ variant: PromptVariant = .box2Points, system: String = methodSystem,
        format: ChatFormat = .builtin
    ) {
        self.variant = variant
        self.system = system
        self.format = format
    }

    /// What the user says after the picture; `question` goes in as it is.
    public func user(question: String) -> String {
        let requests = variant.requests.enumerated().map { "\($0.offset + 1).  \($0.element)" }
        let lines =
            ["Please find \"\(question)\", identify the target. For each target instance, provide:"]
            + requests
            + [
                "Output your thinking process in <think> </think> tags.",
                "Output the final answer in <answer> </answer> tags with the specified JSON format."
                    + " If no targets are found, output an empty list.",
                "i.e. <think> thinking process here </think> ",
                "<answer>```json\(variant.example)```</answer>",
            ]
        return lines.joined(separator: "\n")
    }

    /// The conversation that asks `question` about one picture: the system's turn, then the
    /// user's, the picture first.
    public func messages(question: String) -> [ChatMessage] {
        let user = ChatMessage(role: .user, parts: [.image, .text(user(question: question))])
        return system.isEmpty
            ? [user] : [ChatMessage(role: .system, parts: [.text(system)]), user]
    }

    /// That conversation as one text, up to where the answer begins; the picture's place is one token.
    ///
    /// - Parameter question: what is asked
    /// - Returns: the text
    /// - Throws: `ChatTemplateError` if the chat template refuses the conversation
    public func text(question: String) throws -> String {
        try format.render(messages(question: question), addGenerationPrompt: true)
    }

    /// The ids of that conversation, up to where the answer begins.
    ///
    /// - Parameters:
    ///   - question: what is asked
    ///   - imageTokenCount: the number of merged patches that the picture stands for
    ///   - tokenizer: the vocabulary
    /// - Returns: the ids
    /// - Throws: `ChatTemplateError` if the chat template refuses the conversation, `TokenizerError` if
    ///   the vocabulary lacks a token of the format
    public func encode(
        question: String, imageTokenCount: Int, tokenizer: Tokenizer
    ) throws -> [Int] {
        try format.encode(
            messages(question: question), imageTokenCounts: [imageTokenCount],
            addGenerationPrompt: true, tokenizer: tokenizer)
    }
}
