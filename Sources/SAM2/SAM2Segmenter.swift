// Reference: sam2, sam2_image_predictor.py (SAM2ImagePredictor)
//
// Legend: P prompts, N points, M masks per prompt, h × w the grid of the low-resolution masks.
import Foundation
public import Imaging
import NN
public import Segmentation
public import Torch

/// A prompt that cannot be answered.
public struct SAM2PromptError: Error, Sendable, CustomStringConvertible {
    /// The place of the prompt in the list, from 0.
    public let index: Int

    /// What is wrong with the prompt.
    public var description: String {
        "prompt \(index) has neither a box nor a point; give it one, or leave it out"
    }
}

/// A frozen ``SAM2Model``: pictures and prompts in, masks out.
public final class SAM2Segmenter: Segmenter {
    /// The model.
    public let model: SAM2Model
    /// How pictures become the model's input.
    public let processor: SAM2ImageProcessor
    /// How many prompts go through the decoder together; bounds the memory, changes no mask.
    public let promptsPerCall: Int

    /// A segmenter.
    ///
    /// - Parameters:
    ///   - model: the model
    ///   - processor: how pictures become the model's input; the released models' way if nil
    ///   - promptsPerCall: how many prompts go through the decoder together; if nil, 32, or on the CPU
    ///     as many of these as have 32 MiB of cells, since more would not be faster
    public init(
        model: SAM2Model, processor: SAM2ImageProcessor? = nil, promptsPerCall: Int? = nil
    ) {
        let promptsPerCall = promptsPerCall ?? Self.promptsPerCall(model)
        precondition(promptsPerCall > 0)
        self.model = model
        self.processor =
            processor ?? SAM2ImageProcessor(imageSize: model.configuration.imageSize)
        self.promptsPerCall = promptsPerCall
    }

    private static func promptsPerCall(_ model: SAM2Model) -> Int {
        model.device == .cpu
            ? model.configuration.promptsPerCallOnCPU(elementBytes: model.dtype.byteCount) : 32
    }

    /// Loads a checkpoint in the hub's layout, or an official file of `torch.save`.
    ///
    /// - Parameters:
    ///   - path: the folder with `config.json` and the safetensors files; or the .pt file, or the
    ///     folder that holds nothing else. See ``SAM2Model/load(path:dtype:device:)``
    ///   - dtype: the element type to compute in
    ///   - device: where to compute
    ///   - resizing: in which numbers pictures are resized
    /// - Returns: the segmenter
    /// - Throws: `CheckpointError` that names the file and the key
    public static func load(
        path: String, dtype: DType = .float32, device: Device = .cpu,
        resizing: SAM2ImageProcessor.Resizing = .floats
    ) throws -> SAM2Segmenter {
        let location = try SAM2Location(path: path)
        let model = try SAM2Model.load(location, dtype: dtype, device: device)
        return try SAM2Segmenter(model, location, resizing: resizing)
    }

    /// Reads all of a checkpoint but the weights: a segmenter that can tell its sizes, and nothing else.
    ///
    /// - Parameters:
    ///   - path: as ``load(path:dtype:device:resizing:)`` takes it
    ///   - dtype: the element type that would be computed in
    /// - Returns: the segmenter
    /// - Throws: `CheckpointError` that names the file and the key
    public static func outline(path: String, dtype: DType = .float32) throws -> SAM2Segmenter {
        let location = try SAM2Location(path: path)
        return try SAM2Segmenter(
            SAM2Model.outline(location, dtype: dtype), location, resizing: .floats)
    }

    private convenience init(
        _ model: SAM2Model, _ location: SAM2Location, resizing: SAM2ImageProcessor.Resizing
    ) throws {
        let processor = try SAM2ImageProcessor.load(
            path: location.folder, imageSize: model.configuration.imageSize, resizing: resizing)
        var model = model
        model.warnings += [processor.warning(path: location.folder)].compactMap(\.self)
        self.init(model: model, processor: processor)
    }

    /// The files that a checkpoint is read from.
    ///
    /// - Parameter path: as ``load(path:dtype:device:resizing:)`` takes it
    /// - Returns: their paths
    /// - Throws: `CheckpointError` if weights are missing
    public static func files(path: String) throws -> [String] {
        let location = try SAM2Location(path: path)
        let names: [String]
        switch location {
        case .hub(let folder): names = try WeightFiles(folder: folder).all
        case .official(let file): names = [(file as NSString).lastPathComponent]
        }
        let others = ["config.json", SAM2ImageProcessor.file(of: location.folder)]
        return (names + others.compactMap(\.self)).map { "\(location.folder)/\($0)" }.filter {
            FileManager.default.fileExists(atPath: $0)
        }.sorted()
    }

    /// What should be known of the files that it was read from, one sentence each; mostly nothing.
    public var warnings: [String] { model.warnings }

    /// Encodes an image; all prompts about it go to the result.
    public func encode(_ image: RGBImage) throws -> any SegmenterImage { try embed(image) }

    /// ``encode(_:)`` with a result that can do more.
    public func embed(_ image: RGBImage) throws -> SAM2Image {
        self.image(frame: image.frame, features: try features(image))
    }

    /// What the image encoder makes of an image; the other half of ``embed(_:)`` is
    /// ``image(frame:features:)``.
    ///
    /// - Parameter image: of any size
    /// - Returns: the features of one picture, on the model's device, without gradients
    /// - Throws: `TorchError`
    public func features(_ image: RGBImage) throws -> ImageFeatures {
        try withoutGradients { try model.encode(processor(image, device: model.device)) }
    }

