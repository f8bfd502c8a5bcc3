public import Imaging
public import Qwen25VL
public import Segmentation
public import Tokenizers

/// Puts questions about pictures in the form of a Qwen2.5-VL policy; needs no model, and computes on the
/// thread that calls it and on no other.
public struct QwenPrompts: Sendable {
    /// The vocabulary.
    public let tokenizer: Tokenizer
    /// How questions are put.
    public let template: PromptTemplate
    /// What is done to pictures.
    public let processor: Qwen25VLProcessor

    /// Prompts from what they are made with.
    public init(tokenizer: Tokenizer, template: PromptTemplate, processor: Qwen25VLProcessor) {
        self.tokenizer = tokenizer
        self.template = template
        self.processor = processor
    }

    /// Puts a question as the template says, after its picture.
    ///
    /// - Parameters:
    ///   - image: the picture, in the frame that coordinates are about
    ///   - question: what is asked about it
    /// - Returns: token ids, patches and the picture's own frame, whatever the processor resizes it to
    /// - Throws: `Qwen25VLInputError` if the picture is too narrow
    public func prompt(image: RGBImage, question: String) throws -> QwenPolicy.Prompt {
        let picture = try processor.process(image)
        let ids = try template.encode(
            question: question, imageTokenCount: picture.tokenCount, tokenizer: tokenizer)
        return QwenPolicy.Prompt(
            input: try Qwen25VLInput(tokenIDs: ids, images: [picture]), frame: image.frame)
    }
}
