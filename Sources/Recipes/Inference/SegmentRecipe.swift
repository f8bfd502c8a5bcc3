public import Imaging
import Pictures
public import PromptedMasks
public import Segmentation
import Segmenters
public import Torch
import TrainingRuns

/// One call of the segmenter on one picture: the `segment` command.
public struct SegmentRecipe {
    /// A SAM2.1 checkpoint: its folder in the hub's layout, or an official .pt file.
    public var segmenter: String
    /// The picture's file.
    public var image: String
    /// What is done with the orientation that the picture's file states.
    public var exif = ExifPolicy.ignore
    /// Which values of a picture of more than 8 bits are black and white; nil refuses such a picture.
    public var stretch: Stretch?
    /// What to segment, in the picture's frame; the masks of several are joined.
    public var prompts: [SegmentationPrompt]
    /// Whether to look at the alternative masks and take the best, instead of the single one.
    public var multimask = false
    /// In which numbers the picture is resized for the model.
    public var resizing = PromptedImageProcessor.Resizing.bytes
    /// Where the model runs.
    public var device = Device.cpu
    /// The element type that it computes in.
    public var dtype = DType.float32

    /// A call with the defaults.
    public init(segmenter: String, image: String, prompts: [SegmentationPrompt]) {
        self.segmenter = segmenter
        self.image = image
        self.prompts = prompts
    }

    /// What the call writes, besides its result.
    public struct Outputs: Sendable {
        /// The mask, a PNG of 0 and 255.
        public var mask: String
        /// The picture with mask and prompts drawn over it.
        public var overlay: String?
        /// `low_res_logits` [M, h, w] and `logits` [M, H, W] of the first prompt, as safetensors.
        public var logits: String?

        /// Files to write.
        public init(mask: String, overlay: String? = nil, logits: String? = nil) {
            self.mask = mask
            self.overlay = overlay
            self.logits = logits
        }
    }

    /// What the call found.
    public struct Result: Encodable, Sendable {
        /// The mask.
        public let mask: MaskFile
        /// The model's estimate of the mask's IoU; the lowest of several prompts'.
        public let predictedIoU: Float
        /// The model's logit for there being an object; the lowest of several prompts'.
        public let objectScore: Float
        /// The estimates of the alternative masks, with `--multimask`.
        public let alternatives: [Float]?
        /// What samples of more than 8 bits were stretched by; left out for others.
        public let stretch: AppliedStretch?
        /// What may be taken wrongly, of picture and segmenter, for people; not part of the JSON.
        public let warnings: [String]

        package enum CodingKeys: String, CodingKey {
            case mask, alternatives, stretch
            case predictedIoU = "predicted_iou"
            case objectScore = "object_score"
        }
    }

    /// Loads the model, segments, and writes the files.
    ///
    /// - Parameter outputs: where to; nothing is written if one of them cannot be
    /// - Returns: what was found
    /// - Throws: the error of the file that cannot be used
    public func run(_ outputs: Outputs) throws -> Result {
        try requireWritable(
            [.png(outputs.mask), .png(outputs.overlay), .logits(outputs.logits)],
            inputs: [.file(image), .segmenter(segmenter)])
        let input = try InputPicture(path: image, exif: exif, stretch: stretch)
        let picture = input.picture
        let misplaced = try PromptPlacement(image: image, frame: picture.frame).warnings(prompts)
        let model = try SegmenterRegistry.standard.load(
            path: segmenter, dtype: dtype, device: device, resizing: resizing)
        let encoded = try model.embed(picture)
        var union = BinaryMask(width: picture.width, height: picture.height)
        var chosen: [(predictedIoU: Float, objectScore: Float)] = []
        var first: PromptPrediction?
        for prompt in prompts {
            let prediction = try encoded.predict(
                prompt, in: picture.frame, multimask: multimask, output: picture.frame)
            guard prediction.predictedIoU.allSatisfy(\.isFinite) else {
                throw CheckpointError(
                    path: segmenter, problem: "the model's answer is not a number",
                    advice: "its weights are damaged, or the dtype is too narrow for them")
            }
            let best =
                prediction.predictedIoU.indices.max {
                    prediction.predictedIoU[$0] < prediction.predictedIoU[$1]
                } ?? 0
            union.formUnion(prediction.masks[best])
            chosen.append((prediction.predictedIoU[best], prediction.objectScore))
            if first == nil { first = prediction }
        }
        try write(union, first, picture, outputs)
        return Result(
            mask: MaskFile(union, path: outputs.mask),
            predictedIoU: chosen.map(\.predictedIoU).min() ?? 0,
            objectScore: chosen.map(\.objectScore).min() ?? 0,
            alternatives: multimask ? first?.predictedIoU : nil, stretch: input.stretch,
            warnings: input.warnings + misplaced + model.warnings)
    }

    private func write(
        _ mask: BinaryMask, _ first: PromptPrediction?, _ picture: RGBImage, _ outputs: Outputs
    ) throws {
        if let logits = outputs.logits, let first {
            try SafetensorsFile.write(
                [
                    NamedTensor("low_res_logits", first.lowResolutionLogits),
                    NamedTensor("logits", first.logits),
                ], to: logits)
        }
        if let overlay = outputs.overlay {
            let drawn = overlayPicture(picture, mask: mask, prompts: prompts, frame: picture.frame)
            try ImageCodec.write(ImageCodec.encodePNG(drawn), path: overlay)
        }
        try ImageCodec.write(ImageCodec.encodePNG(mask), path: outputs.mask)
    }
}