    /// An image whose features are known.
    ///
    /// - Parameters:
    ///   - frame: the frame of the image
    ///   - features: what ``features(_:)`` gave for it, on the model's device
    /// - Returns: the image, to be prompted
    public func image(frame: ImageFrame, features: ImageFeatures) -> SAM2Image {
        SAM2Image(segmenter: self, frame: frame, features: features)
    }
}

/// Everything that the model says about one prompt.
public struct SAM2Prediction {
    /// Logits as the decoder makes them: [M, h, w], float32, on the CPU.
    public let lowResolutionLogits: Tensor
    /// Logits in the output frame: [M, height, width], float32, on the CPU.
    public let logits: Tensor
    /// Where `logits` is above 0: M masks.
    public let masks: [BinaryMask]
    /// The model's own estimate of each mask's IoU with the truth.
    public let predictedIoU: [Float]
    /// The model's logit for there being an object at all.
    public let objectScore: Float
}

/// An image that a ``SAM2Segmenter`` has encoded.
public final class SAM2Image: SegmenterImage {
    /// The frame of the image.
    public let frame: ImageFrame
    private let segmenter: SAM2Segmenter
    private let features: ImageFeatures

    init(segmenter: SAM2Segmenter, frame: ImageFrame, features: ImageFeatures) {
        self.segmenter = segmenter
        self.frame = frame
        self.features = features
    }

    /// One mask per prompt, in the order of the prompts.
    ///
    /// Prompts with the same number of points go through the decoder together. Points that would fill
    /// up shorter prompts take part in attention, so that others cannot.
    ///
    /// - Parameters:
    ///   - prompts: what to segment, coordinates in `frame`
    ///   - frame: the frame of the prompts' coordinates
    ///   - output: the frame of the masks
    /// - Returns: masks, predicted IoUs and object scores
    /// - Throws: ``SAM2PromptError`` for a prompt with neither box nor point, `TorchError`
    public func masks(
        for prompts: [SegmentationPrompt], in frame: ImageFrame, output: ImageFrame
    ) throws -> [ObjectMask] {
        try masks(for: prompts, in: frame, outputs: [output])[0]
    }

    /// ``masks(for:in:output:)`` in several frames; the decoder runs once.
    public func masks(
        for prompts: [SegmentationPrompt], in frame: ImageFrame, outputs: [ImageFrame]
    ) throws -> [[ObjectMask]] {
        let batches = try PromptBatch.batches(prompts, limit: segmenter.promptsPerCall)
        return try withoutGradients {
            var answers = [[Int: ObjectMask]](repeating: [:], count: outputs.count)
            for batch in batches {
                let selected = try decode(batch.indices.map { prompts[$0] }, in: frame)
                    .best(segmenter.model.configuration.maskDecoder)
                let scores = try selected.predictedIoU.floats
                let objects = try selected.objectScore.floats
                for (number, output) in outputs.enumerated() {
                    let masks = try MaskUpsampling(output: output)
                        .masks(selected.logits.selected(1, 0))
                    for (place, index) in batch.indices.enumerated() {
                        answers[number][index] = ObjectMask(
                            mask: masks[place], predictedIoU: scores[place],
                            objectScore: objects[place])
                    }
                }
            }
            return answers.map { answers in prompts.indices.compactMap { answers[$0] } }
        }
    }

    /// Everything about one prompt: the mask that ``masks(for:in:output:)`` gives, or its
    /// alternatives.
    ///
    /// - Parameters:
    ///   - prompt: what to segment, coordinates in `frame`
    ///   - frame: the frame of the prompt's coordinates
    ///   - multimask: whether to give the alternative masks instead of one
    ///   - output: the frame of the masks
    /// - Returns: logits, masks and scores
    /// - Throws: ``SAM2PromptError`` for a prompt with neither box nor point, `TorchError`
    public func predict(
        _ prompt: SegmentationPrompt, in frame: ImageFrame, multimask: Bool, output: ImageFrame
    ) throws -> SAM2Prediction {
        if prompt.pointCount == 0 { throw SAM2PromptError(index: 0) }
        return try withoutGradients {
            let answer = try decode([prompt], in: frame)
            let selected =
                multimask
                ? try answer.alternatives()
                : try answer.best(segmenter.model.configuration.maskDecoder)
            let low = try selected.logits.selected(0, 0).to(.float32).to(.cpu).contiguous()
            let upsampling = MaskUpsampling(output: output)
            let logits = try upsampling.logits(low)
            return SAM2Prediction(
                lowResolutionLogits: low, logits: logits,
                masks: try upsampling.thresholded(logits),
                predictedIoU: try selected.predictedIoU.floats,
                objectScore: Float(try selected.objectScore.item()))
        }
    }

    /// All masks of prompts with the same number of points.
    private func decode(
        _ prompts: [SegmentationPrompt], in frame: ImageFrame
    ) throws -> MaskDecoderOutput {
        let model = segmenter.model
        return try model.decode(
            features,
            points: PromptPoints(
                prompts, in: frame, imageSize: model.configuration.imageSize, device: model.device))
    }
}

extension SAM2Configuration {
    /// How many prompts go through the decoder together on the CPU.
    ///
    /// - Parameter elementBytes: bytes of a number
    /// - Returns: 1 to 32
    public func promptsPerCallOnCPU(elementBytes: Int) -> Int {
        let cells = embeddingSide * embeddingSide * vision.fpnHiddenSize * elementBytes
        return min(32, max(1, (32 << 20) / max(1, cells)))
    }
}
