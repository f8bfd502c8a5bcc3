public import NN
public import Torch

/// All sizes of a model of one family, as its `config.json` has them.
///
/// The prompt encoder and the mask decoder are the same in all families; the image encoder is the
/// family's own. Its levels have as many channels as the decoder.
public protocol SegmenterSizes: Sendable {
    /// What turns pictures into levels.
    associatedtype Encoder: PyramidEncoder

    /// The sizes of the prompt encoder, and the picture's.
    var promptEncoder: PromptEncoderConfiguration { get }
    /// The sizes of the mask decoder.
    var maskDecoder: MaskDecoderConfiguration { get }
    /// How pictures become the input of the released models.
    var releasedProcessor: PromptedImageProcessor { get }
    /// The name of transformers' class that does it.
    var processorType: String { get }
    /// What the image encoder takes.
    var encoderCost: ImageEncoderCost { get }

    /// The image encoder.
    ///
    /// - Parameter scope: hands out the parameters below `vision_encoder`
    /// - Returns: the encoder
    /// - Throws: an error that names a key which is missing or has another shape
    func encoder(_ scope: ParameterScope) throws -> Encoder

    /// Writes `config.json`.
    ///
    /// - Parameter path: the file
    /// - Throws: `CheckpointError` if it cannot be written
    func save(path: String) throws
}

extension SegmenterSizes {
    /// Writes a checkpoint of these sizes with random weights, in the hub's layout.
    ///
    /// - Parameters:
    ///   - directory: the folder, made if it is not there
    ///   - seed: decides about the weights
    ///   - dtype: the element type in the files
    /// - Returns: how many numbers the model has
    /// - Throws: `CheckpointError` if a file cannot be written
    public func writeRandomModel(
        to directory: String, seed: UInt64, dtype: DType
    ) throws -> Int {
        let model = try PromptedModel.random(configuration: self, seed: seed)
        try model.save(directory: directory, dtype: dtype)
        return model.parameters.reduce(0) { $0 + $1.tensor.count }
    }
}

extension SegmenterSizes {
    /// The side of the square picture that the model sees, in pixels.
    public var imageSize: Int { promptEncoder.imageSize }

    /// The side of the grid of the picture's embedding.
    public var embeddingSide: Int { promptEncoder.imageSize / promptEncoder.patchSize }

    /// The side of the masks that the decoder makes, before they are resized.
    public var lowResolutionSide: Int { 4 * embeddingSide }

    /// How many prompts go through the decoder together on the CPU.
    ///
    /// - Parameter elementBytes: bytes of a number
    /// - Returns: 1 to 32
    public func promptsPerCallOnCPU(elementBytes: Int) -> Int {
        let cells = embeddingSide * embeddingSide * maskDecoder.hiddenSize * elementBytes
        return min(32, max(1, (32 << 20) / max(1, cells)))
    }
}

/// A picture encoder: what a family has of its own.
public protocol PyramidEncoder {
    /// Encodes pictures.
    ///
    /// - Parameter pixels: normalised pictures of the model's size, [B, 3, size, size]
    /// - Returns: the levels [B, C, 4h, 4w], [B, C, 2h, 2w] and [B, C, h, w], finest first
    /// - Throws: `TorchError`
    func callAsFunction(_ pixels: Tensor) throws -> [Tensor]
}

/// What an image encoder takes for one picture: computed from sizes, not measured.
public struct ImageEncoderCost: Hashable, Sendable {
    /// A product of a matrix of `rows` × `inputs` with one of `inputs` × `outputs`.
    public struct Product: Hashable, Sendable {
        /// Rows of the first.
        public let rows: Int
        /// Columns of the first, rows of the second.
        public let inputs: Int
        /// Columns of the second.
        public let outputs: Int

        /// A product of these sizes.
        public init(rows: Int, inputs: Int, outputs: Int) {
            (self.rows, self.inputs, self.outputs) = (rows, inputs, outputs)
        }

        /// Multiplications with their additions.
        public var work: Int { rows * inputs * outputs }
    }

    /// FLOPs of matrix products in trunk and neck; a multiplication and its addition count 2.
    public let flops: Double
    /// The largest product of a layer, which decides how many threads pay.
    public let widestProduct: Product
    /// The most numbers that exist at a time.
    public let numbersHeld: Int

    /// A cost from its parts.
    public init(flops: Double, widestProduct: Product, numbersHeld: Int) {
        self.flops = flops
        self.widestProduct = widestProduct
        self.numbersHeld = numbersHeld
    }
}
