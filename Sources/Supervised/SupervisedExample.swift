public import Imaging
public import Segmentation
public import Tokenizers
public import VisionLanguage

/// A question and the answer to learn.
public struct WrittenAnswer: Hashable, Sendable {
    /// What is asked.
    public var question: String
    /// The whole completion, from `<think>` to `</answer>`.
    public var completion: String

    /// An answer from its parts.
    public init(question: String, completion: String) {
        self.question = question
        self.completion = completion
    }
}

/// An object that training-only heads may look for.
public struct KnownObject: Hashable, Sendable {
    /// What it is.
    public var className: String
    /// Where it is, in the policy's frame.
    public var target: AnswerTarget

    /// An object from its parts.
    public init(className: String, target: AnswerTarget) {
        self.className = className
        self.target = target
    }
}

/// A picture with answers to learn.
public struct SupervisedExample: Sendable {
    /// The sample's id.
    public var id: String
    /// The picture in the method's square frame.
    public var image: RGBImage
    /// At least one.
    public var answers: [WrittenAnswer]
    /// Every object that is known, asked for or not.
    public var objects: [KnownObject]
    /// The pixels of which nobody knows what they show, in the policy's frame; nil for none.
    public var ignored: BinaryMask?

    /// An example from its parts.
    public init(
        id: String, image: RGBImage, answers: [WrittenAnswer], objects: [KnownObject] = [],
        ignored: BinaryMask? = nil
    ) {
        self.id = id
        self.image = image
        self.answers = answers
        self.objects = objects
        self.ignored = ignored
    }
}

/// An example in the policy's form: what all its questions share, and a lesson for each.
public struct PackedExample: Sendable {
    /// The sample's id.
    public let id: String
    /// Picture and text up to where the questions differ.
    public let input: VisionLanguageInput
    /// The rest of each question, and its answer, which is what is learned.
    public let lessons: [Lesson]
    /// The objects for training-only heads.
    public let objects: [KnownObject]
    /// The pixels that training-only heads leave out, in the policy's frame; nil for none.
    public let ignored: BinaryMask?

    /// How many tokens are learned.
    public var taughtCount: Int { lessons.reduce(0) { $0 + $1.tokenIDs.count - $1.start } }
    /// How many tokens go through the model.
    public var tokenCount: Int {
        lessons.reduce(input.tokenIDs.count) { $0 + $1.tokenIDs.count }
    }
}

/// Puts examples into the policy's form.
public struct ExamplePacker: Sendable {
    /// The vocabulary.
    public let tokenizer: Tokenizer
    /// How pictures become patches.
    public let processor: any PictureProcessor
    /// How questions are put.
    public let template: PromptTemplate
    /// The token that ends turns.
    public let turnEnd: String

    /// A packer from its parts.
    public init(
        tokenizer: Tokenizer, processor: any PictureProcessor, template: PromptTemplate,
        turnEnd: String
    ) {
        self.tokenizer = tokenizer
        self.processor = processor
        self.template = template
        self.turnEnd = turnEnd
    }

    /// Packs an example; every answer ends with the token that ends turns.
    ///
    /// - Throws: `TokenizerError` if the vocabulary lacks a token of the chat format,
    ///   `PolicyInputError` if the picture is too narrow
    public func pack(_ example: SupervisedExample) throws -> PackedExample {
        precondition(!example.answers.isEmpty, "an example without an answer")
        let picture = try processor.process(example.image)
        let end = try tokenizer.requiredID(for: turnEnd)
        let prompts = try example.answers.map {
            try template.encode(
                question: $0.question, imageTokenCount: picture.tokenCount, tokenizer: tokenizer)
        }
        let shared = Self.commonPrefix(prompts)
        let lessons = zip(prompts, example.answers).map { prompt, answer in
            let rest = prompt[shared...]
            let completion = tokenizer.encode(answer.completion, specialTokens: .words) + [end]
            return Lesson(tokenIDs: rest + completion, start: rest.count)
        }
        return PackedExample(
            id: example.id,
            input: try VisionLanguageInput(
                tokenIDs: Array(prompts[0][..<shared]), images: [picture]),
            lessons: lessons, objects: example.objects, ignored: example.ignored)
    }

    /// How many tokens all lists begin with alike.
    private static func commonPrefix(_ lists: [[Int]]) -> Int {
        guard let first = lists.first else { return 0 }
        return lists.dropFirst().reduce(first.count) { length, list in
            var same = 0
            while same < min(length, list.count), list[same] == first[same] { same += 1 }
            return same
        }
    }
}
