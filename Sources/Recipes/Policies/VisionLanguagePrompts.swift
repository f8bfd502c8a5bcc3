public import Imaging
public import Segmentation
public import Tokenizers
public import VisionLanguage

/// Puts questions about pictures in a policy's form; needs no model, and computes on the
/// thread that calls it and on no other.
public struct VisionLanguagePrompts: Sendable {
    /// The vocabulary.
    public let tokenizer: Tokenizer
    /// How questions are put.
    public let template: PromptTemplate
    /// What is done to pictures.
    public let processor: any PictureProcessor
    /// The frame of the coordinates in answers.
    public let answerFrame: AnswerFrame

    /// Prompts from what they are made with.
    public init(
        tokenizer: Tokenizer, template: PromptTemplate, processor: any PictureProcessor,
        answerFrame: AnswerFrame
    ) {
        self.tokenizer = tokenizer
        self.template = template
        self.processor = processor
        self.answerFrame = answerFrame
    }

    /// Puts a question as the template says, after its picture.
    ///
    /// - Parameters:
    ///   - image: the picture
    ///   - question: what is asked about it
    /// - Returns: token ids, patches and the frame of the coordinates in answers
    /// - Throws: `PolicyInputError` if the picture is too narrow
    public func prompt(image: RGBImage, question: String) throws -> VisionLanguagePolicy.Prompt {
        let picture = try processor.process(image)
        let ids = try template.encode(
            question: question, imageTokenCount: picture.tokenCount, tokenizer: tokenizer)
        return VisionLanguagePolicy.Prompt(
            input: try VisionLanguageInput(tokenIDs: ids, images: [picture]),
            frame: answerFrame.frame(given: image.frame, resized: picture.frame),
            image: image.frame)
    }
}
